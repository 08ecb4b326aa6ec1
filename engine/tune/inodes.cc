// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/inodes.h"

#include "engine/error.h"
#include "engine/volume/chain_allocator.h"
#include "ondisk/bitmap.h"

namespace ocfs2 {
namespace {

/// The blocks that a group of an inode allocator has given out.
std::vector<BlockNo> taken_blocks(const BlockRef<GroupDescriptor>& group, u32 bits_per_cluster) {
  std::vector<BlockNo> blocks;
  for (u32 bit = 1; bit < group->bits; ++bit) {
    if (!test_bit(GroupDescriptor::bitmap(group.bytes()), bit)) continue;
    if (const auto block = GroupDescriptor::block_of_bit(group.bytes(), bit, bits_per_cluster))
      blocks.push_back(*block);
  }
  return blocks;
}

void walk(const Tuning& tuning, SystemFile file, u32 slot,
          const std::function<void(const BlockRef<Inode>&)>& use) {
  Volume& volume = tuning.volume();
  const ChainAllocator allocator(volume, volume.system_file(file, slot));
  allocator.each_group([&](const BlockRef<GroupDescriptor>& group) {
    if (tuning.reporter().interrupted()) fail(ErrorKind::interrupted, "interrupted");
    const auto blocks = taken_blocks(group, allocator.inode().chains.bits_per_cluster);
    volume.cache().prefetch(blocks);
    for (const BlockNo block : blocks)
      if (const auto inode = volume.any_inode(inode_at(block)); inode->has_flag(inode_flag::valid))
        use(inode);
    return true;
  });
}

}  // namespace

void each_inode(const Tuning& tuning, const std::function<void(const BlockRef<Inode>&)>& use) {
  walk(tuning, SystemFile::global_inode_alloc, 0, use);
  for (u32 slot = 0; slot < tuning.volume().facts().max_slots; ++slot)
    walk(tuning, SystemFile::inode_alloc, slot, use);
}

std::vector<InodeNo> directories_in_blocks(const Tuning& tuning) {
  std::vector<InodeNo> directories;
  each_inode(tuning, [&](const BlockRef<Inode>& inode) {
    if (inode->is_directory() && inode->body_kind() == InodeBody::extent_list)
      directories.push_back(inode_at(inode.block()));
  });
  return directories;
}

}  // namespace ocfs2
