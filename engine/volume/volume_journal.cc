// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/volume_journal.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/extent_tree.h"

namespace ocfs2 {
namespace {

std::string journal_name(u32 slot) { return fmt::format("journal:{:04}", slot); }

/// The blocks of all journals but that of `slot`.
std::vector<BlockRun> other_journals(Volume& volume, u32 slot) {
  std::vector<BlockRun> runs;
  for (u32 other = 0; other < volume.facts().max_slots; ++other) {
    if (other == slot) continue;
    const LogMap map = journal_map(volume, other);
    runs.insert(runs.end(), map.runs().begin(), map.runs().end());
  }
  return runs;
}

}  // namespace

LogMap journal_map(Volume& volume, u32 slot) {
  const BlockRef<Inode> inode = volume.system_file(SystemFile::journal, slot);
  const Geometry& geometry = volume.geometry();
  std::vector<BlockRun> runs;
  u64 clusters = 0;
  u64 left = inode->size / geometry.block_size();
  ExtentTree::of(volume.cache(), inode).each_run([&](const ExtentRun& run) {
    if (run.cpos != clusters)
      fail(ErrorKind::corrupt, "{}: {} has no blocks for its cluster {}; run: fsck.ocfs2 -f {}",
           volume.name(), journal_name(slot), clusters, volume.name());
    clusters += run.clusters;
    const u64 blocks = std::min(left, run.clusters * geometry.blocks_per_cluster());
    if (blocks > 0) runs.push_back({run.block, blocks});
    left -= blocks;
    return left > 0;
  });
  return LogMap(std::move(runs));
}

JournalReader open_journal_reader(Volume& volume, u32 slot) {
  return JournalReader(volume.device(), volume.geometry().block_size(), journal_map(volume, slot),
                       {volume.geometry().blocks(), other_journals(volume, slot)}, journal_name(slot));
}

std::unique_ptr<SlotJournal> open_slot_journal(Volume& volume, u32 slot, std::function<u64()> now) {
  const BlockRef<Inode> inode = volume.system_file(SystemFile::journal, slot);
  return std::make_unique<SlotJournal>(volume.cache(), inode_at(inode.block()), journal_map(volume, slot),
                                       other_journals(volume, slot), journal_name(slot), std::move(now));
}

}  // namespace ocfs2
