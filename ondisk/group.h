// SPDX-License-Identifier: GPL-2.0-or-later
//
// A group descriptor: one run of bits of a chain allocator, with its bitmap (spec: ondisk.md 5.2 to 5.4).
//
// The global bitmap's groups have a bit for each cluster. A suballocator's groups have a bit for each block, and on
// volumes with discontig-bg their clusters may lie scattered: the bitmap is then limited to 256 bytes and an extent
// list at 0x140 tells where the pieces are.
#pragma once

#include "ondisk/check.h"
#include "ondisk/extent.h"
#include "ondisk/judgement.h"

namespace ocfs2 {

struct GroupDescriptor {
  static constexpr char signature_text[8] = "GROUP01";
  static constexpr u32 bitmap_offset = 0x40;
  static constexpr u32 discontiguous_bitmap_bytes = 256;

  std::array<char, 8> signature;
  le16 bitmap_bytes;      ///< room for bits, not how many are valid
  le16 bits;              ///< valid bits
  le16 free_bits;         ///< clear bits among the valid ones
  le16 chain;             ///< index of the chain that holds this group
  le32 generation;
  le16 contig_free_bits;  ///< longest free run as newer kernels keep it; 0: unknown
  le16 reserved1;
  le64 next_group;        ///< next group of the chain, 0: last
  le64 parent_inode;      ///< the allocator
  le64 block;             ///< own block number
  BlockCheck check;
  le64 reserved2;

  static const BlockKind kind;

  /// The bitmap of a descriptor that fills `block`; never longer than the block allows, whatever the fields say.
  static ConstBytes bitmap(ConstBytes block);
  static Bytes bitmap(Bytes block);

  /// Where a discontiguous group lies (all zero in other groups); `block` is the whole descriptor block.
  static const ExtentList& pieces(ConstBytes block) { return as<ExtentList>(block.subspan(0x140)); }
  static ExtentList& pieces(Bytes block) { return as<ExtentList>(block.subspan(0x140)); }
};
