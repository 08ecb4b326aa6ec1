// SPDX-License-Identifier: GPL-2.0-or-later
//
// The blocks that suballocators hand out (inodes; extent blocks and their like): which a group's bitmap calls
// used, against which are used. Every block of every group has an ordinal, by which other tables keep what
// they know of it. Ordinals count from 0 on and leave out at most seven numbers between two groups, so that a
// group's bitmap begins with a byte.
#pragma once

#include <optional>
#include <vector>

#include "ondisk/bitmap.h"
#include "ondisk/geometry.h"

namespace ocfs2 {

/// Consecutive blocks of a group; a contiguous group is one piece, the descriptor's own block included.
struct GroupPiece {
  BlockNo first;
  u32 blocks;
  u32 first_bit;
};

struct LedgerGroup {
  BlockNo descriptor;
  InodeNo allocator;
  u16 slot = no_slot;     ///< whose allocator it is
  u32 bits = 0;           ///< valid bits
  u32 first_ordinal = 0;  ///< of bit 0
};

class BlockLedger {
 public:
  struct Spot {
    u32 group;  ///< index into groups()
    u32 bit;
    u32 ordinal;
  };

  /// Adds a group with its on-disk bitmap. Pass 0 does this once for every group that can be made out. Throws
  /// Error(unsupported) when there are more than 2^32 blocks in all groups.
  void add(LedgerGroup group, std::span<const GroupPiece> pieces, ConstBytes bitmap);
  /// Sorts what was added; before the first find. Groups are in order of their first blocks from here on.
  void seal();

  const std::vector<LedgerGroup>& groups() const { return groups_; }
  u32 ordinals() const { return ordinals_; }  ///< all ordinals are smaller
  /// Where a block is; nothing when it is in no group.
  std::optional<Spot> find(BlockNo block) const;
  BlockNo block_of(const Spot& spot) const;
  /// Bit `bit` of group `group`, smaller than its number of bits.
  Spot spot(u32 group, u32 bit) const { return {group, bit, groups_[group].first_ordinal + bit}; }
  /// The pieces of a group, in order of bits.
  std::vector<GroupPiece> pieces(u32 group) const;

  bool allocated(const Spot& spot) const { return test_bit(allocated_, spot.ordinal); }  ///< on disk
  void set_allocated(const Spot& spot, bool allocated);  ///< the bit on disk was changed
  bool claimed(const Spot& spot) const { return test_bit(claimed_, spot.ordinal); }
  /// Something uses the block. False when something else did already.
  bool claim(const Spot& spot);
  /// Pass 1 decided that the block is free after all.
  void unclaim(const Spot& spot) { clear_bit(claimed_, spot.ordinal); }

 private:
  std::span<const u32> pieces_of(u32 group) const;

  struct Piece : GroupPiece {
    u32 group;
  };
  std::vector<LedgerGroup> groups_;
  std::vector<Piece> pieces_;  // by first block once sealed
  std::vector<u32> by_group_;  // indexes into pieces_, by group and bit
  std::vector<u8> allocated_;  // by ordinal
  std::vector<u8> claimed_;
  u32 ordinals_ = 0;
};

}  // namespace ocfs2
