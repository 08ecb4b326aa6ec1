// SPDX-License-Identifier: GPL-2.0-or-later
//
// An inode: one block, 0xC0 bytes that every inode has and a body up to the end of the block (spec: ondisk.md
// 3).
//
// Two places mean different things in different inodes: eight bytes at 0xB8 (what kind of inode it is
// decides) and the body at 0xC0 (body_kind() decides). Both are unions of typed parts here, so that code
// names what it uses: inode.bitmap.used, inode.extents.tree_depth. What follows the body's header is reached
// through body(), which knows where the block ends and where an inline xattr area begins.
#pragma once

#include "ondisk/chain.h"
#include "ondisk/check.h"
#include "ondisk/extent.h"
#include "ondisk/local_alloc.h"
#include "ondisk/super.h"
#include "ondisk/truncate_log.h"

namespace ocfs2 {

namespace inode_flag {
inline constexpr u32 valid = 0x0001;     ///< in use
inline constexpr u32 orphaned = 0x0004;  ///< has an entry in the orphan directory of orphaned_slot
inline constexpr u32 system = 0x0010;
inline constexpr u32 super_block = 0x0020;
inline constexpr u32 local_alloc = 0x0040;
inline constexpr u32 bitmap = 0x0080;
inline constexpr u32 journal = 0x0100;
inline constexpr u32 heartbeat = 0x0200;
inline constexpr u32 chain = 0x0400;
inline constexpr u32 truncate_log = 0x0800;
inline constexpr u32 quota = 0x1000;
inline constexpr u32 dio_orphaned = 0x2000;  ///< the same with dio-… and dio_orphaned_slot
}  // namespace inode_flag

inline constexpr FlagName inode_flag_names[] = {
    {inode_flag::valid, "Valid"},
    {inode_flag::orphaned, "Orphaned"},
    {inode_flag::system, "System"},
    {inode_flag::super_block, "Superblock"},
    {inode_flag::local_alloc, "Localalloc"},
    {inode_flag::bitmap, "Allocbitmap"},
    {inode_flag::journal, "Journal"},
    {inode_flag::heartbeat, "Heartbeat"},
    {inode_flag::chain, "Chain"},
    {inode_flag::truncate_log, "Dealloc"},
    {inode_flag::quota, "Quota"},
    {inode_flag::dio_orphaned, "DioOrphaned"},
};

namespace dynamic_feature {
inline constexpr u16 inline_data = 0x0001;
inline constexpr u16 has_xattr = 0x0002;
inline constexpr u16 inline_xattr = 0x0004;
inline constexpr u16 indexed_dir = 0x0008;
inline constexpr u16 has_refcount = 0x0010;
}  // namespace dynamic_feature

inline constexpr FlagName dynamic_feature_names[] = {
    {dynamic_feature::inline_data, "InlineData"}, {dynamic_feature::has_xattr, "HasXattr"},
    {dynamic_feature::inline_xattr, "InlineXattr"}, {dynamic_feature::indexed_dir, "IndexedDir"},
    {dynamic_feature::has_refcount, "Refcounted"},
};

/// Attribute flags with the values and names that lsattr and chattr know.
namespace attribute {
inline constexpr u32 sync = 0x8;
inline constexpr u32 immutable = 0x10;
inline constexpr u32 append = 0x20;
inline constexpr u32 noatime = 0x80;
inline constexpr u32 dirsync = 0x10000;
}  // namespace attribute

inline constexpr FlagName attribute_names[] = {
    {0x1, "secrm"}, {0x2, "unrm"}, {0x4, "compr"}, {attribute::sync, "sync"},
    {attribute::immutable, "immutable"}, {attribute::append, "append"}, {0x40, "nodump"},
    {attribute::noatime, "noatime"}, {0x1000, "index"}, {0x4000, "journal_data"},
    {0x8000, "notail"}, {attribute::dirsync, "dirsync"}, {0x20000, "topdir"},
};

namespace file_mode {
inline constexpr u16 type_mask = 0170000;
inline constexpr u16 socket = 0140000;
inline constexpr u16 symlink = 0120000;
inline constexpr u16 regular = 0100000;
inline constexpr u16 block_device = 0060000;
inline constexpr u16 directory = 0040000;
inline constexpr u16 char_device = 0020000;
inline constexpr u16 fifo = 0010000;
}  // namespace file_mode

/// 0xB8 of an allocator: its bits. In a local alloc inode those of its window.
struct BitmapTotals {
  le32 used;
  le32 total;
};

/// 0xB8 of a journal inode.
struct JournalState {
  static constexpr u32 dirty = 0x1;  ///< the log must be replayed before anyone uses the slot

  le32 flags;
  le32 recovery_generation;  ///< grows with every recovery
};

/// The body of a small file or directory.
struct InlineData {
  le16 count;  ///< room in bytes
  le16 reserved1;
  le32 reserved2;

  /// The bytes that the area holds, `count` of them or as many as `body` has.
  static ConstBytes data(ConstBytes body) { return records_in<u8>(body, 8, as<InlineData>(body).count); }
  static Bytes data(Bytes body) { return records_in<u8>(body, 8, as<InlineData>(body).count); }
};

/// What the body at 0xC0 is.
enum class InodeBody : u8 {
  super_block,
  local_alloc,
  chain_list,
  truncate_log,
  inline_data,
  fast_symlink,  ///< the target, NUL-terminated
  extent_list,
};

struct Inode {
  static constexpr char signature_text[8] = "INODE01";
  static constexpr u32 body_offset = 0xC0;
  static constexpr u32 check_offset = 0x80;

  Signature signature;
  le32 generation;           ///< for file handles; any value
  le16 suballoc_slot;        ///< whose inode allocator it comes from, no_slot: the global one
  le16 suballoc_bit;
  le16 links_count_high;     ///< counts only in indexed directories: use links()
  le16 xattr_inline_size;    ///< bytes of the inline xattr area
  le32 clusters;             ///< in the main extent tree; allocators: clusters covered
  le32 uid;
  le32 gid;
  le64 size;                 ///< bytes
  le16 mode;
  le16 links_count;          ///< low half: use links()
  le32 flags;                ///< inode_flag
  le64 atime;
  le64 ctime;
  le64 mtime;
  le64 dtime;                ///< when it was deleted, 0 while in use
  le64 block;                ///< own block number
  le64 last_extent_block;    ///< rightmost leaf of the extent tree, 0 when the body is a leaf
  le32 fs_generation;
  le32 atime_nsec;
  le32 ctime_nsec;
  le32 mtime_nsec;
  le32 attributes;           ///< attribute
  le16 orphaned_slot;
  le16 dynamic_features;     ///< dynamic_feature
  le64 xattr_block;          ///< external xattr block, 0: none
  BlockCheck check;
  le64 index_root;           ///< of a directory, 0: none
  le64 refcount_root;        ///< 0: shares nothing
  le64 suballoc_group;       ///< owning group descriptor, 0: the block minus the bit
  le16 dio_orphaned_slot;
  std::array<u8, 6> reserved1;
  std::array<u8, 16> reserved2;
  union {
    le64 device;             ///< character and block devices: major and minor number
    BitmapTotals bitmap;
    JournalState journal;
  };
  union {
    std::array<u8, block_size_min - body_offset> body_start;  ///< as much of it as every block size has
    SuperBlock super;
    LocalAlloc local_alloc;
    ChainList chains;
    TruncateLog truncate_log;
    InlineData inline_data;
    ExtentList extents;
  };

  bool has_flag(u32 bits) const { return (flags & bits) == bits; }
  bool has_dynamic(u16 bits) const { return (dynamic_features & bits) == bits; }
  u16 type() const { return mode & file_mode::type_mask; }
  bool is_directory() const { return type() == file_mode::directory; }
  bool is_regular() const { return type() == file_mode::regular; }
  bool is_symlink() const { return type() == file_mode::symlink; }
  bool is_device() const { return type() == file_mode::char_device || type() == file_mode::block_device; }

  u32 links() const;
  /// Stores a link count; more than 65535 only fit an indexed directory.
  void set_links(u32 count);

  InodeBody body_kind() const;
  /// Bytes of the inline xattr area, 0 when there is none.
  u32 xattr_area_bytes() const {
    return has_dynamic(dynamic_feature::inline_xattr) ? u32{xattr_inline_size} : 0;
  }

  /// From 0xC0 to the end of `block`, or to where its inline xattr area begins. At least 16 bytes of the
  /// block always belong to the body, whatever the fields say. block.size() ≥ 512, here and below.
  static ConstBytes body(ConstBytes block);
  static Bytes body(Bytes block);
  /// The inline xattr area; empty when there is none or its size cannot be.
  static ConstBytes xattr_area(ConstBytes block);
  static Bytes xattr_area(Bytes block);
  /// The target of a fast symlink, without the NUL.
  static std::string_view fast_symlink_target(ConstBytes block);

  /// Any inode but the superblock's, in use or free. A free one is judged by signature, place and generation
  /// alone.
  static const BlockKind kind;
};
static_assert(sizeof(Inode) == block_size_min);

/// Shows the fields of any inode, the superblock's included, with the parts of its unions that are meant.
void describe_inode(ConstBytes block, const FieldVisitor& visit);

/// Major and minor number of a device inode, and back (Linux's "huge" encoding).
constexpr u32 device_major(u64 device) { return static_cast<u32>((device >> 8) & 0xFFF); }
constexpr u32 device_minor(u64 device) {
  return static_cast<u32>((device & 0xFF) | ((device >> 12) & 0xFFF00));
}
constexpr u64 device_number(u32 major, u32 minor) {
  return (minor & 0xFF) | (u64{major & 0xFFF} << 8) | (u64{minor & 0xFFF00} << 12);
}

template <>
struct FieldTable<BitmapTotals> {
  using Self = BitmapTotals;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, used, "i_used", number),
      OCFS2_FIELD(0x4, total, "i_total", number),
  };
};
static_assert(tiles(fields_of<BitmapTotals>, sizeof(BitmapTotals)));

template <>
struct FieldTable<JournalState> {
  using Self = JournalState;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, flags, "ij_flags", hex),
      OCFS2_FIELD(0x4, recovery_generation, "ij_recovery_generation", number),
  };
};
static_assert(tiles(fields_of<JournalState>, sizeof(JournalState)));

template <>
struct FieldTable<InlineData> {
  using Self = InlineData;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, count, "id_count", number),
      OCFS2_FIELD(0x2, reserved1, "id_reserved0", reserved),
      OCFS2_FIELD(0x4, reserved2, "id_reserved1", reserved),
  };
};
static_assert(tiles(fields_of<InlineData>, sizeof(InlineData)));

/// The two unions are rows "id1" and "id2" here; Inode::kind's description shows the parts that are meant.
template <>
struct FieldTable<Inode> {
  using Self = Inode;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, signature, "i_signature", text),
      OCFS2_FIELD(0x08, generation, "i_generation", hex),
      OCFS2_FIELD(0x0C, suballoc_slot, "i_suballoc_slot", number),
      OCFS2_FIELD(0x0E, suballoc_bit, "i_suballoc_bit", number),
      OCFS2_FIELD(0x10, links_count_high, "i_links_count_hi", number),
      OCFS2_FIELD(0x12, xattr_inline_size, "i_xattr_inline_size", number),
      OCFS2_FIELD(0x14, clusters, "i_clusters", number),
      OCFS2_FIELD(0x18, uid, "i_uid", number),
      OCFS2_FIELD(0x1C, gid, "i_gid", number),
      OCFS2_FIELD(0x20, size, "i_size", number),
      OCFS2_FIELD(0x28, mode, "i_mode", mode),
      OCFS2_FIELD(0x2A, links_count, "i_links_count", number),
      OCFS2_FIELD(0x2C, flags, "i_flags", hex),
      OCFS2_FIELD(0x30, atime, "i_atime", seconds),
      OCFS2_FIELD(0x38, ctime, "i_ctime", seconds),
      OCFS2_FIELD(0x40, mtime, "i_mtime", seconds),
      OCFS2_FIELD(0x48, dtime, "i_dtime", seconds),
      OCFS2_FIELD(0x50, block, "i_blkno", block),
      OCFS2_FIELD(0x58, last_extent_block, "i_last_eb_blk", block),
      OCFS2_FIELD(0x60, fs_generation, "i_fs_generation", hex),
      OCFS2_FIELD(0x64, atime_nsec, "i_atime_nsec", number),
      OCFS2_FIELD(0x68, ctime_nsec, "i_ctime_nsec", number),
      OCFS2_FIELD(0x6C, mtime_nsec, "i_mtime_nsec", number),
      OCFS2_FIELD(0x70, attributes, "i_attr", hex),
      OCFS2_FIELD(0x74, orphaned_slot, "i_orphaned_slot", number),
      OCFS2_FIELD(0x76, dynamic_features, "i_dyn_features", hex),
      OCFS2_FIELD(0x78, xattr_block, "i_xattr_loc", block),
      OCFS2_FIELD(0x80, check, "i_check", structure),
      OCFS2_FIELD(0x88, index_root, "i_dx_root", block),
      OCFS2_FIELD(0x90, refcount_root, "i_refcount_loc", block),
      OCFS2_FIELD(0x98, suballoc_group, "i_suballoc_loc", block),
      OCFS2_FIELD(0xA0, dio_orphaned_slot, "i_dio_orphaned_slot", number),
      OCFS2_FIELD(0xA2, reserved1, "i_reserved1", reserved),
      OCFS2_FIELD(0xA8, reserved2, "i_reserved2", reserved),
      OCFS2_FIELD(0xB8, device, "id1", hex),
      OCFS2_FIELD(0xC0, body_start, "id2", bytes),
  };
};
static_assert(tiles(fields_of<Inode>, sizeof(Inode)));

}  // namespace ocfs2
