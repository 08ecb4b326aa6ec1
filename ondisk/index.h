// SPDX-License-Identifier: GPL-2.0-or-later
//
// The index of a directory: from the hash of a name to the block that holds its entry (spec: ondisk.md 7.4).
// A root block holds either the entries themselves or an extent tree, keyed by the major hash, of leaf
// clusters.
#pragma once

#include "ondisk/extent.h"
#include "ondisk/numbers.h"

namespace ocfs2 {

/// Bytes of names are signed or unsigned in the hash, depending on who wrote the entry: C's `char` was used,
/// which is signed on x86 up to Linux 6.1 and unsigned elsewhere and later. Names of 7-bit characters hash
/// the same.
enum class CharSign : bool { plain_signed, plain_unsigned };

struct NameHash {
  u32 major = 0;
  u32 minor = 0;
  constexpr auto operator<=>(const NameHash&) const = default;
};

/// The hash under which `name` (1 to 255 bytes) is indexed; `.` and `..` hash to (0, 0). `seeds` are
/// s_dx_seed and, as fourth word, s_uuid_hash.
NameHash index_hash(std::string_view name, const std::array<u32, 4>& seeds,
                    CharSign sign = CharSign::plain_signed);
/// The same with the seeds that a volume has.
NameHash index_hash(std::string_view name, const VolumeFacts& volume, CharSign sign = CharSign::plain_signed);

struct IndexEntry {
  le32 major_hash;
  le32 minor_hash;
  le64 entry_block;  ///< the directory block that holds the name

  NameHash hash() const { return {major_hash, minor_hash}; }
};

/// Entries in no particular order. As with ExtentList, the functions take the bytes from the list's first on.
struct IndexEntryList {
  le32 reserved;
  le16 count;  ///< capacity
  le16 used;

  static std::span<const IndexEntry> entries(ConstBytes list);  ///< the ones in use
  static std::span<IndexEntry> slots(Bytes list);               ///< all
};

struct IndexRoot {
  static constexpr char signature_text[8] = "DXDIR01";
  static constexpr u8 inline_entries = 0x01;  ///< flags: the entries are in this block
  static constexpr u32 list_offset = 0xC0;

  Signature signature;
  BlockCheck check;
  le16 suballoc_slot;
  le16 suballoc_bit;
  le32 fs_generation;
  le64 block;              ///< own block number
  le64 last_extent_block;  ///< rightmost leaf of the extent tree, 0: the root is a leaf
  le32 clusters;           ///< that hold index leaves
  u8 flags;
  std::array<u8, 3> reserved1;
  le64 directory_inode;
  le32 entries;            ///< of the directory, `.` and `..` included
  le32 reserved2;
  le64 free_block;         ///< first directory block with a hole, 0: none
  le64 suballoc_group;
  std::array<u8, 112> reserved3;
  union {
    ExtentList extents;
    IndexEntryList entry_list;  ///< with inline_entries
  };

  bool is_inline() const { return (flags & inline_entries) != 0; }
  /// The bytes of whichever list the block holds.
  static ConstBytes list_bytes(ConstBytes block) { return block.subspan(list_offset); }
  static Bytes list_bytes(Bytes block) { return block.subspan(list_offset); }

  static const BlockKind kind;
};

struct IndexLeaf {
  static constexpr char signature_text[8] = "DXLEAF1";
  static constexpr u32 list_offset = 0x28;

  Signature signature;
  BlockCheck check;
  le64 block;  ///< own block number
  le32 fs_generation;
  std::array<u8, 12> reserved;
  IndexEntryList list;

  static ConstBytes list_bytes(ConstBytes block) { return block.subspan(list_offset); }
  static Bytes list_bytes(Bytes block) { return block.subspan(list_offset); }

  static const BlockKind kind;
};

/// The leaf block within a record of the index tree that a hash belongs to; record.clusters ≥ 1.
BlockNo index_leaf_block(const ExtentRecord& record, NameHash hash, const Geometry& geometry);

template <>
struct FieldTable<IndexEntry> {
  using Self = IndexEntry;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, major_hash, "dx_major_hash", hex),
      OCFS2_FIELD(0x4, minor_hash, "dx_minor_hash", hex),
      OCFS2_FIELD(0x8, entry_block, "dx_dirent_blk", block),
  };
};
static_assert(tiles(fields_of<IndexEntry>, sizeof(IndexEntry)));

template <>
struct FieldTable<IndexEntryList> {
  using Self = IndexEntryList;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, reserved, "de_reserved1", reserved),
      OCFS2_FIELD(0x4, count, "de_count", number),
      OCFS2_FIELD(0x6, used, "de_num_used", number),
  };
};
static_assert(tiles(fields_of<IndexEntryList>, sizeof(IndexEntryList)));

/// The row "dr_list" stands for either list; IndexRoot::kind's description shows the one that is meant.
template <>
struct FieldTable<IndexRoot> {
  using Self = IndexRoot;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, signature, "dr_signature", text),
      OCFS2_FIELD(0x08, check, "dr_check", structure),
      OCFS2_FIELD(0x10, suballoc_slot, "dr_suballoc_slot", number),
      OCFS2_FIELD(0x12, suballoc_bit, "dr_suballoc_bit", number),
      OCFS2_FIELD(0x14, fs_generation, "dr_fs_generation", hex),
      OCFS2_FIELD(0x18, block, "dr_blkno", block),
      OCFS2_FIELD(0x20, last_extent_block, "dr_last_eb_blk", block),
      OCFS2_FIELD(0x28, clusters, "dr_clusters", number),
      OCFS2_FIELD(0x2C, flags, "dr_flags", hex),
      OCFS2_FIELD(0x2D, reserved1, "dr_reserved0", reserved),
      OCFS2_FIELD(0x30, directory_inode, "dr_dir_blkno", inode),
      OCFS2_FIELD(0x38, entries, "dr_num_entries", number),
      OCFS2_FIELD(0x3C, reserved2, "dr_reserved1", reserved),
      OCFS2_FIELD(0x40, free_block, "dr_free_blk", block),
      OCFS2_FIELD(0x48, suballoc_group, "dr_suballoc_loc", block),
      OCFS2_FIELD(0x50, reserved3, "dr_reserved2", reserved),
      OCFS2_FIELD(0xC0, extents, "dr_list", structure),
  };
};
static_assert(tiles(fields_of<IndexRoot>, sizeof(IndexRoot)));

template <>
struct FieldTable<IndexLeaf> {
  using Self = IndexLeaf;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, signature, "dl_signature", text),
      OCFS2_FIELD(0x08, check, "dl_check", structure),
      OCFS2_FIELD(0x10, block, "dl_blkno", block),
      OCFS2_FIELD(0x18, fs_generation, "dl_fs_generation", hex),
      OCFS2_FIELD(0x1C, reserved, "dl_reserved0", reserved),
      OCFS2_FIELD(0x28, list, "dl_list", structure),
  };
};
static_assert(tiles(fields_of<IndexLeaf>, sizeof(IndexLeaf)));

}  // namespace ocfs2
