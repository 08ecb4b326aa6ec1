// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/inode_walk.h"

#include "engine/volume/chain_allocator.h"
#include "ondisk/bitmap.h"

namespace ocfs2 {

std::vector<BlockNo> taken_blocks(const Geometry& geometry, const BlockRef<GroupDescriptor>& group) {
  std::vector<BlockNo> blocks;
  for (u32 bit = 1; bit < group->bits; ++bit) {
    if (!test_bit(GroupDescriptor::bitmap(group.bytes()), bit)) continue;
    if (const auto block = GroupDescriptor::block_of_bit(group.bytes(), bit, geometry.blocks_per_cluster()))
      blocks.push_back(*block);
  }
  return blocks;
}

bool each_inode_of(Volume& volume, const BlockRef<Inode>& allocator,
                   const std::function<bool(const BlockRef<Inode>&)>& use) {
  bool goes_on = true;
  ChainAllocator(volume, allocator).each_group([&](const BlockRef<GroupDescriptor>& group) {
    const auto blocks = taken_blocks(volume.geometry(), group);
    volume.cache().prefetch(blocks);
    for (const BlockNo block : blocks)
      if (const auto inode = volume.any_inode(inode_at(block)); inode->has_flag(inode_flag::valid))
        if (!(goes_on = use(inode))) break;
    return goes_on;
  });
  return goes_on;
}

void each_inode(Volume& volume, const std::function<bool(const BlockRef<Inode>&)>& use) {
  bool goes_on = each_inode_of(volume, volume.system_file(SystemFile::global_inode_alloc), use);
  for (u32 slot = 0; goes_on && slot < volume.facts().max_slots; ++slot)
    goes_on = each_inode_of(volume, volume.system_file(SystemFile::inode_alloc, slot), use);
}

}  // namespace ocfs2
