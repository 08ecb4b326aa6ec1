// SPDX-License-Identifier: GPL-2.0-or-later
//
// A set of blocks as the runs that it consists of: what an image holds of a volume. Metadata lies in runs,
// so a set takes a few kilobytes where a bitmap of the volume would take megabytes.
#pragma once

#include <optional>
#include <vector>

#include "ondisk/numbers.h"

namespace ocfs2 {

/// Consecutive blocks of a set.
struct StoredRun {
  BlockNo first;
  u64 count = 0;
  u64 rank = 0;  ///< how many blocks of the set lie before `first`

  BlockNo end() const { return first + count; }
};

class BlockSet {
 public:
  /// Adds blocks, also some that are there already. No sum may reach 2⁶⁴.
  void add(BlockNo first, u64 count);
  /// Sorts and joins what was added. What follows is true only after it.
  void settle();

  u64 count() const { return runs_.empty() ? 0 : runs_.back().rank + runs_.back().count; }
  const std::vector<StoredRun>& runs() const { return runs_; }
  /// The run that holds `block`, or the first one behind it; null when there is none.
  const StoredRun* at_or_after(BlockNo block) const;
  bool contains(BlockNo block) const;
  /// How many blocks of the set lie before `block`.
  u64 rank(BlockNo block) const;

 private:
  std::vector<StoredRun> runs_;
  std::size_t settled_ = 0;  ///< how many of the first runs are sorted and joined
};

}  // namespace ocfs2
