// SPDX-License-Identifier: GPL-2.0-or-later
//
// An allocator: chains of group descriptors, a bit for each cluster (the global bitmap) or block (the
// others), set when in use (spec: ondisk.md 1.4, 5).
//
// The global bitmap's groups lie at places that arithmetic tells; a suballocator's are found by following its
// chains.
#pragma once

#include <functional>
#include <optional>

#include "engine/io/block_cache.h"
#include "ondisk/group.h"
#include "ondisk/inode.h"

namespace ocfs2 {

class Transaction;
class Volume;

/// Where a bit is.
struct BitPlace {
  BlockRef<GroupDescriptor> group;
  u32 bit = 0;

  bool in_use() const;
};

class ChainAllocator {
 public:
  /// Throws Error(invalid_argument) when the inode is no allocator.
  ChainAllocator(Volume& volume, BlockRef<Inode> inode);

  const Inode& inode() const { return *inode_; }
  u64 total_bits() const { return inode_->bitmap.total; }
  u64 used_bits() const { return inode_->bitmap.used; }
  u64 free_bits() const { return total_bits() - std::min(used_bits(), total_bits()); }
  /// Calls `use` with every group, chain by chain, until it returns false. Throws Error(corrupt) when chains
  /// meet or form a loop.
  void each_group(const std::function<bool(const BlockRef<GroupDescriptor>&)>& use) const;

  /// A suballocator's bit for a block; nothing when no group of this allocator holds the block.
  std::optional<BitPlace> place_of(BlockNo block) const;
  /// The global bitmap's bit for a cluster inside the volume.
  BitPlace place_of(ClusterNo cluster) const;

 private:
  Volume& volume_;
  BlockRef<Inode> inode_;
};

/// Makes the counts of free clusters what the bits say: in the groups, their chains, and the global bitmap's
/// inode. Returns how many groups were wrong. Throws Error(corrupt) when more than counts is damaged.
u32 correct_free_counts(Transaction& transaction, Volume& volume);

}  // namespace ocfs2
