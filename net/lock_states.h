// SPDX-License-Identifier: GPL-2.0-or-later
//
// The locks of a mounted volume as the kernel shows them in debugfs: what the file system knows of each
// (ocfs2/UUID/locking_state) and what o2dlm does (o2dlm/UUID/locking_state). Lines of text with a version of
// their own; each reader knows all versions up to the newest there is (spec: commands.md 4.2).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocfs2 {

inline constexpr std::size_t lock_value_bytes = 64;
using LockValue = std::array<std::uint8_t, lock_value_bytes>;

struct LockMode {
  int number;
  std::string_view name;        ///< as fs_locks says it
  std::string_view short_name;  ///< as dlm_locks says it; empty where that shows the number
};
inline constexpr LockMode lock_modes[] = {{-1, "Invalid", ""},
                                          {0, "No Lock", "NL"},
                                          {1, "Concurrent Read", ""},
                                          {2, "Concurrent Write", ""},
                                          {3, "Protected Read", "PR"},
                                          {4, "Protected Write", ""},
                                          {5, "Exclusive", "EX"}};

struct LockFlag {
  std::uint64_t bit;
  std::string_view name;
};

/// How often a mode was asked for, and how long that took.
struct LockWaits {
  std::uint64_t gets = 0;
  std::uint32_t fails = 0;
  std::uint64_t total_ns = 0;
  std::uint32_t longest_us = 0;
  std::uint64_t last_us = 0;  ///< since 1970; from version 4 on
};

/// A line of ocfs2/UUID/locking_state.
struct FileSystemLock {
  static constexpr unsigned newest = 4;
  static constexpr std::uint64_t busy = 0x2;
  static constexpr LockFlag flags_shown[] = {
      {0x40, "Initialized"},    {0x1, "Attached"},    {0x2, "Busy"},     {0x4, "Blocked"}, {0x8, "Local"},
      {0x10, "Needs Refresh"}, {0x20, "Refreshing"}, {0x80, "Freeing"}, {0x100, "Queued"}};
  static constexpr std::string_view actions[] = {"None", "Attach", "Convert", "Downconvert"};
  static constexpr std::string_view unlock_actions[] = {"None", "Cancel Convert", "Drop Lock"};

  unsigned version = 0;
  std::string name{};
  int mode = 0;
  std::uint64_t flags = 0;
  unsigned action = 0, unlock_action = 0, readers = 0, writers = 0;
  int requested = 0, blocking = 0;
  LockValue value{};
  LockWaits shared{}, exclusive{};  ///< from version 2 on
  std::uint32_t refreshes = 0;      ///< of the inode from disk; from version 2 on
  std::uint64_t first_wait_us = 0;  ///< since 1970, 0 for none; from version 4 on
};

/// What the value of a metadata lock says of its inode, so that the next holder need not read it.
struct InodeLockValue {
  static constexpr unsigned newest = 5;

  std::uint32_t version, clusters, uid, gid;
  std::uint64_t size, atime_packed, ctime_packed, mtime_packed;
  std::uint16_t mode, links;
};

/// Nothing when the line is none, or of a version that is not known yet.
std::optional<FileSystemLock> parse_file_system_lock(std::string_view line);
/// Nothing when it holds none that is known.
std::optional<InodeLockValue> inode_lock_value(const LockValue& value);

/// A lock that a node has, or wants, on a resource.
struct DlmLock {
  static constexpr std::string_view queues[] = {"Granted", "Converting", "Blocked"};

  unsigned queue = 0;
  int mode = 0, wanted = 0;  ///< wanted: -1 unless it is being converted
  unsigned node = 0;
  std::uint32_t cookie_node = 0;
  std::uint64_t cookie_number = 0;
  bool ast_listed = false, bast_listed = false;
  bool ast_pending = false, bast_pending = false, convert_pending = false, lock_pending = false,
       cancel_pending = false, unlock_pending = false;
  std::uint32_t references = 0;
};

/// A resource of o2dlm: its master, its value and its queues.
struct DlmResource {
  static constexpr unsigned newest = 1;  ///< version of both kinds of lines
  static constexpr LockFlag states[] = {
      {0x1, "Uninitialized"}, {0x2, "Recovering"}, {0x4, "Ready"},        {0x8, "Dirty"},
      {0x10, "InProgress"},   {0x20, "Migrating"}, {0x40, "DroppingRef"}, {0x1000, "BlockDirty"},
      {0x2000, "SetRefInProg"}};

  std::string name{};
  unsigned owner = 0, state = 0;
  std::uint64_t last_used = 0;  ///< in ticks of the kernel
  bool on_purge_list = false, on_dirty_list = false, on_recovery_list = false, migration_pending = false;
  std::uint32_t inflight = 0, asts_reserved = 0, references = 0;
  std::string nodes{};  ///< that hold a reference: "0 1 "
  std::string value{};  ///< its bytes in hexadecimal, as far as they were told
  std::vector<DlmLock> locks{};
};

/// Reads the whole text and gives each resource to `use`, which says whether to go on. Returns how many lines
/// were passed over because they make no sense or are of a version that is not known yet.
std::size_t each_dlm_resource(std::string_view text, const std::function<bool(const DlmResource&)>& use);

}  // namespace ocfs2
