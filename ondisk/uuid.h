// SPDX-License-Identifier: GPL-2.0-or-later
//
// The volume's UUID as text and as a hash (spec: ondisk.md 2 and 2.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ondisk/integers.h"

namespace ocfs2 {

using Uuid = std::array<u8, 16>;

/// Reads 32 hex digits, or 36 characters with hyphens after digits 8, 12, 16 and 20; upper and lower case.
std::optional<Uuid> parse_uuid(std::string_view text);
/// 32 upper-case hex digits, as listings and the cluster know it: 178BDC83D50241EF94EB474A677D498B.
std::string uuid_text(const Uuid& uuid);
/// 36 lower-case characters, as /dev/disk/by-uuid has it: 178bdc83-d502-41ef-94eb-474a677d498b.
std::string uuid_hyphenated(const Uuid& uuid);

/// The fold that format time stores in s_uuid_hash. Later it is a seed in its own right and never
/// recalculated.
constexpr u32 uuid_hash(const Uuid& uuid) {
  u32 hash = 0;
  for (const u8 byte : uuid) hash = (hash << 5) ^ (hash >> 27) ^ byte;
  return hash;
}

}  // namespace ocfs2
