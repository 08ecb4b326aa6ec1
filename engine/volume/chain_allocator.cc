// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/chain_allocator.h"

#include <unordered_set>

#include "engine/error.h"
#include "engine/volume/volume.h"
#include "ondisk/bitmap.h"

namespace ocfs2 {

bool BitPlace::in_use() const { return test_bit(GroupDescriptor::bitmap(group.bytes()), bit); }

ChainAllocator::ChainAllocator(Volume& volume, BlockRef<Inode> inode)
    : volume_(volume), inode_(std::move(inode)) {
  if (inode_->body_kind() != InodeBody::chain_list)
    fail(ErrorKind::invalid_argument, "{}: inode {} is no allocator", volume.name(), inode_.block().value);
}

void ChainAllocator::each_group(const std::function<bool(const BlockRef<GroupDescriptor>&)>& use) const {
  std::unordered_set<u64> seen;
  for (const ChainRecord& chain : ChainList::chains(Inode::body(inode_.bytes()))) {
    for (u64 block = chain.block; block != 0;) {
      if (!seen.insert(block).second)
        fail(ErrorKind::corrupt, "{}: the chains of allocator {} reach group {} twice", volume_.name(),
             inode_.block().value, block);
      const auto group = volume_.cache().read<GroupDescriptor>(BlockNo(block));
      if (group->parent_inode != inode_.block().value)
        fail(ErrorKind::corrupt, "{}: group {} on a chain of allocator {} belongs to allocator {}",
             volume_.name(), block, inode_.block().value, u64{group->parent_inode});
      if (!use(group)) return;
      block = group->next_group;
    }
  }
}

std::optional<BitPlace> ChainAllocator::place_of(BlockNo block) const {
  std::optional<BitPlace> found;
  each_group([&](const BlockRef<GroupDescriptor>& group) {
    const auto bit = GroupDescriptor::bit_of_block(group.bytes(), block, inode_->chains.bits_per_cluster);
    if (bit) found = BitPlace{group, *bit};
    return !found;
  });
  return found;
}

BitPlace ChainAllocator::place_of(ClusterNo cluster) const {
  const Geometry& geometry = volume_.geometry();
  if (cluster.value >= geometry.clusters)
    fail(ErrorKind::invalid_argument, "{}: there is no cluster {}: the volume has {}", volume_.name(),
         cluster.value, geometry.clusters);
  const u32 index = static_cast<u32>(cluster.value / geometry.clusters_per_group());
  return {volume_.cache().read<GroupDescriptor>(geometry.cluster_group_block(index)),
          static_cast<u32>(cluster.value % geometry.clusters_per_group())};
}

}  // namespace ocfs2
