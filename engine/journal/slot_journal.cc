// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/slot_journal.h"

#include "engine/error.h"
#include "engine/journal/in_place.h"
#include "ondisk/inode.h"

namespace ocfs2 {

SlotJournal::SlotJournal(BlockCache& cache, InodeNo inode, LogMap map, std::vector<BlockRun> others,
                         std::string name, std::function<u64()> now)
    : cache_(cache),
      inode_(inode),
      reader_(cache.device(), cache.facts().geometry.block_size(), std::move(map),
              {cache.facts().geometry.blocks(), std::move(others)}, std::move(name)),
      super_(reader_.super()),
      writer_(super_, reader_.map()),
      now_(std::move(now)),
      block_size_(cache.facts().geometry.block_size()) {}

bool SlotJournal::dirty() {
  return (cache_.read<Inode>(block_of(inode_))->journal.flags & JournalState::dirty) != 0;
}

u64 SlotJournal::replay(const LogScan& scan) {
  require(dirty() && !begun_);
  const u64 replayed = reader_.replay(scan, [this](std::span<const BlockImage> blocks) {
    write_in_place(device(), {}, block_size_, blocks);
  });
  device().flush();
  empty_log(scan.next_sequence);
  sequence_ = scan.next_sequence;
  begun_ = replayed_ = true;
  cache_.drop_all();
  return replayed;
}

void SlotJournal::commit(std::span<const BlockImage> blocks) {
  if (blocks.empty()) return;
  require_usable();
  require_loggable(blocks);
  failed_ = true;  // until the device took everything
  begin();
  const u64 needed = writer_.log_blocks_for(blocks);
  if (super_.start != 0 && needed > super_.blocks - head_) {
    device().flush();
    empty_log(sequence_);
  }
  if (super_.start == 0) {
    head_ = super_.first;
    super_.start = head_;
    super_.sequence = sequence_;
    write_super();
  }
  write_transaction(blocks);
  failed_ = false;
}

void SlotJournal::write_data(u64 offset, ConstBytes bytes) {
  make_room_for_data(offset, bytes.size());
  device().write({}, offset, bytes);
}

void SlotJournal::zero_data(u64 offset, u64 length) {
  make_room_for_data(offset, length);
  device().zero({}, offset, length);
}

void SlotJournal::make_room_for_data(u64 offset, u64 length) {
  require_usable();
  const auto logged = logged_.lower_bound(offset / block_size_);
  if (logged != logged_.end() && *logged < divide_up(offset + length, block_size_)) checkpoint();
}

void SlotJournal::require_usable() {
  const std::string& name = reader_.name();
  if (failed_)
    fail(ErrorKind::io, "{}: nothing more is written after the device failed; run fsck.ocfs2", name);
  if (!begun_ && dirty())
    fail(ErrorKind::busy, "{} holds changes to be replayed first; run fsck.ocfs2", name);
}

u64 SlotJournal::blocks_at_once() const {
  const u64 room = super_.blocks - super_.first - 1;  // the commit block
  const u64 per_descriptor = tags_per_descriptor(block_size_, {super_.incompat()});
  return room - divide_up(room, per_descriptor + 1);
}

bool SlotJournal::takes(std::span<const BlockImage> blocks) const {
  return writer_.log_blocks_for(blocks) <= super_.blocks - super_.first;
}

void SlotJournal::require_loggable(std::span<const BlockImage> blocks) {
  const std::string& name = reader_.name();
  if (JournalFormat{super_.incompat()}.tail_bytes() != 0)
    fail(ErrorKind::unsupported,
         "{}: its log has checksums that OCFS2 never writes; let fsck.ocfs2 make a new log", name);
  if (!takes(blocks))
    fail(ErrorKind::no_space,
         "{}: a change of {} blocks takes {} log blocks, the log has {}; enlarge the journal with "
         "tunefs.ocfs2 -J size",
         name, blocks.size(), writer_.log_blocks_for(blocks), super_.blocks - super_.first);
  // The log cannot protect itself, nor the flag that makes it count.
  for (const BlockImage& image : blocks)
    require(image.block != block_of(inode_) && !reader_.map().contains(image.block));
}

void SlotJournal::begin() {
  if (begun_) return;
  sequence_ = reader_.scan().next_sequence;
  // What a clean journal's log may still hold must not be taken for ours once the flag is set.
  if (super_.start != 0) empty_log(sequence_);
  write_inode(true);
  begun_ = true;
}

void SlotJournal::write_transaction(std::span<const BlockImage> blocks) {
  const LaidTransaction laid = writer_.lay_out(blocks, head_, sequence_, now_());
  write_in_place(device(), {}, block_size_, laid.body);
  device().flush();
  write_in_place(device(), {}, block_size_, {&laid.commit, 1});
  device().flush();
  head_ = laid.next_log_block;
  ++sequence_;
  for (const BlockImage& image : blocks)
    for (u64 i = 0; i < image.bytes.size() / block_size_; ++i) logged_.insert(image.block.value + i);
  write_in_place(device(), {}, block_size_, blocks);
}

void SlotJournal::checkpoint() {
  if (failed_) fail(ErrorKind::io, "{}: the device failed before; run fsck.ocfs2", reader_.name());
  if (!begun_ || super_.start == 0) return;
  failed_ = true;
  device().flush();
  empty_log(sequence_);
  failed_ = false;
}

void SlotJournal::close() {
  if (!begun_) return;
  checkpoint();
  failed_ = true;
  write_inode(false);
  device().flush();
  begun_ = replayed_ = failed_ = false;
}

void SlotJournal::add_features(u32 incompat) {
  require(super_.header.is(JournalBlock::super_v2) && (super_.start == 0 || !dirty()));
  super_.feature_incompat |= incompat;
  empty_log(begun_ ? sequence_ : reader_.scan().next_sequence);
}

void SlotJournal::clear_error() {
  if (super_.error_number == 0) return;
  super_.error_number = 0;
  write_super();
  device().flush();
}

void SlotJournal::empty_log(u32 sequence) {
  super_.start = 0;
  super_.sequence = sequence;
  write_super();
  device().flush();
  logged_.clear();
}

void SlotJournal::write_super() {
  if (JournalFormat{super_.incompat()}.tail_bytes() != 0) super_.checksum = journal_super_checksum(super_);
  const u64 blocks = divide_up(journal_super_bytes, block_size_);
  std::vector<u8> bytes(blocks * block_size_);
  as<JournalSuperBlock>(Bytes(bytes)) = super_;
  for (u64 i = 0; i < blocks; ++i)
    device().write({}, reader_.map().at(i).value * block_size_,
                   ConstBytes(bytes).subspan(i * block_size_, block_size_));
}

void SlotJournal::write_inode(bool dirty) {
  const BlockRef<Inode> ref = cache_.read<Inode>(block_of(inode_));
  std::vector<u8> bytes(ref.bytes().begin(), ref.bytes().end());
  JournalState& journal = as<Inode>(Bytes(bytes)).journal;
  journal.flags = dirty ? journal.flags | JournalState::dirty : journal.flags & ~JournalState::dirty;
  if (!dirty && replayed_) journal.recovery_generation += 1;
  seal(Inode::kind, cache_.facts(), bytes);
  device().write({}, block_of(inode_).value * block_size_, bytes);
  cache_.replace(block_of(inode_), Inode::kind, std::move(bytes));
}

}  // namespace ocfs2
