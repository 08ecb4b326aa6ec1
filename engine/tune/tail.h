// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of a volume that is going to be cut off: the clusters from an end on, and the groups of inodes and
// metadata that reach there, which go as a whole.
#pragma once

#include <vector>

#include "engine/tune/tuning.h"
#include "engine/volume/chain_allocator.h"
#include "engine/volume/extent_tree.h"

namespace ocfs2 {

/// A group of an inode or extent allocator.
struct TailGroup {
  SystemFile file;
  u32 slot;
  BlockNo block;  ///< of the descriptor
};

/// Calls `use` with every group of the inode and extent allocators, the global one included.
using UseGroup =
    std::function<void(SystemFile, u32 slot, u32 bits_per_cluster, const BlockRef<GroupDescriptor>&)>;
void each_group_of_blocks(Volume& volume, const UseGroup& use);

/// The pieces of a group, as runs of blocks.
std::vector<BlockRun> pieces_of(const BlockRef<GroupDescriptor>& group, u32 bits_per_cluster);

/// How many clusters from `end` on are in use.
u64 clusters_in_use_behind(Volume& volume, u32 end);

class Tail {
 public:
  /// What lies at cluster `end` or behind.
  Tail(Volume& volume, u32 end);

  u32 end() const { return end_; }
  bool holds(BlockNo block) const { return block >= first_; }
  /// True for a block of a group that goes.
  bool holds_in_group(BlockNo block) const;
  const std::vector<TailGroup>& groups() const { return groups_; }
  /// The part of a run that lies here, nothing when none does.
  std::optional<ExtentRun> part_of(const Geometry& geometry, const ExtentRun& run) const;

 private:
  u32 end_;
  BlockNo first_;
  std::vector<TailGroup> groups_;
  std::vector<BlockRun> pieces_;  ///< of these, in order
};

}  // namespace ocfs2
