// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/way_to_write.h"

#include <algorithm>
#include <filesystem>

#include "engine/error.h"

namespace ocfs2 {
namespace {

/// Undo files of runs that died stay where they are: that many at most before somebody must look at them.
constexpr u32 undo_files_max = 100;

bool overlap(const BlockRun& a, const BlockRun& b) {
  return a.first.value < b.first.value + b.blocks && b.first.value < a.first.value + a.blocks;
}

bool lies_in(SlotJournal& journal, const BlockRun& run) {
  return std::ranges::any_of(journal.reader().map().runs(),
                             [&](const BlockRun& own) { return overlap(own, run); });
}

bool touches(SlotJournal& journal, const BlockRun& run) {
  return run.contains(block_of(journal.inode())) || lies_in(journal, run);
}

/// Makes the undo file, beside the ones that are there already.
std::unique_ptr<FileDevice> create_store(const std::string& path) {
  for (u32 number = 0; number < undo_files_max; ++number) {
    const std::string name = number == 0 ? path : fmt::format("{}.{}", path, number);
    if (!std::filesystem::exists(std::filesystem::symlink_status(name))) return FileDevice::create(name);
  }
  fail(
      ErrorKind::invalid_argument,
      "{}: there are {} undo files of runs that died; apply the first with \"ocfs2box undo\", or remove them",
      path, undo_files_max);
}

}  // namespace

WayToWrite::WayToWrite(BlockDevice& device, u32 block_size, ReversibleDevice* undo, std::string undo_path)
    : device_(device), block_size_(block_size), given_undo_(undo), undo_path_(std::move(undo_path)) {}

WayToWrite::~WayToWrite() = default;

void WayToWrite::trust(std::unique_ptr<SlotJournal> journal, bool was_dirty) {
  journals_.push_back({std::move(journal), was_dirty, true});
  remove_undo_file();
}

void WayToWrite::keep(std::unique_ptr<SlotJournal> journal, bool was_dirty) {
  journals_.push_back({std::move(journal), was_dirty, false});
}

void WayToWrite::forget(InodeNo journal) {
  std::erase_if(journals_, [&](const Trusted& trusted) { return trusted.journal->inode() == journal; });
}

void WayToWrite::release(InodeNo journal) {
  for (Trusted& trusted : journals_)
    if (trusted.journal->inode() == journal) trusted.journal->close();
  forget(journal);
}

void WayToWrite::checkpoint() {
  for (Trusted& trusted : journals_) trusted.journal->checkpoint();
  device_.flush();
}

const WayToWrite::Trusted* WayToWrite::in_use() const {
  const auto usable = std::ranges::find_if(journals_, &Trusted::usable);
  return usable == journals_.end() ? nullptr : &*usable;
}

void WayToWrite::retire(Trusted& trusted) {
  trusted.usable = false;
  trusted.journal->checkpoint();
}

void WayToWrite::distrust(std::span<const BlockRun> blocks) {
  for (Trusted& trusted : journals_)
    for (const BlockRun& run : blocks)
      if (trusted.usable && lies_in(*trusted.journal, run)) retire(trusted);
}

SlotJournal* WayToWrite::journal_for(std::span<const BlockImage> blocks) {
  for (const BlockImage& image : blocks)
    for (Trusted& trusted : journals_)
      if (trusted.usable && touches(*trusted.journal, {image.block, image.bytes.size() / block_size_}))
        retire(trusted);
  const Trusted* trusted = in_use();
  return trusted == nullptr ? nullptr : trusted->journal.get();
}

SlotJournal* WayToWrite::journal_for(u64 offset, u64 length) {
  const BlockRun run{BlockNo(offset / block_size_), divide_up(offset % block_size_ + length, block_size_)};
  distrust({&run, 1});
  const Trusted* trusted = in_use();
  return trusted == nullptr ? nullptr : trusted->journal.get();
}

void WayToWrite::commit(std::span<const BlockImage> blocks) {
  if (blocks.empty()) return;
  SlotJournal* const journal = journal_for(blocks);
  if (journal == nullptr) return undo_file().commit(blocks);
  const bool aside = !journal->takes(blocks) && (given_undo_ != nullptr || !undo_path_.empty());
  return aside ? commit_aside(*journal, blocks) : journal->commit(blocks);
}

/// What no log can hold at once: the undo file leads back until all of it is in place.
void WayToWrite::commit_aside(SlotJournal& journal, std::span<const BlockImage> blocks) {
  device_.flush();  // data that these blocks refer to
  journal.checkpoint();
  undo_file().commit(blocks);
  remove_undo_file();
}

void WayToWrite::write_data(u64 offset, ConstBytes bytes) {
  if (SlotJournal* journal = journal_for(offset, bytes.size())) return journal->write_data(offset, bytes);
  undo_file().write_data(offset, bytes);
}

void WayToWrite::zero_data(u64 offset, u64 length) {
  if (SlotJournal* journal = journal_for(offset, length)) return journal->zero_data(offset, length);
  undo_file().zero_data(offset, length);
}

/// A file that cannot be begun is not left behind.
void WayToWrite::begin_undo() try {
  store_ = create_store(undo_path_);
  own_undo_ = std::make_unique<UndoDevice>(device_, *store_);
} catch (const Error& error) {
  remove_store();
  fail(error.kind(),
       "{}; no journal of the volume can be trusted yet, so what is overwritten must be kept: name a place "
       "for it with --undo=FILE",
       error.what());
}

UndoFile& WayToWrite::undo_file() {
  if (undo_file_) return *undo_file_;
  if (given_undo_ == nullptr) {
    if (undo_path_.empty())
      fail(ErrorKind::invalid_argument,
           "{}: no journal of the volume can be trusted yet, and there is no place to keep what is "
           "overwritten; name one with --undo FILE",
           device_.name());
    begin_undo();
  }
  undo_file_ = given_undo_ != nullptr ? std::make_unique<UndoFile>(*given_undo_, block_size_)
                                      : std::make_unique<UndoFile>(*own_undo_, block_size_);
  return *undo_file_;
}

void WayToWrite::remove_undo_file() {
  if (undo_file_ == nullptr) return;
  device_.flush();
  undo_file_.reset();
  own_undo_.reset();
  remove_store();
}

void WayToWrite::remove_store() {
  if (store_ == nullptr) return;
  const std::string path = store_->name();
  store_.reset();
  std::error_code ignored;  // what stays behind does no harm
  std::filesystem::remove(path, ignored);
}

std::vector<SlotJournal*> WayToWrite::journals() const {
  std::vector<SlotJournal*> all;
  for (const Trusted& trusted : journals_) all.push_back(trusted.journal.get());
  return all;
}

std::vector<InodeNo> WayToWrite::finish(bool sound) {
  std::vector<InodeNo> cleaned;
  for (Trusted& trusted : journals_) {
    trusted.usable = false;
    SlotJournal& journal = *trusted.journal;
    if (!sound && trusted.was_dirty) {
      journal.checkpoint();
      continue;
    }
    if (sound) journal.clear_error();
    if (sound && trusted.was_dirty) cleaned.push_back(journal.inode());
    journal.close();
  }
  remove_undo_file();
  return cleaned;
}

}  // namespace ocfs2
