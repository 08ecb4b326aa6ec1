// SPDX-License-Identifier: GPL-2.0-or-later
//
// The names that OCFS2 gives its locks: a letter, what it is about and, where inodes come again, the
// generation (spec: cluster.md G1, commands.md 4.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ocfs2 {

struct LockName {
  char type = 'M';               ///< one of lock_types
  std::uint64_t block = 0;       ///< the inode, or what else it is about
  std::uint32_t generation = 0;  ///< of an inode; dentry locks have none
  std::uint64_t parent = 0;      ///< dentry locks: the directory
};

struct LockType {
  char letter;
  std::string_view name;
};
inline constexpr LockType lock_types[] = {
    {'M', "Meta"},       {'D', "Data"},     {'S', "Super"}, {'R', "Rename"}, {'W', "Write/Read"},
    {'N', "Dentry"},     {'O', "Open"},     {'F', "Flock"}, {'Q', "Quota"},  {'Y', "NFSSync"},
    {'P', "OrphanScan"}, {'T', "Refcount"}, {'X', "TrimFs"}};

/// As people see it: the inode of a dentry lock, which the kernel has in binary, is in hexadecimal.
std::string encode_lock_name(const LockName& name);
/// Nothing when it is none.
std::optional<LockName> decode_lock_name(std::string_view text);

}  // namespace ocfs2
