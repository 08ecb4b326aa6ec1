// SPDX-License-Identifier: GPL-2.0-or-later
//
// A POSIX access control list as setxattr(2) takes it: a version, then entries of tag, permissions and id.
#pragma once

#include "tests/posix/basics.h"

namespace ocfs2::probe {

inline constexpr char access_list_name[] = "system.posix_acl_access";
inline constexpr char default_list_name[] = "system.posix_acl_default";

class AccessListBytes {
 public:
  static constexpr u64 owner = 1, user = 2, group = 4, named_group = 8, mask = 16, other = 32;
  static constexpr u32 nobody = 0xFFFFFFFF;

  AccessListBytes() { put(2, 4); }
  /// Entries in this order: owner, users, group, named groups, mask, other; ids going up.
  AccessListBytes& add(u64 tag, u64 permissions, u32 id = nobody) {
    put(tag, 2);
    put(permissions, 2);
    put(id, 4);
    return *this;
  }
  const char* data() const { return bytes_.data(); }
  u64 size() const { return bytes_.size(); }
  const std::string& bytes() const { return bytes_; }

 private:
  void put(u64 value, int count) {
    for (int byte = 0; byte < count; ++byte) bytes_.push_back(static_cast<char>(value >> 8 * byte));
  }
  std::string bytes_;
};

}  // namespace ocfs2::probe
