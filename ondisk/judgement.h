// SPDX-License-Identifier: GPL-2.0-or-later
//
// A judge tells what is wrong with a structure by itself: from its own bytes, its place, and the few facts
// that every block of the volume must agree with. The same judge runs when a block is read and before it is
// written. What needs other blocks to be known (a bit in a bitmap, a link count) is fsck's business, not a
// judge's.
#pragma once

#include <string_view>
#include <vector>

#include "ondisk/describe.h"
#include "ondisk/features.h"
#include "ondisk/geometry.h"

namespace ocfs2 {

/// What the superblock says and every other block must agree with.
struct VolumeFacts {
  Geometry geometry;
  Features features;
  u32 generation = 0;  ///< s_fs_generation: repeated in every metadata block
  u32 max_slots = 0;   ///< 1 … 255; 0 on a heartbeat device
  u32 uuid_hash = 0;   ///< seed of the xattr hash and fourth word of the directory hash
  std::array<u32, 3> index_seeds{};  ///< s_dx_seed
};

/// Where a structure was found.
struct Place {
  const VolumeFacts& volume;
  BlockNo block;

  const Geometry& geometry() const { return volume.geometry; }
};

/// One thing that is wrong: "field: rule (found, expected)".
struct Fault {
  std::string_view field;  ///< the established field name
  std::string_view rule;   ///< "must be", "must be at most", or a sentence of its own
  u64 found;
  u64 expected;
};

/// Collects faults. Costs nothing while there are none.
class Judgement {
 public:
  void equal(std::string_view field, u64 found, u64 expected) {
    if (found != expected) faults_.push_back({field, "must be", found, expected});
  }
  void at_most(std::string_view field, u64 found, u64 limit) {
    if (found > limit) faults_.push_back({field, "must be at most", found, limit});
  }
  void at_least(std::string_view field, u64 found, u64 limit) {
    if (found < limit) faults_.push_back({field, "must be at least", found, limit});
  }
  /// `rule` says what holds in a sound structure, as in "lies inside the volume".
  void holds(bool condition, std::string_view field, std::string_view rule, u64 found = 0) {
    if (!condition) faults_.push_back({field, rule, found, 0});
  }

  bool clean() const { return faults_.empty(); }
  const std::vector<Fault>& faults() const { return faults_; }

 private:
  std::vector<Fault> faults_;
};

/// A kind of block: what a cache or a transaction has to know to treat bytes as that structure.
struct BlockKind {
  static constexpr s32 no_check = 0x7FFFFFFF;

  std::string_view name;        ///< for people: "group descriptor"
  s32 check_offset = no_check;  ///< of the BlockCheck; negative: from the end
  /// Null: nothing to judge.
  void (*judge)(ConstBytes block, const Place&, Judgement&) = nullptr;
  /// Shows every field of the block, variable records included; null: it has none. Call it through
  /// describe().
  void (*describe)(ConstBytes block, const FieldVisitor&) = nullptr;
  u32 region_bytes = 0;  ///< what the check covers when that is not one block; 0: one block
};

}  // namespace ocfs2
