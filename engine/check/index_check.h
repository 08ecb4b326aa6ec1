// SPDX-License-Identifier: GPL-2.0-or-later
//
// The index of a directory (spec: ondisk.md 7.4, 14.60 to 63). All that is in it follows from the entries of
// the directory. So nothing in it is mended bit by bit: whatever is wrong, the index is one fault, and is
// thrown away and made anew.
#pragma once

#include <string>

#include "engine/check/directory_names.h"
#include "engine/check/extent_check.h"

namespace ocfs2 {

/// An index as far as it can be followed from its root.
struct IndexWalk {
  std::optional<Patient<IndexRoot>> root;
  bool ours = false;              ///< the root block is the root of this directory's index, or was
  std::string damage;             ///< what is wrong with root or tree, in words; empty: nothing
  std::vector<ExtentRun> leaves;  ///< by ascending hash
  Harvest claims;                 ///< the clusters and blocks that the index takes

  bool is_inline() const { return (*root)->is_inline(); }
};
IndexWalk walk_index(InodeNo directory, BlockNo root, BlockSource& source);

/// What the leaves of a sound tree, or the entries in its root, say against `names`, which are all names of
/// the directory, settled. In words; empty: nothing.
struct IndexComparison {
  std::string damage;        ///< of a leaf
  std::string disagreement;  ///< with the names
};
IndexComparison compare_index(const IndexWalk& walk, InodeNo directory, const DirectoryNames& names,
                              BlockSource& source);

}  // namespace ocfs2
