// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/shrink_survey.h"

#include <algorithm>

#include "ondisk/bitmap.h"

namespace ocfs2 {
namespace {

// What is moved into holes is cut in pieces, and each piece wants a record: most find room in a leaf that is
// there.
constexpr u64 pieces_per_new_block = 4;
// To spare, as often as the caller is careful.
constexpr u64 spare_blocks = 32;   ///< for roots that turn into trees
constexpr u64 spare_clusters = 8;  ///< for indexes that are made anew
constexpr u32 careful = 2;

/// How many blocks of `run` lie at `from` or behind.
u64 blocks_behind(const BlockRun& run, BlockNo from) {
  const BlockNo end = run.first + run.blocks;
  if (end <= from) return 0;
  return run.first >= from ? run.blocks : end - from;
}

}  // namespace

ShrinkSurvey::ShrinkSurvey(Volume& volume) : volume_(volume) {
  const Geometry& geometry = volume.geometry();
  each_group_of_blocks(
      volume, [&](SystemFile file, u32 slot, u32 bits_per_cluster, const BlockRef<GroupDescriptor>& group) {
        const BlockNo end = GroupDescriptor::end(group.bytes(), bits_per_cluster);
        const std::vector<BlockRun> pieces = pieces_of(group, bits_per_cluster);
        suballocated_.insert(suballocated_.end(), pieces.begin(), pieces.end());
        groups_.push_back({file, slot == 0, end, u32{group->bits} - group->free_bits - 1, group->free_bits});
        for (const InodeNo rooted : {volume.root(), volume.system_directory()})
          if (GroupDescriptor::bit_of_block(group.bytes(), block_of(rooted), bits_per_cluster))
            least_ = std::max(least_, static_cast<u32>(geometry.cluster_of(end - 1).value + 1));
      });
  ExtentTree::of(volume.cache(), volume.system_file(SystemFile::heartbeat))
      .each_run([&](const ExtentRun& run) {
        const u64 end = geometry.cluster_of(run.block).value + run.clusters;
        least_ = std::max(least_, static_cast<u32>(end));  // nodes that are not told may beat there
        return true;
      });
  free_before_.emplace_back();
  for (u32 group = 0; group < geometry.cluster_groups(); ++group) {
    free_before_.push_back(free_before_.back());
    free_before_.back() += free_in(group, geometry.clusters_in_group(group));
  }
}

ShrinkSurvey::Free& ShrinkSurvey::Free::operator+=(const Free& other) {
  clusters += other.clusters;
  runs += other.runs;
  groups += other.groups;
  return *this;
}

/// What is free among the first `bits` clusters of a cluster group.
ShrinkSurvey::Free ShrinkSurvey::free_in(u32 group, u32 bits) {
  const auto descriptor =
      volume_.cache().read<GroupDescriptor>(volume_.geometry().cluster_group_block(group));
  const ConstBytes bitmap = GroupDescriptor::bitmap(descriptor.bytes());
  Free free;
  for (BitRun run = next_clear_run(bitmap, 0, bits); run.count > 0;
       run = next_clear_run(bitmap, run.first + run.count, bits)) {
    free += {run.count, 1, run.count / volume_.geometry().suballocator_group_clusters()};
  }
  return free;
}

ShrinkSurvey::Free ShrinkSurvey::free_below(u32 end) {
  const u32 per_group = volume_.geometry().clusters_per_group();
  Free free = free_before_[end / per_group];
  if (end % per_group == 0) return free;
  return free += free_in(end / per_group, end % per_group);
}

/// Clusters behind `end` that are in use, but need no other place: they go with the tail.
u64 ShrinkSurvey::fixed_behind(u32 end) const {
  const Geometry& geometry = volume_.geometry();
  const BlockNo first = geometry.first_block_of(ClusterNo(end));
  u64 clusters = geometry.cluster_groups() - divide_up(end, geometry.clusters_per_group());
  for (u32 index = 0; volume_.has(feature::backup_super) && index < geometry.backup_supers(); ++index)
    clusters += geometry.backup_super_block(index) >= first ? 1 : 0;
  for (const BlockRun& piece : suballocated_)
    clusters += blocks_behind(piece, first) / geometry.blocks_per_cluster();
  return clusters;
}

ShrinkSurvey::Needs ShrinkSurvey::needs(u32 end) {
  const Geometry& geometry = volume_.geometry();
  const Free free = free_below(end);
  const u64 used_behind = (geometry.clusters - end) - (free_before_.back().clusters - free.clusters);
  return {free, used_behind - std::min(used_behind, fixed_behind(end)),
          geometry.first_block_of(ClusterNo(end))};
}

/// Blocks that an allocator has given out from groups that go.
u64 ShrinkSurvey::blocks_behind_in(SystemFile file, BlockNo end) const {
  u64 blocks = 0;
  for (const Group& group : groups_)
    if (group.file == file && group.end > end) blocks += group.used;
  return blocks;
}

u64 ShrinkSurvey::metadata_blocks(const Needs& needs, u32 care) const {
  return blocks_behind_in(SystemFile::extent_alloc, needs.end) +
         std::min(needs.free.runs, needs.clusters) / pieces_per_new_block + care * spare_blocks;
}

/// Clusters of new groups that an allocator needs to give out so many blocks before `end`.
u64 ShrinkSurvey::clusters_for(SystemFile file, u64 blocks, BlockNo end) const {
  u64 room = 0;
  for (const Group& group : groups_)
    if (group.file == file && group.takes && group.end <= end) room += group.free;
  if (blocks <= room) return 0;
  const auto inode = volume_.system_file(file, 0);
  const ChainList& chains = inode->chains;
  const u64 per_group = std::max<u64>(1, u64{chains.clusters_per_group} * chains.bits_per_cluster - 1);
  return divide_up(blocks - room, per_group) * chains.clusters_per_group;
}

bool ShrinkSurvey::fits(u32 end, u32 care) {
  const Geometry& geometry = volume_.geometry();
  if (end < least_ || end > geometry.clusters) return false;
  const Needs wanted = needs(end);
  u64 groups = clusters_for(SystemFile::extent_alloc, metadata_blocks(wanted, care), wanted.end);
  for (const SystemFile file : {SystemFile::inode_alloc, SystemFile::global_inode_alloc})
    groups += clusters_for(file, blocks_behind_in(file, wanted.end), wanted.end);
  if (!volume_.has(feature::discontig_bg) &&
      divide_up(groups, geometry.suballocator_group_clusters()) > wanted.free.groups)
    return false;
  return wanted.clusters + groups + care * spare_clusters <= wanted.free.clusters;
}

u32 ShrinkSurvey::minimum() {
  u32 low = least_, high = volume_.geometry().clusters;  // high fits, or is the volume as it is
  while (low < high) {
    const u32 middle = low + (high - low) / 2;
    if (fits(middle, careful))
      high = middle;
    else
      low = middle + 1;
  }
  return high;
}

}  // namespace ocfs2
