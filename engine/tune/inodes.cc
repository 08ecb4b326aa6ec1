// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/inodes.h"

#include "engine/error.h"
#include "engine/volume/chain_allocator.h"

namespace ocfs2 {
namespace {

using GroupUse = std::function<void(const BlockRef<GroupDescriptor>&)>;

void walk(const Tuning& tuning, SystemFile file, u32 slot, const GroupUse& use) {
  Volume& volume = tuning.volume();
  ChainAllocator(volume, volume.system_file(file, slot)).each_group([&](const auto& group) {
    if (tuning.reporter().interrupted()) fail(ErrorKind::interrupted, "interrupted");
    use(group);
    return true;
  });
}

}  // namespace

void each_suballocator_group(const Tuning& tuning, const GroupUse& use) {
  walk(tuning, SystemFile::global_inode_alloc, 0, use);
  for (u32 slot = 0; slot < tuning.volume().facts().max_slots; ++slot) {
    walk(tuning, SystemFile::inode_alloc, slot, use);
    walk(tuning, SystemFile::extent_alloc, slot, use);
  }
}

void each_inode(const Tuning& tuning, const std::function<void(const BlockRef<Inode>&)>& use) {
  each_inode(tuning.volume(), [&](const BlockRef<Inode>& inode) {
    if (tuning.reporter().interrupted()) fail(ErrorKind::interrupted, "interrupted");
    use(inode);
    return true;
  });
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
