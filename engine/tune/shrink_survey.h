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
  bool fits(u32 end) { return fits(end, 1); }
  /// The smallest end that fits, the volume's own when none does. With more to spare than `fits` asks for, so
  /// that it still fits when the work was cut off on its way there, and is begun again.
  u32 minimum();
  /// Blocks that moving takes from the extent allocator.
  u64 metadata_blocks(u32 end) { return metadata_blocks(needs(end), 1); }

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
    u64 groups = 0;  ///< of blocks, that fit in without being divided
    Free& operator+=(const Free& other);
  };
  struct Needs {
    Free free;         ///< before the end
    u64 clusters = 0;  ///< behind it, which move
    BlockNo end;
  };
  bool fits(u32 end, u32 care);
  Needs needs(u32 end);
  u64 metadata_blocks(const Needs& needs, u32 care) const;
  Free free_in(u32 group, u32 bits);
  Free free_below(u32 end);
  u64 fixed_behind(u32 end) const;
  u64 blocks_behind_in(SystemFile file, BlockNo end) const;
  u64 clusters_for(SystemFile file, u64 blocks, BlockNo end) const;

  Volume& volume_;
  u32 least_ = 0;                  ///< clusters: behind them nothing lies that cannot move
  std::vector<Free> free_before_;  ///< in the cluster groups before one; one more than there are
  std::vector<Group> groups_;
  std::vector<BlockRun> suballocated_;  ///< pieces of all groups of inodes and metadata
};

}  // namespace ocfs2
