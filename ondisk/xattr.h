// SPDX-License-Identifier: GPL-2.0-or-later
//
// Extended attributes (spec: ondisk.md 8). They live in three kinds of containers, each a header, entries
// growing up and name-value pairs growing down: the inline area at the end of an inode, an xattr block, and
// 4096-byte buckets found through an index tree keyed by name hash. Offsets in entries count from the
// container's header.
#pragma once

#include <optional>

#include "ondisk/extent.h"
#include "ondisk/index.h"

namespace ocfs2 {

inline constexpr u32 xattr_bucket_bytes = 4096;
inline constexpr u32 xattr_local_value_max = 80;     ///< larger values get clusters of their own
inline constexpr u32 xattr_suffix_max = 255;
inline constexpr u64 xattr_value_max = 65536;        ///< as far as the VFS lets through
/// Of one record of the index tree, or a cluster if that is more.
inline constexpr u32 xattr_extent_bytes_max = 65536;

/// The name spaces. The two ACL types are whole names.
enum class XattrType : u8 {
  user = 1,
  posix_acl_access = 2,
  posix_acl_default = 3,
  trusted = 4,
  security = 5,
};

struct XattrPrefix {
  XattrType type;
  std::string_view prefix;
  bool whole_name;  ///< nothing may follow
};
inline constexpr XattrPrefix xattr_prefixes[] = {
    {XattrType::user, "user.", false},
    {XattrType::posix_acl_access, "system.posix_acl_access", true},
    {XattrType::posix_acl_default, "system.posix_acl_default", true},
    {XattrType::trusted, "trusted.", false},
    {XattrType::security, "security.", false},
};
/// The prefix of a type, empty for numbers that are none.
std::string_view xattr_prefix(u8 type);

/// A full name taken apart, as it is stored.
struct XattrName {
  XattrType type;
  std::string_view suffix;

  bool operator==(const XattrName&) const = default;
};
/// Nothing when no prefix fits, or the suffix is missing, superfluous or longer than 255 bytes.
std::optional<XattrName> split_xattr_name(std::string_view full_name);

/// The hash of a name's suffix; `uuid_hash` is s_uuid_hash.
u32 xattr_hash(std::string_view suffix, u32 uuid_hash, CharSign sign = CharSign::plain_signed);

struct XattrEntry {
  static constexpr u8 local = 0x80;  ///< type_and_local: the value follows the name
  static constexpr u8 type_mask = 0x7F;

  le32 name_hash;
  le16 name_offset;  ///< of the pair, from the container's header
  u8 name_length;    ///< of the suffix
  u8 type_and_local;
  le64 value_size;   ///< bytes

  u8 type() const { return type_and_local & type_mask; }
  bool is_local() const { return (type_and_local & local) != 0; }
  /// Bytes that the pair takes in the container, values too large for one counting as not local.
  u32 pair_bytes() const;
};

/// Bytes that a pair takes: the name and, for values up to 80 bytes, the value, each rounded up to 4; else
/// the name and a value root.
constexpr u32 xattr_pair_bytes(u32 name_length, u64 value_size) {
  const u64 value = value_size <= xattr_local_value_max ? round_up(value_size, 4) : 48;
  return static_cast<u32>(round_up(name_length, 4) + value);
}

struct XattrHeader {
  le16 count;             ///< entries in use
  le16 free_start;        ///< buckets: lowest offset used by pairs
  le16 name_value_bytes;  ///< buckets: all live pairs together
  le16 buckets;           ///< first bucket of an extent: how many buckets the extent has in use
  BlockCheck check;       ///< buckets

  /// The entries in use; `container` begins with the header.
  static std::span<const XattrEntry> entries(ConstBytes container);
  static std::span<XattrEntry> entries(Bytes container);
};

/// The root of a value that has clusters of its own. Room for one record follows the list's header.
struct XattrValueRoot {
  static constexpr u32 list_offset = 0x10;

  le32 clusters;
  le32 reserved;
  le64 last_extent_block;
  ExtentList list;
  ExtentRecord record;  ///< a ChildRecord when the list's tree depth is not 0

  /// The bytes of the list with its one record, as ExtentList's functions want them.
  static ConstBytes list_bytes(ConstBytes root) { return root.subspan(list_offset, 32); }
  static Bytes list_bytes(Bytes root) { return root.subspan(list_offset, 32); }
};
static_assert(sizeof(XattrValueRoot) == 48);

/// Parts of a pair; nothing when they do not lie inside the container.
std::optional<std::string_view> xattr_suffix(ConstBytes container, const XattrEntry& entry);
std::optional<ConstBytes> xattr_local_value(ConstBytes container, const XattrEntry& entry);
/// The bytes of an XattrValueRoot.
std::optional<ConstBytes> xattr_value_root(ConstBytes container, const XattrEntry& entry);

/// The root of the index tree over buckets.
struct XattrTreeRoot {
  static constexpr u32 list_offset = 0x10;

  le32 clusters;
  le32 reserved;
  le64 last_extent_block;
  ExtentList list;
};

struct XattrBlock {
  static constexpr char signature_text[8] = "XATTR01";
  static constexpr u16 indexed = 0x1;
  static constexpr u32 body_offset = 0x30;

  Signature signature;
  le16 suballoc_slot;
  le16 suballoc_bit;
  le32 fs_generation;
  le64 block;  ///< own block number
  BlockCheck check;
  le16 flags;
  le16 reserved1;
  le32 reserved2;
  le64 suballoc_group;
  union {
    XattrHeader header;
    XattrTreeRoot root;  ///< when indexed
  };

  bool is_indexed() const { return (flags & indexed) != 0; }
  /// The container that begins with `header`.
  static ConstBytes container(ConstBytes block) { return block.subspan(body_offset); }
  static Bytes container(Bytes block) { return block.subspan(body_offset); }
  /// The extent list of `root`.
  static ConstBytes list_bytes(ConstBytes block) {
    return container(block).subspan(XattrTreeRoot::list_offset);
  }
  static Bytes list_bytes(Bytes block) { return container(block).subspan(XattrTreeRoot::list_offset); }

  static const BlockKind kind;
};

/// 4096 bytes, whatever the block size; its check covers them all.
struct XattrBucket {
  XattrHeader header;
  static const BlockKind kind;
};

/// What differs between containers.
enum class XattrContainer : u8 { inline_area, block, bucket };
/// Judges a container that begins with its header: counts, places and forms of entries, order in buckets.
void judge_xattr_container(ConstBytes container, XattrContainer form, const Place& place,
                           Judgement& judgement);
/// Shows header, entries, names and value roots.
void describe_xattr_container(ConstBytes container, const std::string& prefix, const FieldVisitor& visit);

/// One entry of an ACL, whose value is an array of these.
struct AclEntry {
  static constexpr u32 no_id = 0xFFFFFFFF;

  le16 tag;          ///< AclTag
  le16 permissions;  ///< 1 execute, 2 write, 4 read
  le32 id;           ///< user or group, no_id when the tag has none
};
enum class AclTag : u16 { user_object = 1, user = 2, group_object = 4, group = 8, mask = 0x10, other = 0x20 };

template <>
struct FieldTable<XattrEntry> {
  using Self = XattrEntry;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, name_hash, "xe_name_hash", hex),
      OCFS2_FIELD(0x4, name_offset, "xe_name_offset", number),
      OCFS2_FIELD(0x6, name_length, "xe_name_len", number),
      OCFS2_FIELD(0x7, type_and_local, "xe_type", hex),
      OCFS2_FIELD(0x8, value_size, "xe_value_size", number),
  };
};
static_assert(tiles(fields_of<XattrEntry>, sizeof(XattrEntry)));

template <>
struct FieldTable<XattrHeader> {
  using Self = XattrHeader;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, count, "xh_count", number),
      OCFS2_FIELD(0x2, free_start, "xh_free_start", number),
      OCFS2_FIELD(0x4, name_value_bytes, "xh_name_value_len", number),
      OCFS2_FIELD(0x6, buckets, "xh_num_buckets", number),
      OCFS2_FIELD(0x8, check, "xh_check", structure),
  };
};
static_assert(tiles(fields_of<XattrHeader>, sizeof(XattrHeader)));

template <>
struct FieldTable<XattrValueRoot> {
  using Self = XattrValueRoot;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, clusters, "xr_clusters", number),
      OCFS2_FIELD(0x04, reserved, "xr_reserved0", reserved),
      OCFS2_FIELD(0x08, last_extent_block, "xr_last_eb_blk", block),
      OCFS2_FIELD(0x10, list, "xr_list", structure),
      OCFS2_FIELD(0x20, record, "l_recs[0]", structure),
  };
};
static_assert(tiles(fields_of<XattrValueRoot>, sizeof(XattrValueRoot)));

template <>
struct FieldTable<XattrTreeRoot> {
  using Self = XattrTreeRoot;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, clusters, "xt_clusters", number),
      OCFS2_FIELD(0x04, reserved, "xt_reserved0", reserved),
      OCFS2_FIELD(0x08, last_extent_block, "xt_last_eb_blk", block),
      OCFS2_FIELD(0x10, list, "xt_list", structure),
  };
};
static_assert(tiles(fields_of<XattrTreeRoot>, sizeof(XattrTreeRoot)));

/// The row "xb_attrs" stands for a header or a tree root; XattrBlock::kind's description shows the one that
/// is meant.
template <>
struct FieldTable<XattrBlock> {
  using Self = XattrBlock;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, signature, "xb_signature", text),
      OCFS2_FIELD(0x08, suballoc_slot, "xb_suballoc_slot", number),
      OCFS2_FIELD(0x0A, suballoc_bit, "xb_suballoc_bit", number),
      OCFS2_FIELD(0x0C, fs_generation, "xb_fs_generation", hex),
      OCFS2_FIELD(0x10, block, "xb_blkno", block),
      OCFS2_FIELD(0x18, check, "xb_check", structure),
      OCFS2_FIELD(0x20, flags, "xb_flags", hex),
      OCFS2_FIELD(0x22, reserved1, "xb_reserved0", reserved),
      OCFS2_FIELD(0x24, reserved2, "xb_reserved1", reserved),
      OCFS2_FIELD(0x28, suballoc_group, "xb_suballoc_loc", block),
      OCFS2_FIELD(0x30, root, "xb_attrs", structure),
  };
};
static_assert(tiles(fields_of<XattrBlock>, sizeof(XattrBlock)));

template <>
struct FieldTable<AclEntry> {
  using Self = AclEntry;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, tag, "e_tag", hex),
      OCFS2_FIELD(0x2, permissions, "e_perm", number),
      OCFS2_FIELD(0x4, id, "e_id", number),
  };
};
static_assert(tiles(fields_of<AclEntry>, sizeof(AclEntry)));

}  // namespace ocfs2
