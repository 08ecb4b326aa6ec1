// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where so many clusters are free in a row, and as little more as may be: what is found takes the long runs
// last.
//
// Of each group of clusters only the length of its longest run is kept; its bitmap is looked at when its turn
// is. What was taken for later, and what is to be avoided, is not found.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "engine/volume/volume.h"
#include "ondisk/bitmap.h"

namespace ocfs2 {

class FreePlaces {
 public:
  /// Reads the descriptors of all groups. Throws Error(corrupt).
  explicit FreePlaces(Volume& volume);

  /// The length of the longest run; no run reaches into a second group.
  u64 longest() const { return by_length_.empty() ? 0 : by_length_.rbegin()->first; }
  /// The beginning of a run that is hardly longer, cut to that length, and taken. wanted ≥ 1.
  std::optional<BitRun> take(u64 wanted);
  /// Nothing is found in there from now on.
  void avoid(BitRun clusters);
  /// What was taken is in use by now, or given back, and these clusters were freed.
  void settle(const std::vector<BitRun>& freed);

 private:
  std::vector<u8> free_bits(u32 group) const;
  void look_at(u32 group);
  void keep_away(BitRun clusters, std::map<u64, u64>& from);

  Volume& volume_;
  std::vector<u32> longest_;                 ///< by group
  std::set<std::pair<u32, u32>> by_length_;  ///< longest run, group
  std::map<u64, u64> taken_, avoided_;       ///< first cluster and end, inside a group each
};

}  // namespace ocfs2
