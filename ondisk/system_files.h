// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files that the file system keeps for itself in its system directory (spec: ondisk.md 1.6): their names,
// which exist once and which for each slot, and how their inodes are marked. They are always looked up by
// name: kernel and tools number them differently.
#pragma once

#include <string>
#include <string_view>

#include "ondisk/features.h"
#include "ondisk/inode.h"

namespace ocfs2 {

enum class SystemFile : u8 {
  bad_blocks,
  global_inode_alloc,
  slot_map,
  heartbeat,
  global_bitmap,
  user_quota,
  group_quota,
  orphan_dir,
  extent_alloc,
  inode_alloc,
  journal,
  local_alloc,
  truncate_log,
  local_user_quota,
  local_group_quota,
};

struct SystemFileRow {
  SystemFile file;
  std::string_view name;  ///< without the slot
  bool per_slot;
  u32 flags;       ///< i_flags beside VALID and SYSTEM
  Features needs;  ///< exists only on volumes with these
};

/// In the order in which mkfs numbers them.
inline constexpr SystemFileRow system_files[] = {
    {SystemFile::bad_blocks, "bad_blocks", false, 0, {}},
    {SystemFile::global_inode_alloc, "global_inode_alloc", false, inode_flag::bitmap | inode_flag::chain, {}},
    {SystemFile::slot_map, "slot_map", false, 0, {}},
    {SystemFile::heartbeat, "heartbeat", false, inode_flag::heartbeat, {}},
    {SystemFile::global_bitmap, "global_bitmap", false, inode_flag::bitmap | inode_flag::chain, {}},
    {SystemFile::user_quota, "aquota.user", false, inode_flag::quota, feature::usrquota},
    {SystemFile::group_quota, "aquota.group", false, inode_flag::quota, feature::grpquota},
    {SystemFile::orphan_dir, "orphan_dir", true, 0, {}},
    {SystemFile::extent_alloc, "extent_alloc", true, inode_flag::bitmap | inode_flag::chain, {}},
    {SystemFile::inode_alloc, "inode_alloc", true, inode_flag::bitmap | inode_flag::chain, {}},
    {SystemFile::journal, "journal", true, inode_flag::journal, {}},
    {SystemFile::local_alloc, "local_alloc", true, inode_flag::bitmap | inode_flag::local_alloc, {}},
    {SystemFile::truncate_log, "truncate_log", true, inode_flag::truncate_log, {}},
    {SystemFile::local_user_quota, "aquota.user", true, inode_flag::quota, feature::usrquota},
    {SystemFile::local_group_quota, "aquota.group", true, inode_flag::quota, feature::grpquota},
};

constexpr const SystemFileRow& row_of(SystemFile file) { return system_files[static_cast<u8>(file)]; }

/// Rows of the table, once or for each slot, whatever the features.
constexpr u32 system_file_count(u32 slots) {
  u32 count = 0;
  for (const SystemFileRow& row : system_files) count += row.per_slot ? slots : 1;
  return count;
}
/// Blocks that mkfs gives the global inode allocator: room for the files of 32 slots at least.
constexpr u32 system_inode_blocks(u32 slots) {
  constexpr u32 beside_files = 6, slots_provided_for = 32;
  return beside_files + system_file_count(slots < slots_provided_for ? slots_provided_for : slots);
}

/// The file's name in the system directory: "global_bitmap", "journal:0003". `slot` counts only for per-slot
/// files.
inline std::string system_file_name(SystemFile file, u32 slot = 0) {
  const SystemFileRow& row = row_of(file);
  std::string name(row.name);
  if (!row.per_slot) return name;
  const std::string digits = std::to_string(slot);
  return name + ":" + std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
}

}  // namespace ocfs2
