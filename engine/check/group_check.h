// SPDX-License-Identifier: GPL-2.0-or-later
//
// One group descriptor: its fields, and where its blocks lie. What links it, and what its bits stand for, is
// the business of others.
#pragma once

#include <optional>
#include <vector>

#include "engine/check/block_ledger.h"
#include "engine/check/examiner.h"
#include "engine/check/patient.h"
#include "ondisk/group.h"

namespace ocfs2 {

/// Where a group is, and what it must be there.
struct GroupPlace {
  const VolumeFacts& volume;
  InodeNo allocator;
  BlockNo block;
  u32 chain = 0;
  u32 clusters = 0;  ///< of the group; 0 … 65535
  u32 bits_per_cluster = 1;
  bool global_bitmap = false;
  bool system_inodes = false;  ///< of global_inode_alloc, whose group may have a larger bitmap
  u32 free_bits = 0;           ///< clear bits of the bitmap, filled in by whoever examines it
  u32 longest_free = 0;        ///< longest run of them

  u32 bits() const { return clusters * bits_per_cluster; }
  Facts facts() const { return {.inode = allocator, .block = block, .index = chain}; }
};

/// The bits that the group must have, whatever its fields say.
inline ConstBytes group_bitmap(ConstBytes block, u32 bits) {
  const std::size_t room = block.size() - GroupDescriptor::bitmap_offset;
  return block.subspan(GroupDescriptor::bitmap_offset, std::min<std::size_t>(divide_up(bits, 8), room));
}
inline Bytes group_bitmap(Bytes block, u32 bits) {
  const ConstBytes view = group_bitmap(ConstBytes(block), bits);
  return block.subspan(GroupDescriptor::bitmap_offset, view.size());
}

/// Checks checksum, fields and pieces, and mends what the examiner says. False when the group must go: its
/// pieces cannot be made out, and somebody said yes to dropping it.
bool examine_group(Patient<GroupDescriptor>& group, GroupPlace at, Examiner& examiner);

/// Where the group's blocks lie, in order of bits; pieces that can be put right as they would be then.
/// Nothing when they cannot be made out.
std::optional<std::vector<GroupPiece>> pieces_of_group(ConstBytes block, const GroupPlace& at);

// Part of the above, in scattered_group.cc.

/// True when the group lies in pieces.
bool scattered(ConstBytes block, const GroupPlace& at);
/// A group in one piece that counts pieces all the same, as only one that lies in pieces does.
void examine_stray_count(Patient<GroupDescriptor>& group, const GroupPlace& at, Examiner& examiner);
bool examine_pieces(Patient<GroupDescriptor>& group, const GroupPlace& at, Examiner& examiner);

}  // namespace ocfs2
