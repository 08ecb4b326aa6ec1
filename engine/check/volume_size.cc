// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/volume_size.h"

#include <algorithm>

#include "engine/check/problems/allocators.h"
#include "ondisk/group.h"

namespace ocfs2 {
namespace {

/// The bits of the cluster group that begins with cluster `first`; 0 when there is none.
u32 bits_of_group(Checkup& checkup, const Geometry& geometry, u32 index, InodeNo global_bitmap) try {
  const BlockNo block = geometry.cluster_group_block(index);
  const std::vector<u8> bytes = checkup.volume.cache().read_raw(block, 1);
  const auto& group = as<GroupDescriptor>(ConstBytes(bytes));
  const bool sound = matches(group.signature, GroupDescriptor::signature_text) &&
                     group.block == block.value && group.generation == checkup.facts().generation &&
                     group.parent_inode == global_bitmap.value && group.bits <= geometry.clusters_per_group();
  return sound ? u32{group.bits} : 0;
} catch (const Error& error) {
  if (error.kind() != ErrorKind::io) throw;
  return 0;
}

/// How many clusters the groups cover, as the last of them tells; at most `limit`.
u64 clusters_in_groups(Checkup& checkup, u64 limit, InodeNo global_bitmap) {
  Geometry geometry = checkup.geometry();
  geometry.clusters = static_cast<u32>(limit);
  for (u32 index = geometry.cluster_groups(); index-- > 0;)
    if (const u32 bits = bits_of_group(checkup, geometry, index, global_bitmap))
      return u64{index} * geometry.clusters_per_group() + bits;
  return 0;
}

void go_on_with(Checkup& checkup, u64 clusters) {
  checkup.volume.set_clusters(static_cast<u32>(clusters));
  checkup.survey.clusters = ClusterLedger(clusters);
}

}  // namespace

std::vector<u8> super_block_bytes(Checkup& checkup) {
  if (checkup.mender != nullptr) {
    const ConstBytes pending = checkup.mender->pending(super_block_no);
    if (!pending.empty()) return {pending.begin(), pending.end()};
  }
  return checkup.volume.cache().read_unjudged(super_block_no, SuperInode::kind)->bytes;
}

SuperInode& edit_super_block(Checkup& checkup) {
  const std::vector<u8> current = super_block_bytes(checkup);
  return as<SuperInode>(checkup.mender->edit(super_block_no, SuperInode::kind, current));
}

bool settle_volume_size(Checkup& checkup, InodeNo global_bitmap) {
  auto bitmap = checkup.source.look<Inode>(block_of(global_bitmap), global_bitmap);
  const u64 super = checkup.geometry().clusters;
  if (!bitmap || (*bitmap)->clusters == super) return false;
  const u64 said = (*bitmap)->clusters;
  const u32 cluster_bits = checkup.geometry().cluster_bits;
  const u64 room = std::min(checkup.volume.device().size_bytes() >> cluster_bits, volume_clusters_max);
  const u64 grouped = clusters_in_groups(checkup, room, global_bitmap);
  if (grouped == super) return false;  // it is the inode that is wrong: CHAIN_I_CLUSTERS
  const bool inode_agrees = (*bitmap)->bitmap.total == said && (*bitmap)->size >> cluster_bits == said;
  const bool trust_inode = said != 0 && said <= room && (said == grouped || inode_agrees);
  if (!trust_inode && (grouped == 0 || grouped > room)) return false;
  const u64 clusters = trust_inode ? said : grouped;
  const Problem& problem = trust_inode ? problem::SUPERBLOCK_CLUSTERS : problem::FIXED_CHAIN_CLUSTERS;
  if (checkup.examiner.resolve(
          problem, {.inode = global_bitmap, .found = super, .expected = clusters, .count = said})) {
    edit_super_block(checkup).clusters = static_cast<u32>(clusters);
    if (!trust_inode) {
      bitmap->mend().clusters = static_cast<u32>(clusters);
      bitmap->mend().size = clusters << cluster_bits;
    }
  }
  go_on_with(checkup, clusters);
  return !trust_inode;
}

}  // namespace ocfs2
