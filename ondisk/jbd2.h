// SPDX-License-Identifier: GPL-2.0-or-later
//
// The journal's log (spec: ondisk.md 12). Everything in it is big-endian. A transaction is one or more
// descriptor blocks, each followed by the blocks that its tags name, possibly revoke blocks, and a commit
// block at the end.
//
// OCFS2 writes logs without checksums or, when mounted with async commit, with a CRC-32 in the commit block.
// The checksums of version 2 and 3 are described here so that a reader can tell what it meets.
#pragma once

#include <optional>
#include <vector>

#include "ondisk/judgement.h"
#include "ondisk/uuid.h"

namespace ocfs2 {

inline constexpr u32 journal_magic = 0xC03B3998;
inline constexpr u32 journal_super_bytes = 1024;  ///< spans two blocks of 512 bytes

enum class JournalBlock : u32 { descriptor = 1, commit = 2, super_v1 = 3, super_v2 = 4, revoke = 5 };

namespace journal_feature {
inline constexpr u32 compat_checksum = 0x1;
inline constexpr u32 revoke = 0x1;          ///< incompat, as all below
inline constexpr u32 wide_blocks = 0x2;     ///< 64-bit block numbers
inline constexpr u32 async_commit = 0x4;
inline constexpr u32 checksum_v2 = 0x8;
inline constexpr u32 checksum_v3 = 0x10;
inline constexpr u32 fast_commit = 0x20;
}  // namespace journal_feature

inline constexpr FlagName journal_compat_names[] = {{journal_feature::compat_checksum, "checksum"}};
inline constexpr FlagName journal_incompat_names[] = {
    {journal_feature::revoke, "revoke"},           {journal_feature::wide_blocks, "64bit"},
    {journal_feature::async_commit, "async-commit"}, {journal_feature::checksum_v2, "checksum-v2"},
    {journal_feature::checksum_v3, "checksum-v3"}, {journal_feature::fast_commit, "fast-commit"},
};

/// Begins every block of the log that is not data.
struct JournalHeader {
  be32 magic;
  be32 type;      ///< JournalBlock
  be32 sequence;  ///< of the transaction

  bool is(JournalBlock wanted) const { return magic == journal_magic && type == static_cast<u32>(wanted); }
};

struct JournalSuperBlock {
  JournalHeader header;
  be32 block_size;
  be32 blocks;             ///< in the log, this one included
  be32 first;              ///< first log block after the superblock
  be32 sequence;           ///< first transaction expected in the log
  be32 start;              ///< log block where it begins, 0: the log is empty
  be32 error_number;       ///< why the journal was aborted, 0: it was not
  be32 feature_compat;     ///< from here on only in version 2
  be32 feature_incompat;
  be32 feature_ro_compat;
  Uuid uuid;
  be32 users;
  be32 dynamic_super;
  be32 max_transaction;
  be32 max_transaction_data;
  u8 checksum_type;
  std::array<u8, 3> padding1;
  be32 fast_commit_blocks;
  be32 head;               ///< newer kernels: log block of the head, when the log is empty
  std::array<be32, 40> padding2;
  be32 checksum;
  std::array<u8, 768> user_ids;

  /// The incompat features; a version 1 superblock has none.
  u32 incompat() const { return header.is(JournalBlock::super_v2) ? u32{feature_incompat} : 0; }
  u32 compat() const { return header.is(JournalBlock::super_v2) ? u32{feature_compat} : 0; }
};
static_assert(sizeof(JournalSuperBlock) == journal_super_bytes);

/// Judges the log's superblock by itself (`block_size` is the volume's).
void judge_journal_super(const JournalSuperBlock& super, u32 block_size, Judgement& judgement);

namespace tag_flag {
inline constexpr u32 escaped = 0x1;    ///< the block's first four bytes were the magic and are stored as zero
inline constexpr u32 same_uuid = 0x2;  ///< no UUID follows the tag
inline constexpr u32 deleted = 0x4;
inline constexpr u32 last = 0x8;       ///< the last tag of this descriptor
}  // namespace tag_flag

/// A tag as it lies in logs without checksum v3: 8 bytes, 12 with 64-bit numbers, 2 more with checksum v2.
struct JournalTagOnDisk {
  be32 block;
  be16 checksum;
  be16 flags;
  be32 block_high;
};
/// A tag in logs with checksum v3.
struct JournalTag3OnDisk {
  be32 block;
  be32 flags;
  be32 block_high;
  be32 checksum;
};

/// What the features of a log say about the form of its blocks.
struct JournalFormat {
  u32 incompat = 0;

  constexpr bool has(u32 bits) const { return (incompat & bits) != 0; }
  constexpr u32 tag_bytes() const {
    if (has(journal_feature::checksum_v3)) return 16;
    return (has(journal_feature::wide_blocks) ? 12u : 8u) + (has(journal_feature::checksum_v2) ? 2u : 0u);
  }
  /// Bytes at the end of descriptor and revoke blocks that a checksum takes.
  constexpr u32 tail_bytes() const {
    return has(journal_feature::checksum_v2 | journal_feature::checksum_v3) ? 4 : 0;
  }
  constexpr u32 revoke_bytes() const { return has(journal_feature::wide_blocks) ? 8 : 4; }
};

/// A tag, whatever its form on disk.
struct JournalTag {
  BlockNo block;
  u32 flags = 0;
  u32 checksum = 0;

  bool escaped() const { return (flags & tag_flag::escaped) != 0; }
};

/// The tags of a descriptor block, in the order of the blocks that follow it. Ends at the tag marked last, or
/// where the block has no room for another.
std::vector<JournalTag> read_tags(ConstBytes descriptor, JournalFormat format);

/// How many tags fit a descriptor block of `block_size` bytes (the first one carries a UUID).
u32 tags_per_descriptor(u32 block_size, JournalFormat format);
/// Fills a descriptor block: header, and as many tags as fit. The last one written gets tag_flag::last;
/// same_uuid is set on all but the first, which `uuid` follows. Returns how many tags were written.
u32 write_tags(Bytes descriptor, u32 sequence, std::span<const JournalTag> tags, JournalFormat format,
               const Uuid& uuid);

struct CommitBlock {
  static constexpr u8 checksum_crc32 = 1;
  static constexpr u8 checksum_bytes = 4;

  JournalHeader header;
  u8 checksum_type;
  u8 checksum_size;
  std::array<u8, 2> padding;
  std::array<be32, 8> checksum;
  be64 seconds;
  be32 nanoseconds;
};

struct RevokeBlock {
  JournalHeader header;
  be32 used;  ///< bytes in use, these 16 included
};

/// The blocks that a revoke block names.
std::vector<BlockNo> read_revokes(ConstBytes revoke, JournalFormat format);

/// CRC-32 with polynomial 0x04C11DB7, most significant bit first, no final inversion: what a commit block
/// carries in logs with compat_checksum, begun with all ones.
u32 crc32_big_endian(ConstBytes bytes, u32 initial = 0xFFFFFFFF);
/// CRC-32C (Castagnoli, reflected), no final inversion: versions 2 and 3. The seed of a log is this of its
/// UUID.
u32 crc32c(ConstBytes bytes, u32 initial = 0xFFFFFFFF);

template <>
struct FieldTable<JournalHeader> {
  using Self = JournalHeader;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, magic, "h_magic", hex),
      OCFS2_FIELD(0x4, type, "h_blocktype", number),
      OCFS2_FIELD(0x8, sequence, "h_sequence", number),
  };
};
static_assert(tiles(fields_of<JournalHeader>, sizeof(JournalHeader)));

template <>
struct FieldTable<JournalSuperBlock> {
  using Self = JournalSuperBlock;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, header, "s_header", structure),
      OCFS2_FIELD(0x0C, block_size, "s_blocksize", number),
      OCFS2_FIELD(0x10, blocks, "s_maxlen", number),
      OCFS2_FIELD(0x14, first, "s_first", number),
      OCFS2_FIELD(0x18, sequence, "s_sequence", number),
      OCFS2_FIELD(0x1C, start, "s_start", number),
      OCFS2_FIELD(0x20, error_number, "s_errno", number),
      OCFS2_FIELD(0x24, feature_compat, "s_feature_compat", hex),
      OCFS2_FIELD(0x28, feature_incompat, "s_feature_incompat", hex),
      OCFS2_FIELD(0x2C, feature_ro_compat, "s_feature_ro_compat", hex),
      OCFS2_FIELD(0x30, uuid, "s_uuid", uuid),
      OCFS2_FIELD(0x40, users, "s_nr_users", number),
      OCFS2_FIELD(0x44, dynamic_super, "s_dynsuper", number),
      OCFS2_FIELD(0x48, max_transaction, "s_max_transaction", number),
      OCFS2_FIELD(0x4C, max_transaction_data, "s_max_trans_data", number),
      OCFS2_FIELD(0x50, checksum_type, "s_checksum_type", number),
      OCFS2_FIELD(0x51, padding1, "s_padding2", reserved),
      OCFS2_FIELD(0x54, fast_commit_blocks, "s_num_fc_blks", number),
      OCFS2_FIELD(0x58, head, "s_head", number),
      OCFS2_FIELD(0x5C, padding2, "s_padding", reserved),
      OCFS2_FIELD(0xFC, checksum, "s_checksum", hex),
      OCFS2_FIELD(0x100, user_ids, "s_users", bytes),
  };
};
static_assert(tiles(fields_of<JournalSuperBlock>, sizeof(JournalSuperBlock)));

template <>
struct FieldTable<JournalTagOnDisk> {
  using Self = JournalTagOnDisk;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, block, "t_blocknr", block),
      OCFS2_FIELD(0x4, checksum, "t_checksum", hex),
      OCFS2_FIELD(0x6, flags, "t_flags", hex),
      OCFS2_FIELD(0x8, block_high, "t_blocknr_high", number),
  };
};
static_assert(tiles(fields_of<JournalTagOnDisk>, sizeof(JournalTagOnDisk)));

template <>
struct FieldTable<JournalTag3OnDisk> {
  using Self = JournalTag3OnDisk;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, block, "t_blocknr", block),
      OCFS2_FIELD(0x4, flags, "t_flags", hex),
      OCFS2_FIELD(0x8, block_high, "t_blocknr_high", number),
      OCFS2_FIELD(0xC, checksum, "t_checksum", hex),
  };
};
static_assert(tiles(fields_of<JournalTag3OnDisk>, sizeof(JournalTag3OnDisk)));

template <>
struct FieldTable<CommitBlock> {
  using Self = CommitBlock;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, header, "h_header", structure),
      OCFS2_FIELD(0x0C, checksum_type, "h_chksum_type", number),
      OCFS2_FIELD(0x0D, checksum_size, "h_chksum_size", number),
      OCFS2_FIELD(0x0E, padding, "h_padding", reserved),
      OCFS2_FIELD(0x10, checksum, "h_chksum", hex),
      OCFS2_FIELD(0x30, seconds, "h_commit_sec", seconds),
      OCFS2_FIELD(0x38, nanoseconds, "h_commit_nsec", number),
  };
};
static_assert(tiles(fields_of<CommitBlock>, sizeof(CommitBlock)));

template <>
struct FieldTable<RevokeBlock> {
  using Self = RevokeBlock;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, header, "r_header", structure),
      OCFS2_FIELD(0xC, used, "r_count", number),
  };
};
static_assert(tiles(fields_of<RevokeBlock>, sizeof(RevokeBlock)));

}  // namespace ocfs2
