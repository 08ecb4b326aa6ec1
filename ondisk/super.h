// SPDX-License-Identifier: GPL-2.0-or-later
//
// The superblock: the part of block 2 that follows the inode header (spec: ondisk.md 2). The whole block is a
// SuperInode (super_inode.h).
#pragma once

#include "ondisk/judgement.h"
#include "ondisk/uuid.h"

namespace ocfs2 {

inline constexpr u16 revision_major = 0;
inline constexpr u16 revision_minor = 90;
inline constexpr u16 xattr_inline_size_default = 256;

struct SuperBlock {
  static constexpr u16 state_errors = 0x1;             ///< state: errors were seen, a check is due
  static constexpr u16 tunefs_removing_slots = 0x1;    ///< tunefs_flag
  static constexpr u16 tunefs_adding_trailers = 0x2;   ///< tunefs_flag
  static constexpr u8 stack_global_heartbeat = 0x1;    ///< stack_flags

  le16 major_revision;
  le16 minor_revision;
  le16 mount_count;
  le16 max_mount_count;  ///< a check is due beyond it, 0: never
  le16 state;
  le16 errors;
  le32 check_interval;   ///< seconds between forced checks, 0: none
  le64 last_check;
  le32 creator_os;
  le32 feature_compat;
  le32 feature_incompat;
  le32 feature_ro_compat;
  le64 root_inode;
  le64 system_dir_inode;
  le32 block_bits;
  le32 cluster_bits;
  le16 max_slots;
  le16 tunefs_flag;      ///< what was being done while aborted-tunefs is set
  le32 uuid_hash;        ///< seed of stored hashes; not always the hash of `uuid`
  le64 first_cluster_group;
  std::array<char, 64> label;         ///< may fill all 64
  Uuid uuid;
  /// No NUL; meaningful with userspace-stack or clusterinfo, as the next two.
  std::array<char, 4> cluster_stack;
  u8 stack_flags;
  std::array<u8, 3> reserved1;
  std::array<char, 16> cluster_name;  ///< may fill all 16
  le16 xattr_inline_size;             ///< 256 with the xattr feature, else 0
  le16 reserved2;
  std::array<le32, 3> index_seeds;    ///< of the directory hash; the fourth is uuid_hash
  std::array<u8, 120> reserved3;

  Features features() const { return {feature_compat, feature_incompat, feature_ro_compat}; }
  void set_features(const Features& features);
};

/// The characters of a text field up to its first NUL, if it has one.
template <std::size_t Size>
std::string_view text_of(const std::array<char, Size>& field) {
  const std::string_view all(field.data(), Size);
  return all.substr(0, all.find('\0'));
}
/// Stores as much of `text` as fits, padded with NULs.
template <std::size_t Size>
void set_text(std::array<char, Size>& field, std::string_view text) {
  field.fill('\0');
  std::copy_n(text.data(), std::min(Size, text.size()), field.begin());
}

template <>
struct FieldTable<SuperBlock> {
  using Self = SuperBlock;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, major_revision, "s_major_rev_level", number),
      OCFS2_FIELD(0x02, minor_revision, "s_minor_rev_level", number),
      OCFS2_FIELD(0x04, mount_count, "s_mnt_count", number),
      OCFS2_FIELD(0x06, max_mount_count, "s_max_mnt_count", number),
      OCFS2_FIELD(0x08, state, "s_state", hex),
      OCFS2_FIELD(0x0A, errors, "s_errors", number),
      OCFS2_FIELD(0x0C, check_interval, "s_checkinterval", number),
      OCFS2_FIELD(0x10, last_check, "s_lastcheck", seconds),
      OCFS2_FIELD(0x18, creator_os, "s_creator_os", number),
      OCFS2_FIELD(0x1C, feature_compat, "s_feature_compat", hex),
      OCFS2_FIELD(0x20, feature_incompat, "s_feature_incompat", hex),
      OCFS2_FIELD(0x24, feature_ro_compat, "s_feature_ro_compat", hex),
      OCFS2_FIELD(0x28, root_inode, "s_root_blkno", inode),
      OCFS2_FIELD(0x30, system_dir_inode, "s_system_dir_blkno", inode),
      OCFS2_FIELD(0x38, block_bits, "s_blocksize_bits", number),
      OCFS2_FIELD(0x3C, cluster_bits, "s_clustersize_bits", number),
      OCFS2_FIELD(0x40, max_slots, "s_max_slots", number),
      OCFS2_FIELD(0x42, tunefs_flag, "s_tunefs_flag", hex),
      OCFS2_FIELD(0x44, uuid_hash, "s_uuid_hash", hex),
      OCFS2_FIELD(0x48, first_cluster_group, "s_first_cluster_group", block),
      OCFS2_FIELD(0x50, label, "s_label", text),
      OCFS2_FIELD(0x90, uuid, "s_uuid", uuid),
      OCFS2_FIELD(0xA0, cluster_stack, "ci_stack", text),
      OCFS2_FIELD(0xA4, stack_flags, "ci_stackflags", hex),
      OCFS2_FIELD(0xA5, reserved1, "ci_reserved", reserved),
      OCFS2_FIELD(0xA8, cluster_name, "ci_cluster", text),
      OCFS2_FIELD(0xB8, xattr_inline_size, "s_xattr_inline_size", number),
      OCFS2_FIELD(0xBA, reserved2, "s_reserved0", reserved),
      OCFS2_FIELD(0xBC, index_seeds, "s_dx_seed", hex),
      OCFS2_FIELD(0xC8, reserved3, "s_reserved2", reserved),
  };
};
static_assert(tiles(fields_of<SuperBlock>, sizeof(SuperBlock)));
static_assert(sizeof(SuperBlock) == block_size_min - 0xC0);

}  // namespace ocfs2
