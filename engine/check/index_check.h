// SPDX-License-Identifier: GPL-2.0-or-later
//
// The index of a directory (spec: ondisk.md 7.4, 14.60 to 63). All that is in it follows from the entries of
// the directory. So beside the fields of its root nothing in it is mended bit by bit: whatever is wrong, the
// index is one fault, and is thrown away and made anew.
#pragma once

#include <string>

#include "engine/check/directory_names.h"
#include "engine/check/extent_check.h"

namespace ocfs2 {

/// Why an index must be made anew.
struct IndexFault {
  const Problem* problem = nullptr;  ///< null: all is well
  std::string detail;
  explicit operator bool() const { return problem != nullptr; }
};

/// An index as far as it can be followed from its root.
struct IndexWalk {
  std::optional<Patient<IndexRoot>> root;
  IndexFault fault;               ///< of root or tree
  TreeSummary tree;               ///< where it has one
  std::vector<ExtentRun> leaves;  ///< by ascending hash
  Harvest claims;                 ///< the clusters and blocks that the index takes

  bool is_inline() const { return (*root)->is_inline(); }
};
IndexWalk walk_index(InodeNo directory, BlockNo root, BlockSource& source);

/// What the leaves of a sound tree, or the entries in its root, say against `names`, which are all names of
/// the directory, settled.
IndexFault compare_index(const IndexWalk& walk, InodeNo directory, const DirectoryNames& names,
                         BlockSource& source);

/// Whether the root records where in an extent allocator it lies.
void examine_index_origin(IndexWalk& walk, InodeNo directory, const BlockLedger& ledger, Examiner& examiner);

}  // namespace ocfs2
