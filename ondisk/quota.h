// SPDX-License-Identifier: GPL-2.0-or-later
//
// Quota files (spec: ondisk.md 11). A global file a quota type: a header, and a radix tree from ids to leaf
// blocks that hold the records. A local file a type and slot: chunks of records with what that slot has not
// yet folded into the global file. "File block" is always a logical block of the quota file. The last 8 bytes
// of every block belong to its check, on volumes without metaecc too.
#pragma once

#include "ondisk/check.h"
#include "ondisk/judgement.h"
#include "ondisk/records.h"

namespace ocfs2 {

enum class QuotaType : u8 { user = 0, group = 1 };

constexpr u32 quota_global_magic(QuotaType type) { return 0x0CF52470 + static_cast<u32>(type); }
constexpr u32 quota_local_magic(QuotaType type) { return 0x0CF524C0 + static_cast<u32>(type); }

inline constexpr u32 quota_grace_default = 604800;  ///< seconds
inline constexpr u32 quota_sync_default_ms = 10000;
inline constexpr u32 quota_root_file_block = 1;

struct QuotaHeader {
  le32 magic;
  le32 version;  ///< 0
};

struct GlobalQuotaInfo {
  le32 block_grace;   ///< seconds
  le32 inode_grace;   ///< seconds
  le32 sync_ms;
  le32 blocks;        ///< of the file
  le32 free_block;    ///< first free file block, 0: none
  le32 free_leaf;     ///< first leaf with room, 0: none
};

struct LocalQuotaInfo {
  static constexpr u32 clean = 0x1;  ///< everything was folded into the global file

  le32 flags;
  le32 chunks;
  le32 blocks;  ///< of the file
};

/// File block 0 of a global quota file.
struct GlobalQuotaHead {
  QuotaHeader header;
  GlobalQuotaInfo info;
  static const BlockKind kind;
};

/// File block 0 of a local quota file.
struct LocalQuotaHead {
  QuotaHeader header;
  LocalQuotaInfo info;
  static const BlockKind kind;
};

/// A node of the tree: an array of file blocks, 0 for none.
struct QuotaTreeBlock {
  le32 first;

  static std::span<const le32> references(ConstBytes block);
  static std::span<le32> references(Bytes block);
  static const BlockKind kind;
};

/// The limits and the usage of one id. All bytes zero: an unused slot.
struct QuotaRecord {
  le32 id;
  le32 use_count;          ///< slots that refer to it at the moment
  le64 inode_hard_limit;
  le64 inode_soft_limit;
  le64 inodes;
  le64 space_hard_limit;   ///< bytes
  le64 space_soft_limit;   ///< bytes
  le64 space;              ///< bytes
  le64 space_grace_end;    ///< seconds since 1970
  le64 inode_grace_end;
  std::array<le64, 2> padding;

  bool unused() const;
};

struct QuotaLeaf {
  le32 next_free;  ///< list of leaves with room, or of free blocks; 0: end
  le32 previous_free;
  le16 entries;    ///< records in use
  le16 reserved1;
  le32 reserved2;

  /// All records of a leaf, used or not.
  static std::span<const QuotaRecord> records(ConstBytes block);
  static std::span<QuotaRecord> records(Bytes block);
  static const BlockKind kind;
};

/// What one slot has changed for one id since it last told the global file.
struct LocalQuotaRecord {
  le64 id;
  le64 space_change;  ///< a signed number of bytes
  le64 inode_change;  ///< a signed number

  s64 space_delta() const { return static_cast<s64>(static_cast<u64>(space_change)); }
  s64 inode_delta() const { return static_cast<s64>(static_cast<u64>(inode_change)); }
};

/// The block before the data blocks of a chunk; a bitmap of the records in use follows.
struct LocalQuotaChunk {
  le32 free;  ///< free records in the chunk's existing blocks

  static ConstBytes bitmap(ConstBytes block);
  static Bytes bitmap(Bytes block);
  static const BlockKind kind;
};

/// A block of LocalQuotaRecords.
struct LocalQuotaBlock {
  LocalQuotaRecord first;

  static std::span<const LocalQuotaRecord> records(ConstBytes block);
  static std::span<LocalQuotaRecord> records(Bytes block);
  static const BlockKind kind;
};

/// What follows for quota files from the block size.
struct QuotaGeometry {
  u32 block_size;

  constexpr u32 references_per_block() const { return (block_size - 8) / 4; }
  constexpr u32 records_per_leaf() const { return (block_size - 8 - 16) / 88; }
  /// Levels of tree blocks above the leaves.
  constexpr u32 depth() const {
    u32 levels = 0;
    for (u64 ids = 1; ids < u64{1} << 32; ids *= references_per_block()) ++levels;
    return levels;
  }
  /// The index into the tree block of `level` (0: root … depth() − 1) that leads to `id`.
  constexpr u32 index_at(u32 level, u32 id) const {
    u64 ids_below = 1;
    for (u32 i = level + 1; i < depth(); ++i) ids_below *= references_per_block();
    return static_cast<u32>(id / ids_below % references_per_block());
  }

  constexpr u32 local_records_per_block() const { return (block_size - 8) / 24; }
  constexpr u32 blocks_per_chunk() const { return (block_size - 12) * 8 / local_records_per_block(); }
  constexpr u32 records_per_chunk() const { return blocks_per_chunk() * local_records_per_block(); }
  /// File block of chunk `chunk`'s header; its data blocks follow.
  constexpr u64 chunk_file_block(u32 chunk) const { return 1 + u64{blocks_per_chunk() + 1} * chunk; }
};

template <>
struct FieldTable<QuotaHeader> {
  using Self = QuotaHeader;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, magic, "dqh_magic", hex),
      OCFS2_FIELD(0x4, version, "dqh_version", number),
  };
};
static_assert(tiles(fields_of<QuotaHeader>, sizeof(QuotaHeader)));

template <>
struct FieldTable<GlobalQuotaInfo> {
  using Self = GlobalQuotaInfo;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, block_grace, "dqi_bgrace", number),
      OCFS2_FIELD(0x04, inode_grace, "dqi_igrace", number),
      OCFS2_FIELD(0x08, sync_ms, "dqi_syncms", number),
      OCFS2_FIELD(0x0C, blocks, "dqi_blocks", number),
      OCFS2_FIELD(0x10, free_block, "dqi_free_blk", number),
      OCFS2_FIELD(0x14, free_leaf, "dqi_free_entry", number),
  };
};
static_assert(tiles(fields_of<GlobalQuotaInfo>, sizeof(GlobalQuotaInfo)));

template <>
struct FieldTable<LocalQuotaInfo> {
  using Self = LocalQuotaInfo;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, flags, "dqi_flags", hex),
      OCFS2_FIELD(0x4, chunks, "dqi_chunks", number),
      OCFS2_FIELD(0x8, blocks, "dqi_blocks", number),
  };
};
static_assert(tiles(fields_of<LocalQuotaInfo>, sizeof(LocalQuotaInfo)));

template <>
struct FieldTable<GlobalQuotaHead> {
  using Self = GlobalQuotaHead;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, header, "header", structure),
      OCFS2_FIELD(0x8, info, "info", structure),
  };
};
static_assert(tiles(fields_of<GlobalQuotaHead>, sizeof(GlobalQuotaHead)));

template <>
struct FieldTable<LocalQuotaHead> {
  using Self = LocalQuotaHead;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, header, "header", structure),
      OCFS2_FIELD(0x8, info, "info", structure),
  };
};
static_assert(tiles(fields_of<LocalQuotaHead>, sizeof(LocalQuotaHead)));

template <>
struct FieldTable<QuotaRecord> {
  using Self = QuotaRecord;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0, id, "dqb_id", number),
      OCFS2_FIELD(4, use_count, "dqb_use_count", number),
      OCFS2_FIELD(8, inode_hard_limit, "dqb_ihardlimit", number),
      OCFS2_FIELD(16, inode_soft_limit, "dqb_isoftlimit", number),
      OCFS2_FIELD(24, inodes, "dqb_curinodes", number),
      OCFS2_FIELD(32, space_hard_limit, "dqb_bhardlimit", number),
      OCFS2_FIELD(40, space_soft_limit, "dqb_bsoftlimit", number),
      OCFS2_FIELD(48, space, "dqb_curspace", number),
      OCFS2_FIELD(56, space_grace_end, "dqb_btime", seconds),
      OCFS2_FIELD(64, inode_grace_end, "dqb_itime", seconds),
      OCFS2_FIELD(72, padding, "dqb_pad", reserved),
  };
};
static_assert(tiles(fields_of<QuotaRecord>, sizeof(QuotaRecord)));

template <>
struct FieldTable<QuotaLeaf> {
  using Self = QuotaLeaf;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, next_free, "dqdh_next_free", number),
      OCFS2_FIELD(0x4, previous_free, "dqdh_prev_free", number),
      OCFS2_FIELD(0x8, entries, "dqdh_entries", number),
      OCFS2_FIELD(0xA, reserved1, "dqdh_pad1", reserved),
      OCFS2_FIELD(0xC, reserved2, "dqdh_pad2", reserved),
  };
};
static_assert(tiles(fields_of<QuotaLeaf>, sizeof(QuotaLeaf)));

template <>
struct FieldTable<LocalQuotaRecord> {
  using Self = LocalQuotaRecord;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, id, "dqb_id", number),
      OCFS2_FIELD(0x08, space_change, "dqb_spacemod", number),
      OCFS2_FIELD(0x10, inode_change, "dqb_inodemod", number),
  };
};
static_assert(tiles(fields_of<LocalQuotaRecord>, sizeof(LocalQuotaRecord)));

template <>
struct FieldTable<LocalQuotaChunk> {
  using Self = LocalQuotaChunk;
  static constexpr Field rows[] = {OCFS2_FIELD(0x0, free, "dqc_free", number)};
};
static_assert(tiles(fields_of<LocalQuotaChunk>, sizeof(LocalQuotaChunk)));

}  // namespace ocfs2
