// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/tail.h"

#include <algorithm>

namespace ocfs2 {

void each_group_of_blocks(Volume& volume, const UseGroup& use) {
  const auto walk = [&](SystemFile file, u32 slot) {
    const ChainAllocator allocator(volume, volume.system_file(file, slot));
    allocator.each_group([&](const BlockRef<GroupDescriptor>& group) {
      use(file, slot, allocator.inode().chains.bits_per_cluster, group);
      return true;
    });
  };
  walk(SystemFile::global_inode_alloc, 0);
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot) {
    walk(SystemFile::inode_alloc, slot);
    walk(SystemFile::extent_alloc, slot);
  }
}

std::vector<BlockRun> pieces_of(const BlockRef<GroupDescriptor>& group, u32 bits_per_cluster) {
  if (!GroupDescriptor::discontiguous(group.bytes())) return {{group.block(), group->bits}};
  std::vector<BlockRun> pieces;
  for (const ExtentRecord& piece : ExtentList::records(GroupDescriptor::pieces(group.bytes())))
    pieces.push_back({BlockNo(piece.block), u64{piece.clusters} * bits_per_cluster});
  return pieces;
}

u64 clusters_in_use_behind(Volume& volume, u32 end) {
  const Geometry& geometry = volume.geometry();
  const u32 per_group = geometry.clusters_per_group();
  u64 count = 0;
  for (u32 index = end / per_group; index < geometry.cluster_groups(); ++index) {
    const auto group = volume.cache().read<GroupDescriptor>(geometry.cluster_group_block(index));
    const u64 first = u64{index} * per_group;
    count += count_set_bits(GroupDescriptor::bitmap(group.bytes()), std::max<u64>(end, first) - first,
                            geometry.clusters_in_group(index));
  }
  return count;
}

Tail::Tail(Volume& volume, u32 end) : end_(end), first_(volume.geometry().first_block_of(ClusterNo(end))) {
  each_group_of_blocks(volume, [&](SystemFile file, u32 slot, u32 bits_per_cluster, const auto& group) {
    if (GroupDescriptor::end(group.bytes(), bits_per_cluster) <= first_) return;
    groups_.push_back({file, slot, group.block()});
    std::ranges::move(pieces_of(group, bits_per_cluster), std::back_inserter(pieces_));
  });
  std::ranges::sort(pieces_, {}, &BlockRun::first);
}

bool Tail::holds_in_group(BlockNo block) const {
  const auto behind = std::ranges::upper_bound(pieces_, block, {}, &BlockRun::first);
  return behind != pieces_.begin() && (behind - 1)->contains(block);
}

std::optional<ExtentRun> Tail::part_of(const Geometry& geometry, const ExtentRun& run) const {
  const u64 per_cluster = geometry.blocks_per_cluster();
  if (run.block + run.clusters * per_cluster <= first_) return std::nullopt;
  const u64 skipped = run.block >= first_ ? 0 : (first_ - run.block) / per_cluster;
  return ExtentRun{run.cpos + skipped, run.clusters - skipped, run.block + skipped * per_cluster, run.flags};
}

}  // namespace ocfs2
