// SPDX-License-Identifier: GPL-2.0-or-later
//
// JournalsCheck's reading half: what is known of each journal, without asking or changing anything.
#include <algorithm>

#include "engine/check/journals_check.h"
#include "engine/error.h"
#include "engine/volume/extent_tree.h"
#include "ondisk/directory.h"
#include "ondisk/judging.h"

namespace ocfs2 {
namespace {

/// The bytes of an inode, with a flipped bit put right; its judge is not asked.
std::vector<u8> inode_bytes(BlockCache& cache, InodeNo number) {
  std::vector<u8> bytes = cache.read_unjudged(block_of(number), Inode::kind)->bytes;
  if (cache.facts().features.has(feature::metaecc)) verify_and_mend(bytes, Inode::check_offset);
  return bytes;
}

/// What keeps an inode from being a journal's; empty: nothing.
std::string_view complaint_about(const Inode& inode) {
  if (!matches(inode.signature, Inode::signature_text)) return "its inode is overwritten";
  if (!inode.has_flag(inode_flag::valid)) return "its inode is not in use";
  if (!inode.has_flag(inode_flag::journal) || inode.body_kind() != InodeBody::extent_list)
    return "its inode is not a journal's";
  return {};
}

template <class Find>
InodeNo none_where_damaged(const Find& find) try {
  return find();
} catch (const Error& error) {
  if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::io) throw;
  return {};
}

InodeNo named_in(ConstBytes area, std::string_view name) {
  for (EntryWalk walk(area); walk.next();)
    if (walk.entry().inode != 0 && walk.name() == name) return InodeNo(walk.entry().inode);
  return {};
}

/// What the system directory says of a name, whatever the judges say of its blocks: power may have failed
/// while one was put in its place, and its good copy is in the log that is to be found through it.
InodeNo named_in_torn_block(Volume& volume, std::string_view name) {
  BlockCache& cache = volume.cache();
  const std::vector<u8> bytes = inode_bytes(cache, volume.system_directory());
  const auto& directory = as<Inode>(ConstBytes(bytes));
  if (directory.body_kind() == InodeBody::inline_data)
    return named_in(InlineData::data(Inode::body(ConstBytes(bytes))), name);
  InodeNo found;
  if (directory.body_kind() != InodeBody::extent_list) return found;
  u64 left = volume.geometry().blocks_for(directory.size);
  const ExtentTree tree(cache, Inode::body(ConstBytes(bytes)), "the system directory");
  tree.each_run([&](const ExtentRun& run) {
    const u64 blocks = run.clusters * volume.geometry().blocks_per_cluster();
    for (u64 i = 0; i < blocks && left > 0 && found == InodeNo(); ++i, --left)
      found = named_in(cache.read_raw(run.block + i, 1), name);
    return left > 0 && found == InodeNo();
  });
  return found;
}

bool overlap(const BlockRun& a, const BlockRun& b) {
  return a.first.value < b.first.value + b.blocks && b.first.value < a.first.value + a.blocks;
}

bool overlap(std::span<const BlockRun> all, std::span<const BlockRun> others) {
  return std::ranges::any_of(all, [&](const BlockRun& run) {
    return std::ranges::any_of(others, [&](const BlockRun& other) { return overlap(run, other); });
  });
}

/// True when a second look has shown nothing new.
bool same(const SlotLog& a, const SlotLog& b) {
  const auto same_run = [](const BlockRun& x, const BlockRun& y) {
    return x.first == y.first && x.blocks == y.blocks;
  };
  return a.inode == b.inode && a.inode_sound == b.inode_sound && a.dirty == b.dirty &&
         a.size_clusters == b.size_clusters && a.inode_trouble == b.inode_trouble &&
         std::ranges::equal(a.runs, b.runs, same_run);
}

}  // namespace

std::string journal_name(u32 slot) { return system_file_name(SystemFile::journal, slot); }

std::string bare_words(const SlotLog& log, std::string text) {
  if (const std::string name = journal_name(log.slot) + ": "; text.starts_with(name))
    text.erase(0, name.size());
  return text.substr(0, text.find("; fsck.ocfs2"));
}

void JournalsCheck::read_all() {
  if (logs_.empty())
    for (u32 slot = 0; slot < volume_.facts().max_slots; ++slot) logs_.push_back(SlotLog{.slot = slot});
  for (SlotLog& log : logs_) {
    if (!log.fresh || log.replayed) continue;
    SlotLog again = read(log.slot);
    if (!same(log, again)) log = std::move(again);
    log.trouble = log.inode_trouble;
  }
  find_overlaps();
  const u64 addressable = u64{1} << 32;
  features_ = volume_.geometry().blocks() > addressable ? journal_feature::wide_blocks : 0;
  largest_ = 0;
  for (SlotLog& log : logs_) {
    if (log.reader == nullptr) read_log(log);
    if (!log.usable()) continue;
    features_ |= log.reader->super().incompat() & journal_feature::wide_blocks;
    largest_ = std::max(largest_, log.extent_clusters);
  }
}

SlotLog JournalsCheck::read(u32 slot) {
  SlotLog log;
  log.slot = slot;
  const std::string name = journal_name(slot);
  log.inode = none_where_damaged(
      [&] { return volume_.find_system_file(SystemFile::journal, slot).value_or(InodeNo()); });
  if (log.inode == InodeNo())
    log.inode = none_where_damaged([&] { return named_in_torn_block(volume_, name); });
  if (log.inode.value <= super_block_no.value || !volume_.geometry().contains(block_of(log.inode)))
    log.inode = {};  // finding it by what it is is the business of find_system_files
  else
    read_inode(log);
  return log;
}

void JournalsCheck::read_inode(SlotLog& log) try {
  BlockCache& cache = volume_.cache();
  const std::vector<u8> bytes = inode_bytes(cache, log.inode);
  const auto& inode = as<Inode>(ConstBytes(bytes));
  log.inode_trouble = complaint_about(inode);
  if (!log.inode_trouble.empty()) return;
  log.dirty = (inode.journal.flags & JournalState::dirty) != 0;
  log.size_clusters = std::min<u64>(inode.clusters, inode.size >> volume_.geometry().cluster_bits);
  read_extents(log, bytes);
  Judgement judgement;
  Inode::kind.judge(bytes, {volume_.facts(), block_of(log.inode)}, judgement);
  const bool checksum_right = !volume_.has(feature::metaecc) || verify_check(bytes, Inode::check_offset);
  log.inode_sound = judgement.clean() && checksum_right;
} catch (const Error& error) {
  if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::io) throw;
  log.inode_trouble = bare_words(log, error.what());
}

void JournalsCheck::read_extents(SlotLog& log, ConstBytes inode) {
  const Geometry& geometry = volume_.geometry();
  const ExtentTree tree(volume_.cache(), Inode::body(inode), fmt::format("inode {}", log.inode.value));
  tree.each_run([&](const ExtentRun& run) {
    if (run.cpos != log.extent_clusters)
      log.inode_trouble = fmt::format("it has no blocks for its cluster {}", log.extent_clusters);
    else if (!run_inside(run.block.value, run.clusters, geometry))
      log.inode_trouble =
          fmt::format("it has an extent at block {}, which reaches beyond the volume", run.block.value);
    if (!log.inode_trouble.empty()) return false;
    log.extent_clusters += run.clusters;
    log.runs.push_back({run.block, run.clusters * geometry.blocks_per_cluster()});
    return true;
  });
}

void JournalsCheck::find_overlaps() {
  for (SlotLog& log : logs_)
    for (SlotLog& other : logs_)
      if (other.slot < log.slot && overlap(log.runs, other.runs)) {
        if (log.trouble.empty()) log.trouble = fmt::format("it lies where {} does", journal_name(other.slot));
        if (other.trouble.empty())
          other.trouble = fmt::format("it lies where {} does", journal_name(log.slot));
      }
}

std::vector<BlockRun> JournalsCheck::others(u32 slot) const {
  std::vector<BlockRun> runs;
  for (const SlotLog& log : logs_)
    if (log.slot != slot) runs.insert(runs.end(), log.runs.begin(), log.runs.end());
  return runs;
}

bool JournalsCheck::lies_on_reserved(const SlotLog& log) const {
  const Geometry& geometry = volume_.geometry();
  const auto holds = [&](BlockNo block) {
    return std::ranges::any_of(log.runs, [&](const BlockRun& run) { return run.contains(block); });
  };
  for (u32 group = 0; group < geometry.cluster_groups(); ++group)
    if (holds(geometry.cluster_group_block(group))) return true;
  for (u32 backup = 0; volume_.has(feature::backup_super) && backup < geometry.backup_supers(); ++backup)
    if (holds(geometry.backup_super_block(backup))) return true;
  return holds(super_block_no) || std::ranges::any_of(logs_, [&](const SlotLog& other) {
           return other.inode.value != 0 && holds(block_of(other.inode));
         });
}

void JournalsCheck::read_log(SlotLog& log) try {
  if (log.inode.value == 0 || !log.trouble.empty()) return;
  log.reader = std::make_unique<JournalReader>(
      volume_.device(), volume_.geometry().block_size(), LogMap(log.runs),
      ReplayLimits{volume_.geometry().blocks(), others(log.slot)}, journal_name(log.slot));
  log.error_number = log.reader->error_number();
  if (log.dirty) log.scan = log.reader->scan();
} catch (const Error& error) {
  if (error.kind() == ErrorKind::interrupted) throw;
  log.trouble = bare_words(log, error.what());
  log.unknown_feature = error.kind() == ErrorKind::unsupported;
  log.reader.reset();
}

}  // namespace ocfs2
