// SPDX-License-Identifier: GPL-2.0-or-later
//
// A suballocator of a volume that is being made: block groups cut from the cluster space, blocks handed out
// in order and never given back (spec: ondisk.md 1.7, 5.5).
#pragma once

#include <algorithm>

#include "engine/format/fresh_space.h"

namespace ocfs2 {

/// A block and where its owner has marked it as taken.
struct Suballocation {
  BlockNo block;
  BlockNo group;  ///< the group's descriptor
  u16 slot = no_slot;
  u16 bit = 0;
};

class FreshSuballocator {
 public:
  /// Without groups yet. A group will have `group_clusters` clusters.
  FreshSuballocator(const Geometry& geometry, u16 slot, u32 group_clusters)
      : geometry_(geometry), slot_(slot), group_clusters_(group_clusters) {}

  /// One more group, in the next chain. Throws Error(no_space).
  void add_group(FreshSpace& space) {
    groups_.push_back(geometry_.first_block_of(space.allocate_contiguous(group_clusters_).start));
  }
  /// The next free block; takes one more group when all are full. Throws Error(no_space).
  Suballocation allocate(FreshSpace& space);

  u32 group_clusters() const { return group_clusters_; }
  u32 bits_per_group() const { return group_clusters_ * geometry_.blocks_per_cluster(); }
  u32 groups() const { return static_cast<u32>(groups_.size()); }
  BlockNo group(u32 index) const { return groups_[index]; }
  /// Taken bits of group `index`, its descriptor's included: the first ones.
  u32 used_bits(u32 index) const;
  u64 used_bits() const { return u64{groups()} + allocated_; }
  u64 total_bits() const { return u64{groups()} * bits_per_group(); }

  // Groups fill the chains in turn, each new one at the head of its chain.
  u32 chains() const { return std::min(groups(), geometry_.chain_records_per_inode()); }
  u32 chain_of(u32 index) const { return index % geometry_.chain_records_per_inode(); }
  /// The group that follows `index` in its chain; block 0 when it is the last.
  BlockNo next_in_chain(u32 index) const {
    const u32 step = geometry_.chain_records_per_inode();
    return index < step ? BlockNo() : groups_[index - step];
  }
  /// The first group of chain `chain`: the youngest.
  u32 head_of(u32 chain) const {
    const u32 step = geometry_.chain_records_per_inode();
    return chain + (groups() - 1 - chain) / step * step;
  }

 private:
  Geometry geometry_;
  u16 slot_;
  u32 group_clusters_;
  std::vector<BlockNo> groups_;
  u32 allocated_ = 0;  ///< blocks handed out, filling group after group
};

}  // namespace ocfs2
