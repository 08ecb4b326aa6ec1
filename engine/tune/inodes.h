// SPDX-License-Identifier: GPL-2.0-or-later
//
// Going over the inodes of a volume, as features that show in every one of them must.
#pragma once

#include <functional>
#include <vector>

#include "engine/tune/tuning.h"
#include "engine/volume/inode_walk.h"

namespace ocfs2 {

/// Calls `use` with every group of inodes or metadata, allocator by allocator. Throws Error(interrupted).
void each_suballocator_group(const Tuning& tuning,
                             const std::function<void(const BlockRef<GroupDescriptor>&)>& use);

/// Calls `use` with every inode in use, the system's included, group by group of the allocators, in the order
/// of their blocks. Throws Error(interrupted).
void each_inode(const Tuning& tuning, const std::function<void(const BlockRef<Inode>&)>& use);

/// The directories that are not inside their inodes, the system's included.
std::vector<InodeNo> directories_in_blocks(const Tuning& tuning);

}  // namespace ocfs2
