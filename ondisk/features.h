// SPDX-License-Identifier: GPL-2.0-or-later
//
// Feature bits of the superblock, their names on command lines and in listings, and which need which
// (spec: ondisk.md 2.1, 2.2; commands.md 0.5).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ondisk/integers.h"

namespace ocfs2 {

/// The three feature words. A kernel may ignore an unknown compat bit, must not write with an unknown
/// ro_compat bit, and must not mount with an unknown incompat bit.
struct Features {
  u32 compat = 0;
  u32 incompat = 0;
  u32 ro_compat = 0;

  constexpr bool operator==(const Features&) const = default;
  constexpr Features operator|(const Features& other) const {
    return {compat | other.compat, incompat | other.incompat, ro_compat | other.ro_compat};
  }
  constexpr Features without(const Features& other) const {
    return {compat & ~other.compat, incompat & ~other.incompat, ro_compat & ~other.ro_compat};
  }
  constexpr Features operator&(const Features& other) const {
    return {compat & other.compat, incompat & other.incompat, ro_compat & other.ro_compat};
  }
  constexpr bool empty() const { return (compat | incompat | ro_compat) == 0; }
  /// True when every bit of `wanted` is set.
  constexpr bool has(const Features& wanted) const { return wanted.without(*this).empty(); }
};

namespace feature {
inline constexpr Features backup_super{.compat = 0x1};
inline constexpr Features strict_journal_super{.compat = 0x2};
inline constexpr Features heartbeat_device{.incompat = 0x2};
inline constexpr Features aborted_resize{.incompat = 0x4};
inline constexpr Features local{.incompat = 0x8};
inline constexpr Features sparse{.incompat = 0x10};
inline constexpr Features aborted_tunefs{.incompat = 0x20};
inline constexpr Features inline_data{.incompat = 0x40};
inline constexpr Features userspace_stack{.incompat = 0x80};
inline constexpr Features extended_slotmap{.incompat = 0x100};
inline constexpr Features xattr{.incompat = 0x200};
inline constexpr Features indexed_dirs{.incompat = 0x400};
inline constexpr Features metaecc{.incompat = 0x800};
inline constexpr Features refcount{.incompat = 0x1000};
inline constexpr Features discontig_bg{.incompat = 0x2000};
inline constexpr Features clusterinfo{.incompat = 0x4000};
inline constexpr Features append_dio{.incompat = 0x8000};
inline constexpr Features unwritten{.ro_compat = 0x1};
inline constexpr Features usrquota{.ro_compat = 0x2};
inline constexpr Features grpquota{.ro_compat = 0x4};
}  // namespace feature

struct FeatureName {
  std::string_view name;
  Features bits;
  bool settable;  ///< may be named in --fs-features
};

/// In the order in which listings print them.
inline constexpr FeatureName feature_names[] = {
    {"heartbeat-device", feature::heartbeat_device, false},
    {"aborted-resize", feature::aborted_resize, false},
    {"local", feature::local, true},
    {"sparse", feature::sparse, true},
    {"extended-slotmap", feature::extended_slotmap, true},
    {"aborted-tunefs", feature::aborted_tunefs, false},
    {"userspace-stack", feature::userspace_stack, false},
    {"backup-super", feature::backup_super, true},
    {"unwritten", feature::unwritten, true},
    {"inline-data", feature::inline_data, true},
    {"strict-journal-super", feature::strict_journal_super, false},
    {"metaecc", feature::metaecc, true},
    {"xattr", feature::xattr, true},
    {"indexed-dirs", feature::indexed_dirs, true},
    {"usrquota", feature::usrquota, true},
    {"grpquota", feature::grpquota, true},
    {"refcount", feature::refcount, true},
    {"discontig-bg", feature::discontig_bg, true},
    {"clusterinfo", feature::clusterinfo, true},
    {"append-dio", feature::append_dio, true},
};

/// Every bit that this program understands.
constexpr Features known_features() {
  Features all;
  for (const FeatureName& row : feature_names) all = all | row.bits;
  return all;
}
/// The bits of `features` that this program does not understand.
constexpr Features unknown_bits(const Features& features) { return features.without(known_features()); }

/// Where a new volume's features begin.
enum class FeatureLevel { max_compat, default_features, max_features };
Features features_of(FeatureLevel level);
/// "max-compat", "default" or "max-features".
std::optional<FeatureLevel> parse_feature_level(std::string_view name);

/// What a command line asks for: `set` and `clear` are disjoint, and closed under dependency.
struct FeatureRequest {
  Features set;
  Features clear;

  constexpr Features applied_to(const Features& features) const { return features.without(clear) | set; }
};

/// Why a list of features cannot be: what is wrong, and the word of the list that shows it.
struct FeatureListError {
  enum class Kind { unknown_name, conflict } kind;
  std::string word;
};

/// Reads a comma-separated list of names, each perhaps with a prefix "no". A feature brings what it needs
/// (unwritten: sparse), clearing one clears what needs it; asking for both, directly or so, is a conflict.
std::variant<FeatureRequest, FeatureListError> parse_feature_list(std::string_view list);

/// What `features` need and do not have: unwritten needs sparse.
Features missing_dependencies(const Features& features);

/// The names of the set bits in listing order, each followed by a blank; "unknown " when a bit has no name.
std::string feature_list_text(const Features& features);

}  // namespace ocfs2
