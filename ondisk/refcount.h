// SPDX-License-Identifier: GPL-2.0-or-later
//
// How often physical clusters are shared (spec: ondisk.md 9). A refcount tree belongs to a set of inodes. Its
// root holds the records itself, or an extent tree of leaf blocks that hold them.
#pragma once

#include "ondisk/extent.h"

namespace ocfs2 {

struct RefcountRecord {
  le64 cluster;   ///< first physical cluster
  le32 clusters;  ///< length, at least 1
  le32 references;

  constexpr u64 end() const { return u64{cluster} + clusters; }
};

struct RefcountList {
  le16 count;  ///< capacity
  le16 used;
  std::array<u8, 12> reserved;

  /// The records in use; `list` goes from the list's first byte to the end of the block.
  static std::span<const RefcountRecord> records(ConstBytes list);
  static std::span<RefcountRecord> slots(Bytes list);  ///< all slots, used or not
};

struct RefcountBlock {
  static constexpr char signature_text[8] = "REFCNT1";
  static constexpr u32 leaf = 0x1;
  static constexpr u32 tree = 0x2;
  static constexpr u32 list_offset = 0x80;

  Signature signature;
  le16 suballoc_slot;
  le16 suballoc_bit;
  le32 fs_generation;
  le64 block;              ///< own block number
  le64 parent;             ///< leaf: the root; root: 0
  BlockCheck check;
  le64 last_extent_block;  ///< root with a tree: rightmost extent block
  le32 inodes;             ///< root: how many inodes share this tree
  le32 flags;              ///< leaf, tree, or 0: a root that holds records
  le32 leaf_blocks;        ///< root with a tree: how many leaf blocks
  le32 cpos;               ///< leaf: its key in the tree
  le32 generation;         ///< random; the same in root and leaves
  le32 reserved1;
  le64 suballoc_group;
  std::array<u8, 48> reserved2;
  union {
    RefcountList records;
    ExtentList extents;  ///< with tree
  };

  bool is_leaf() const { return (flags & leaf) != 0; }
  bool is_tree() const { return (flags & tree) != 0; }
  /// The bytes of whichever list the block holds.
  static ConstBytes list_bytes(ConstBytes block) { return block.subspan(list_offset); }
  static Bytes list_bytes(Bytes block) { return block.subspan(list_offset); }

  static const BlockKind kind;
};

template <>
struct FieldTable<RefcountRecord> {
  using Self = RefcountRecord;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, cluster, "r_cpos", cluster),
      OCFS2_FIELD(0x8, clusters, "r_clusters", number),
      OCFS2_FIELD(0xC, references, "r_refcount", number),
  };
};
static_assert(tiles(fields_of<RefcountRecord>, sizeof(RefcountRecord)));

template <>
struct FieldTable<RefcountList> {
  using Self = RefcountList;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, count, "rl_count", number),
      OCFS2_FIELD(0x2, used, "rl_used", number),
      OCFS2_FIELD(0x4, reserved, "rl_reserved", reserved),
  };
};
static_assert(tiles(fields_of<RefcountList>, sizeof(RefcountList)));

/// The row "rf_list" stands for either list; RefcountBlock::kind's description shows the one that is meant.
template <>
struct FieldTable<RefcountBlock> {
  using Self = RefcountBlock;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, signature, "rf_signature", text),
      OCFS2_FIELD(0x08, suballoc_slot, "rf_suballoc_slot", number),
      OCFS2_FIELD(0x0A, suballoc_bit, "rf_suballoc_bit", number),
      OCFS2_FIELD(0x0C, fs_generation, "rf_fs_generation", hex),
      OCFS2_FIELD(0x10, block, "rf_blkno", block),
      OCFS2_FIELD(0x18, parent, "rf_parent", block),
      OCFS2_FIELD(0x20, check, "rf_check", structure),
      OCFS2_FIELD(0x28, last_extent_block, "rf_last_eb_blk", block),
      OCFS2_FIELD(0x30, inodes, "rf_count", number),
      OCFS2_FIELD(0x34, flags, "rf_flags", hex),
      OCFS2_FIELD(0x38, leaf_blocks, "rf_clusters", number),
      OCFS2_FIELD(0x3C, cpos, "rf_cpos", number),
      OCFS2_FIELD(0x40, generation, "rf_generation", hex),
      OCFS2_FIELD(0x44, reserved1, "rf_reserved0", reserved),
      OCFS2_FIELD(0x48, suballoc_group, "rf_suballoc_loc", block),
      OCFS2_FIELD(0x50, reserved2, "rf_reserved1", reserved),
      OCFS2_FIELD(0x80, records, "rf_list", structure),
  };
};
static_assert(tiles(fields_of<RefcountBlock>, sizeof(RefcountBlock)));

}  // namespace ocfs2
