// SPDX-License-Identifier: GPL-2.0-or-later
//
// Taking space of a volume and giving it back, as the owner of one slot does it (spec: ondisk.md 5.5):
// clusters from the global bitmap, single blocks from the slot's own suballocators, which grow by whole
// groups of clusters when they are full.
//
// All counters that speak of a bit move with it, in the same transaction. Steps of one transaction see each
// other; but clusters that a transaction frees can be taken only by a later one: data goes to its place
// before the commit, and until then they belong to whoever had them.
#pragma once

#include <functional>
#include <map>

#include "engine/journal/transaction.h"
#include "engine/volume/volume.h"
#include "ondisk/bitmap.h"
#include "ondisk/group.h"

namespace ocfs2 {

/// Where a block of a suballocator comes from, as every such block records it.
struct Origin {
  u16 slot = 0;   ///< whose allocator; no_slot: the global inode allocator
  u16 bit = 0;    ///< in the group's bitmap
  BlockNo group;  ///< the group's descriptor; 0: the block minus the bit
};
/// `structure` is any of those that record it: inode, extent block, xattr block, index root, refcount block.
template <class T>
Origin origin_of(const T& structure) {
  return {structure.suballoc_slot, structure.suballoc_bit, BlockNo(structure.suballoc_group)};
}
template <class T>
void set_origin(T& structure, const Origin& origin) {
  structure.suballoc_slot = origin.slot;
  structure.suballoc_bit = origin.bit;
  structure.suballoc_group = origin.group.value;
}

/// A block just taken. Nothing is in it yet: Transaction::create begins it, set_origin records where it is
/// from.
struct NewBlock {
  BlockNo block;
  Origin origin;
};

class Space {
 public:
  /// `slot` must be one of the volume's. Both must be held while this lives.
  Space(Volume& volume, u32 slot) : volume_(volume), slot_(slot) {}

  Volume& volume() const { return volume_; }
  u32 slot() const { return slot_; }

  /// From here on takes nothing at cluster `end` or behind it, nor from groups that reach there: that part of
  /// the volume is going to be given up.
  void stay_below(u64 end) { end_ = end; }

  /// Takes 1 to `wanted` consecutive clusters (wanted ≥ 1), at best from `near` on: `wanted` where there are
  /// so many in a row, else the longest run there is. Throws Error(no_space), Error(corrupt).
  BitRun allocate_clusters(Transaction& transaction, u32 wanted, ClusterNo near = {});
  /// Takes these clusters. Throws Error(corrupt) when one of them is in use already, or there is none.
  void take_clusters(Transaction& transaction, ClusterNo first, u64 count);
  /// Gives consecutive clusters back. Throws Error(corrupt) when one of them is free already, or holds a
  /// group descriptor or a superblock.
  void free_clusters(Transaction& transaction, ClusterNo first, u64 count);

  /// A block for an inode, from the slot's inode allocator. Throws Error(no_space), as all three do.
  NewBlock allocate_inode(Transaction& transaction);
  /// A block for a system file's inode, from the global inode allocator.
  NewBlock allocate_system_inode(Transaction& transaction);
  /// A block for an extent block, xattr block, directory index root or refcount block, from the slot's extent
  /// allocator.
  NewBlock allocate_metadata(Transaction& transaction);

  /// Adds groups to the slot's extent allocator until it can give out so many blocks without another one.
  /// Throws Error(no_space).
  void reserve_metadata(Transaction& transaction, u64 blocks);

  /// Gives an inode's block back and marks the inode deleted at `seconds` since 1970. What the inode owned is
  /// the caller's business. Throws Error(corrupt) when `origin` is not where the block is from.
  void free_inode(Transaction& transaction, BlockNo block, const Origin& origin, u64 seconds);
  /// Gives any other block of a suballocator back; the transaction forgets what was changed in it.
  void free_metadata(Transaction& transaction, BlockNo block, const Origin& origin);

  /// Sets bits of any allocator's group, or clears them; what they stand for is the caller's business. Throws
  /// Error(corrupt) when one of them is set (clear) already, or must be in use.
  void mark_bits(Transaction& transaction, BlockNo group, BitRun bits, bool in_use);

 private:
  BlockNo allocator(SystemFile file, u32 slot = 0);
  BitRun search(Transaction& transaction, u32 wanted, ClusterNo near);
  void mark_clusters(Transaction& transaction, BitRun clusters, bool in_use);
  void require_inside(ClusterNo first, u64 count) const;
  void require_freeable(const Transaction& transaction, ClusterNo first, u64 count) const;
  void mark(Transaction& transaction, BlockNo allocator, BlockNo group, BitRun bits, bool in_use);
  NewBlock allocate_block(Transaction& transaction, BlockNo allocator, u16 slot);
  void free_block(Transaction& transaction, BlockNo allocator, BlockNo block, const Origin& origin);
  u64 end() const { return std::min<u64>(end_, volume_.geometry().clusters); }
  void each_group_below(Transaction& transaction, const BlockRef<Inode>& allocator,
                        const std::function<bool(const BlockRef<GroupDescriptor>&)>& use) const;
  std::optional<BlockNo> group_below(Transaction& transaction, const BlockRef<Inode>& allocator) const;
  BlockNo group_with_room(Transaction& transaction, BlockNo allocator);
  BlockNo grow(Transaction& transaction, BlockNo allocator);
  std::vector<BitRun> allocate_pieces(Transaction& transaction, u32 clusters);

  Volume& volume_;
  u32 slot_;
  u64 end_ = ~u64{0};                          ///< clusters from here on are not taken
  std::map<std::string, BlockNo> allocators_;  ///< inodes of the system files used so far
  u64 run_max_ = ~u64{0};                      ///< no longer run is free, as far as searches have shown
  ClusterNo next_;                             ///< where the last search ended: where the next one begins
};

}  // namespace ocfs2
