// SPDX-License-Identifier: GPL-2.0-or-later
//
// Going over the inodes of a volume by its inode allocators, in the order in which they lie on the device.
#pragma once

#include <functional>
#include <vector>

#include "engine/volume/volume.h"
#include "ondisk/group.h"

namespace ocfs2 {

/// The blocks that a group of a suballocator has given out, but for its own.
std::vector<BlockNo> taken_blocks(const Geometry& geometry, const BlockRef<GroupDescriptor>& group);

/// Calls `use` with every inode in use of an inode allocator, until it returns false; then returns false.
/// Throws Error(corrupt) at the first damage.
bool each_inode_of(Volume& volume, const BlockRef<Inode>& allocator,
                   const std::function<bool(const BlockRef<Inode>&)>& use);
/// The same for all inode allocators, the system's inodes first.
void each_inode(Volume& volume, const std::function<bool(const BlockRef<Inode>&)>& use);

}  // namespace ocfs2
