// SPDX-License-Identifier: GPL-2.0-or-later
//
// Checks the blocks of one refcount tree by themselves: root, extent blocks and leaves, and the order of
// their records (spec: ondisk.md 9, 14.71 and 72). Whether the counts are right is refcount_check.cc's
// business.
#pragma once

#include "engine/check/block_source.h"
#include "engine/check/examiner.h"
#include "engine/check/survey.h"
#include "ondisk/refcount.h"

namespace ocfs2 {

/// Consecutive clusters that are referred to equally often.
struct CountedRun {
  u64 first = 0;
  u64 end = 0;
  u32 references = 0;
  bool operator==(const CountedRun&) const = default;
};

/// What became of a tree's blocks.
struct RefcountBlocks {
  std::vector<CountedRun> records;    ///< those that count, in order
  Harvest harvest;                    ///< the blocks, root included
  bool mended = false;                ///< something was mended: what follows from it needs no question
  bool unsound = false;               ///< something stays wrong: the records prove nothing
  const Problem* given_up = nullptr;  ///< parts were, for this: the tree is to be built anew from the extents
};

/// Whether a block can be the root of a refcount tree.
bool looks_like_refcount_root(const RefcountBlock& block);

/// Examines the tree below `root`, which looks like one. `owner` is an inode that uses it.
RefcountBlocks examine_refcount_blocks(Patient<RefcountBlock>& root, InodeNo owner, Examiner& examiner,
                                       BlockSource& source);

}  // namespace ocfs2
