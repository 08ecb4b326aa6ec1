// SPDX-License-Identifier: GPL-2.0-or-later
//
// How often each cluster that a set of inodes shares is referred to (spec: ondisk.md 9).
#pragma once

#include <functional>

#include "engine/volume/extent_tree.h"
#include "ondisk/refcount.h"

namespace ocfs2 {

class RefcountTree {
 public:
  /// The tree whose root is block `root`. Throws Error(corrupt) when that block is a leaf.
  RefcountTree(BlockCache& cache, BlockNo root);

  const RefcountBlock& root() const { return *root_; }
  /// Calls `use` with every record, in order of clusters, until it returns false. Throws Error(corrupt).
  void each(const std::function<bool(const RefcountRecord&)>& use) const;
  /// How many extents refer to `cluster`; 0 when the tree does not know it, which means that it is not
  /// shared.
  u32 references(ClusterNo cluster) const;

 private:
  BlockRef<RefcountBlock> leaf(const ExtentRun& run) const;
  ExtentTree tree() const;

  BlockCache& cache_;
  BlockRef<RefcountBlock> root_;
};

}  // namespace ocfs2
