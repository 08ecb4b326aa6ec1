// SPDX-License-Identifier: GPL-2.0-or-later
//
// A group descriptor: one run of bits of a chain allocator, with its bitmap (spec: ondisk.md 5.2 to 5.4).
//
// The global bitmap's groups have a bit for each cluster. A suballocator's groups have a bit for each block,
// and on volumes with discontig-bg their clusters may lie scattered: the bitmap is then limited to 256 bytes
// and an extent list at 0x140 tells where the pieces are.
#pragma once

#include <optional>

#include "ondisk/check.h"
#include "ondisk/extent.h"
#include "ondisk/judgement.h"

namespace ocfs2 {

struct GroupDescriptor {
  static constexpr char signature_text[8] = "GROUP01";
  static constexpr u32 bitmap_offset = 0x40;
  static constexpr u32 discontiguous_bitmap_bytes = 256;
  static constexpr u32 pieces_offset = 0x140;

  Signature signature;
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

  /// The bitmap of a descriptor that fills `block`; never longer than the block allows, whatever the fields
  /// say.
  static ConstBytes bitmap(ConstBytes block);
  static Bytes bitmap(Bytes block);

  /// True when the group lies in pieces (see the extent list at 0x140).
  static bool discontiguous(ConstBytes block);
  /// Where a discontiguous group lies, as an extent list's bytes (all zero in other groups).
  static ConstBytes pieces(ConstBytes block) { return block.subspan(pieces_offset); }
  static Bytes pieces(Bytes block) { return block.subspan(pieces_offset); }

  /// The block that bit `bit` of a suballocator's group stands for; nothing when no piece covers the bit.
  /// `bits_per_cluster` is the allocator's cl_bpc.
  static std::optional<BlockNo> block_of_bit(ConstBytes block, u32 bit, u32 bits_per_cluster);
  /// One behind the last block that a suballocator's group covers.
  static BlockNo end(ConstBytes block, u32 bits_per_cluster);
  /// The bit that stands for `wanted`; nothing when the group does not hold that block.
  static std::optional<u32> bit_of_block(ConstBytes block, BlockNo wanted, u32 bits_per_cluster);
};

template <>
struct FieldTable<GroupDescriptor> {
  using Self = GroupDescriptor;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, signature, "bg_signature", text),
      OCFS2_FIELD(0x08, bitmap_bytes, "bg_size", number),
      OCFS2_FIELD(0x0A, bits, "bg_bits", number),
      OCFS2_FIELD(0x0C, free_bits, "bg_free_bits_count", number),
      OCFS2_FIELD(0x0E, chain, "bg_chain", number),
      OCFS2_FIELD(0x10, generation, "bg_generation", hex),
      OCFS2_FIELD(0x14, contig_free_bits, "bg_contig_free_bits", number),
      OCFS2_FIELD(0x16, reserved1, "bg_reserved1", reserved),
      OCFS2_FIELD(0x18, next_group, "bg_next_group", block),
      OCFS2_FIELD(0x20, parent_inode, "bg_parent_dinode", inode),
      OCFS2_FIELD(0x28, block, "bg_blkno", block),
      OCFS2_FIELD(0x30, check, "bg_check", structure),
      OCFS2_FIELD(0x38, reserved2, "bg_reserved2", reserved),
  };
};
static_assert(tiles(fields_of<GroupDescriptor>, sizeof(GroupDescriptor)));

}  // namespace ocfs2
