// SPDX-License-Identifier: GPL-2.0-or-later
//
// A POSIX access control list (spec: ondisk.md 8.6): whom else than owner, group and others an inode lets do
// what. Programs hand it over behind a header of four bytes; the format has none.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "ondisk/integers.h"

namespace ocfs2 {

class AccessList {
 public:
  static constexpr std::string_view access_name = "system.posix_acl_access";
  static constexpr std::string_view default_name = "system.posix_acl_default";
  static bool is_name(std::string_view full_name) {
    return full_name == access_name || full_name == default_name;
  }

  /// Nothing when the bytes are none: unknown tags, an order that cannot be, no owner, group or others, named
  /// ones without a mask.
  static std::optional<AccessList> from_program(ConstBytes value);
  static std::optional<AccessList> from_disk(ConstBytes value);
  /// "user::rwx,user:1000:r--,group::r-x,mask::r-x,other::---", as archives have it, also in lines, with
  /// numbers behind names, and comments. Nothing for anything else, and where somebody has a name that
  /// `number_of` does not know.
  using NumberOf = std::function<std::optional<u32>(std::string_view kind, std::string_view name)>;
  static std::optional<AccessList> from_text(std::string_view text, const NumberOf& number_of);
  std::vector<u8> for_program() const;
  std::vector<u8> for_disk() const;

  /// The nine permission bits that it stands for.
  u16 permissions() const;
  /// True when it says no more than these bits do.
  bool is_minimal() const { return entries_.size() <= 3; }
  /// Owner, mask (or group) and others become what `mode` says: what chmod(2) does to a list.
  void set_permissions(u16 mode);
  /// The same, but only takes away: what becomes of a directory's default list for a file that a program
  /// wants to have `mode`.
  void limit_to(u16 mode);

 private:
  enum Tag : u16 { owner = 0x01, user = 0x02, group = 0x04, named_group = 0x08, mask = 0x10, others = 0x20 };
  struct Entry {
    u16 tag;
    u16 permissions;
    u32 id;
  };
  static std::optional<AccessList> from_entries(ConstBytes value);
  bool is_possible() const;
  const Entry* find(u16 tag) const;
  u16& of(u16 tag);
  u16& of_group_bits() { return of(find(mask) != nullptr ? mask : group); }

  std::vector<Entry> entries_;
};

}  // namespace ocfs2
