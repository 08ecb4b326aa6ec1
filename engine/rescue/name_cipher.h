// SPDX-License-Identifier: GPL-2.0-or-later
//
// Other names for names: of the same length and looks (letters and digits become letters and digits, signs
// signs, bytes beyond ASCII such bytes), so that they take the same room. Within one key two different names
// never get the same one. It hides names from who has not got the key, which is made for one image and thrown
// away.
#pragma once

#include <string>
#include <string_view>

#include "ondisk/integers.h"

namespace ocfs2 {

class NameCipher {
 public:
  using Key = std::array<u64, 2>;
  explicit NameCipher(const Key& key) : key_(key) {}

  /// The next name on the round trip through all names that look like `name`. '/' and NUL stay. To get one
  /// that fulfils a wish, go on until it does: names that share the wish stay apart, too.
  std::string step(std::string_view name) const;
  /// Letters and digits that say nothing of any name. Numbers up to `numbered_names` have names of their own.
  std::string numbered(u64 number, std::size_t length) const;
  static u64 numbered_names(std::size_t length);
  /// Every part between slashes of a path, in place, up to the first NUL; what lies behind it becomes zero.
  void change_path(Bytes path) const;
  /// Another suffix of an attribute's name with the same hash, so that it stays where it is. Nothing when
  /// there is none: names of one byte.
  std::string attribute(std::string_view suffix, u32 hash, u32 uuid_hash) const;

 private:
  u64 mix(u64 value) const;
  u64 weight(std::size_t position, u8 byte) const;
  Key key_;
};

}  // namespace ocfs2
