// SPDX-License-Identifier: GPL-2.0-or-later
//
// How small a volume can become: what lies where, in numbers, and whether what is behind a given end fits
// before it.
#pragma once

#include <vector>

#include "engine/tune/tail.h"

namespace ocfs2 {

class ShrinkSurvey {
 public:
  /// Reads the descriptors of all groups. Throws Error(corrupt).
  explicit ShrinkSurvey(Volume& volume);

  /// Whether everything at `end` and behind fits before it, with what moving costs in metadata; a volume that
  /// is badly fragmented may need less than is asked for here.
  bool fits(u32 end);
  /// The smallest end that fits, the volume's own when none does.
  u32 minimum();

 private:
  /// A group of an allocator of inodes or metadata.
  struct Group {
    SystemFile file;
    bool takes;  ///< it belongs to the allocator from which new blocks come
    BlockNo end;
    u32 used, free;  ///< blocks, the descriptor left out
  };
  struct Free {
    u64 clusters = 0, runs = 0;
  };
  Free free_in(u32 group, u32 bits);
  Free free_below(u32 end);
  u64 fixed_behind(u32 end) const;
  u64 clusters_for(SystemFile file, u64 more, BlockNo end) const;

  Volume& volume_;
  u32 least_ = 0;                  ///< clusters: behind them nothing lies that cannot move
  std::vector<Free> free_before_;  ///< in the cluster groups before one; one more than there are
  std::vector<Group> groups_;
  std::vector<BlockRun> suballocated_;  ///< pieces of all groups of inodes and metadata
};

}  // namespace ocfs2
