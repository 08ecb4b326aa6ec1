// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damage on purpose: one row a damage, injected into a sound volume so that a checker can be tested, and its
// user trained, against a fault that is known. A damage is exactly one fault where the format allows that:
// what hangs on the damaged field (counters, checksums, indexes, bitmaps) is kept in agreement, so that the
// fault lies as deep as its name says.
//
// A seed chooses the victims: the same volume, damage and seed give the same bytes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/volume/volume.h"

namespace ocfs2 {

class Scene;

struct Damage {
  /// The number that test scripts have known it by for years; nothing for those that are new.
  std::optional<u32> number;
  std::string_view name;
  std::string_view codes;    ///< what a checker must tell of, the most telling first; blanks between
  std::string_view meaning;  ///< one line
  void (*inflict)(Scene&);
  Features needs{};         ///< works only on volumes with all of these
  Features lacks{};         ///< works only on volumes with none of these
  u32 slots = 1;            ///< works only on volumes with so many slots
  std::string_view mkfs{};  ///< options that a volume for it needs beside those that follow from the above
};

/// All damages: those with a number in order of numbers, then the others.
std::span<const Damage> damages();
/// The damage of that name, or of that number in decimal; null when there is none.
const Damage* find_damage(std::string_view name_or_number);
/// How many numbers are given out: 0 … damage_numbers − 1.
inline constexpr u32 damage_numbers = 135;

/// A code that is not among those that fsck has always known, and the invariant that it stands for.
struct NewCode {
  std::string_view code;
  std::string_view meaning;
};
std::span<const NewCode> new_codes();  ///< in alphabetical order

struct WreckRequest {
  u64 seed = 0;
  std::optional<u32> slot;  ///< whose allocator, journal, log is to be the victim
  std::string on;           ///< the system file that is to be the victim, by name; empty: as the damage likes
};

/// One field (or run of bytes) of one block.
struct Alteration {
  BlockNo block;
  std::string_view structure;  ///< "extent block"
  std::string field;           ///< "h_list.l_count", "bytes 64 to 71"
  std::string before, after;
};

/// A volume without a user's file offers few victims: one that can suffer `damage` is given some of every
/// kind (furnish.h). True when that was done. Throws Error(not_found) for a volume that cannot suffer it.
bool furnish_if_bare(BlockDevice& device, const Damage& damage);

/// Inflicts `damage` on the sound, unmounted volume on `device` and returns what it changed (checksums that
/// were only made to agree again are not told of, but for a block of which nothing else changed). Throws
/// Error(not_found) saying what the volume lacks when there is no victim; nothing is written then.
std::vector<Alteration> wreck(BlockDevice& device, const Damage& damage, const WreckRequest& request);

/// The mkfs.ocfs2 options that make a volume for `damage`.
std::string mkfs_options_for(const Damage& damage, std::optional<u32> slot);

}  // namespace ocfs2
