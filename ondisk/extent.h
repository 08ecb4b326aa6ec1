// SPDX-License-Identifier: GPL-2.0-or-later
//
// Extent lists: which clusters hold which part of a file, an attribute value, an index (spec: ondisk.md 4).
// The same list stands in six kinds of roots and in extent blocks. In a leaf (tree depth 0) it holds
// ExtentRecords, above it ChildRecords; the two are types of their own although both fill 16 bytes, because
// their lengths differ in width.
#pragma once

#include "ondisk/check.h"
#include "ondisk/judgement.h"
#include "ondisk/records.h"
#include "ondisk/signature.h"

namespace ocfs2 {

/// A run of clusters. One of length 0 is empty; that may only be the first of a leaf.
struct ExtentRecord {
  static constexpr u8 unwritten = 0x01;   ///< allocated, reads as zeros
  static constexpr u8 refcounted = 0x02;  ///< shared: to be copied before it is written
  static constexpr u8 known_flags = unwritten | refcounted;

  le32 cpos;      ///< first logical cluster (or hash, or low half of a physical cluster)
  le16 clusters;  ///< length
  u8 reserved;
  u8 flags;
  le64 block;  ///< first block of the run; refcount trees: the one leaf block

  constexpr u64 end() const { return u64{cpos} + clusters; }
  constexpr bool empty() const { return clusters == 0; }
};

/// An extent block one level further down.
struct ChildRecord {
  le32 cpos;      ///< where the child's part begins
  le32 clusters;  ///< logical clusters that the child spans
  le64 block;     ///< the extent block

  constexpr u64 end() const { return u64{cpos} + clusters; }
};

inline constexpr FlagName extent_flag_names[] = {
    {ExtentRecord::unwritten, "Unwritten"}, {ExtentRecord::refcounted, "Refcounted"}};

/// The header of a list. The functions take the bytes from the list's first to the end of what it may fill
/// (the block, or where an inline xattr area begins) and never reach beyond them.
struct ExtentList {
  static constexpr u32 depth_max = 8;  ///< more than any volume can need: 27 records a node, 2³² clusters

  le16 tree_depth;  ///< 0: this is a leaf
  le16 count;       ///< capacity
  le16 used;        ///< records in use
  le16 reserved1;
  le64 reserved2;

  /// The records in use of a leaf (depth 0), empty ones included.
  static std::span<const ExtentRecord> records(ConstBytes list);
  static std::span<ExtentRecord> records(Bytes list);
  /// The records in use of an interior list (depth > 0).
  static std::span<const ChildRecord> children(ConstBytes list);
  static std::span<ChildRecord> children(Bytes list);
  /// All slots of the list, used or not.
  static std::span<ExtentRecord> record_slots(Bytes list);
  static std::span<ChildRecord> child_slots(Bytes list);
};

/// A node of an extent tree below its root.
struct ExtentBlock {
  static constexpr char signature_text[8] = "EXBLK01";
  static constexpr u32 list_offset = 0x30;

  Signature signature;
  BlockCheck check;
  le16 suballoc_slot;  ///< whose extent allocator it comes from
  le16 suballoc_bit;
  le32 fs_generation;
  le64 block;           ///< own block number
  le64 suballoc_group;  ///< 0: the block minus the bit
  le64 next_leaf;       ///< the leaf to the right; 0 for the last one and for interior blocks
  ExtentList list;

  static ConstBytes list_bytes(ConstBytes block) { return block.subspan(list_offset); }
  static Bytes list_bytes(Bytes block) { return block.subspan(list_offset); }

  static const BlockKind kind;
};

/// What an extent list must be, beside being one.
struct ExtentListRules {
  u32 capacity;                 ///< exact l_count
  bool cluster_aligned = true;  ///< records address whole clusters: all trees but the refcount tree
  bool disjoint = true;         ///< records do not reach into the next; hash keys may lie closer than lengths
};

/// Judges the list that `list` begins with: capacity, counts, order, and that everything lies inside the
/// volume.
void judge_extent_list(ConstBytes list, const ExtentListRules& rules, const Place& place,
                       Judgement& judgement);
/// The clusters of all records of a leaf together.
u64 clusters_in_leaf(ConstBytes list);
/// What a root holds beside its list agrees with it: the last leaf is known exactly when there are levels
/// below, and the clusters of a tree without such levels are those of its records.
void judge_tree_root(ConstBytes list, std::string_view last_field, u64 last_extent_block,
                     std::string_view clusters_field, u64 clusters, const Place& place, Judgement& judgement);
/// Shows the list's header and the records in use.
void describe_extent_list(ConstBytes list, const std::string& prefix, const FieldVisitor& visit);

template <>
struct FieldTable<ExtentRecord> {
  using Self = ExtentRecord;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, cpos, "e_cpos", number),
      OCFS2_FIELD(0x4, clusters, "e_leaf_clusters", number),
      OCFS2_FIELD(0x6, reserved, "e_reserved1", reserved),
      OCFS2_FIELD(0x7, flags, "e_flags", hex),
      OCFS2_FIELD(0x8, block, "e_blkno", block),
  };
};
static_assert(tiles(fields_of<ExtentRecord>, sizeof(ExtentRecord)));

template <>
struct FieldTable<ChildRecord> {
  using Self = ChildRecord;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, cpos, "e_cpos", number),
      OCFS2_FIELD(0x4, clusters, "e_int_clusters", number),
      OCFS2_FIELD(0x8, block, "e_blkno", block),
  };
};
static_assert(tiles(fields_of<ChildRecord>, sizeof(ChildRecord)));

template <>
struct FieldTable<ExtentList> {
  using Self = ExtentList;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, tree_depth, "l_tree_depth", number),
      OCFS2_FIELD(0x2, count, "l_count", number),
      OCFS2_FIELD(0x4, used, "l_next_free_rec", number),
      OCFS2_FIELD(0x6, reserved1, "l_reserved1", reserved),
      OCFS2_FIELD(0x8, reserved2, "l_reserved2", reserved),
  };
};
static_assert(tiles(fields_of<ExtentList>, sizeof(ExtentList)));

template <>
struct FieldTable<ExtentBlock> {
  using Self = ExtentBlock;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, signature, "h_signature", text),
      OCFS2_FIELD(0x08, check, "h_check", structure),
      OCFS2_FIELD(0x10, suballoc_slot, "h_suballoc_slot", number),
      OCFS2_FIELD(0x12, suballoc_bit, "h_suballoc_bit", number),
      OCFS2_FIELD(0x14, fs_generation, "h_fs_generation", hex),
      OCFS2_FIELD(0x18, block, "h_blkno", block),
      OCFS2_FIELD(0x20, suballoc_group, "h_suballoc_loc", block),
      OCFS2_FIELD(0x28, next_leaf, "h_next_leaf_blk", block),
      OCFS2_FIELD(0x30, list, "h_list", structure),
  };
};
static_assert(tiles(fields_of<ExtentBlock>, sizeof(ExtentBlock)));

}  // namespace ocfs2
