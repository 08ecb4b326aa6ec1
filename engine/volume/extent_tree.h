// SPDX-License-Identifier: GPL-2.0-or-later
//
// From an offset to the clusters that hold it, whoever owns the tree: an inode's data, the value of an
// attribute, the buckets of attributes, the leaves of a directory index, the leaves of a refcount tree (spec:
// ondisk.md 4).
//
// A tree on disk may be damaged in any way. Every block is judged by the cache; the walk adds what needs two
// blocks to be known: that each level is one less deep than the one above, that nothing is reached twice,
// that offsets only grow. So it ends, and meets every block once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/io/block_cache.h"
#include "ondisk/index.h"
#include "ondisk/inode.h"

namespace ocfs2 {

class Transaction;

/// Consecutive clusters in consecutive places.
struct ExtentRun {
  u64 cpos = 0;      ///< first logical cluster, or the tree's other key
  u64 clusters = 0;  ///< length
  BlockNo block;     ///< where it begins
  u8 flags = 0;      ///< ExtentRecord's

  u64 end() const { return cpos + clusters; }
  bool unwritten() const { return (flags & ExtentRecord::unwritten) != 0; }
};

class ExtentTree {
 public:
  /// A tree whose root list is `root`, bytes from the list's first to the end of its room. They are copied as
  /// far as they are used. `owner` names the tree in messages: "inode 17".
  ExtentTree(BlockCache& cache, ConstBytes root, std::string owner);
  /// The same as `transaction` sees it, with its own changes. It must outlive the tree.
  ExtentTree(const Transaction& transaction, ConstBytes root, std::string owner);

  static ExtentTree of(BlockCache& cache, const BlockRef<Inode>& inode);  ///< the data of a file or directory
  static ExtentTree of(BlockCache& cache, const BlockRef<IndexRoot>& root);  ///< keyed by major hash

  u32 depth() const { return header().tree_depth; }

  /// What holds `cpos`: a run that begins there, or, over a hole, nothing.
  std::optional<ExtentRun> find(u32 cpos) const;
  /// The last run that begins at or before `cpos`, whether or not it reaches it: what trees keyed by hashes
  /// mean.
  std::optional<ExtentRun> last_at_or_before(u32 cpos) const;

  /// Calls `use` with every run that is not empty, in order of offsets, until it returns false. Throws
  /// Error(corrupt) naming owner and block, Error(io).
  void each_run(const std::function<bool(const ExtentRun&)>& use) const;
  /// Calls `use` with every extent block below the root, parents before children.
  void each_block(const std::function<void(const BlockRef<ExtentBlock>&)>& use) const;

 private:
  struct Walk;
  const ExtentList& header() const { return as<ExtentList>(ConstBytes(root_)); }
  BlockRef<ExtentBlock> child(BlockNo block, u32 depth) const;
  bool walk(ConstBytes list, Walk& state) const;
  bool walk_records(ConstBytes list, Walk& state) const;

  BlockCache& cache_;
  const Transaction* transaction_ = nullptr;
  std::vector<u8> root_;
  std::string owner_;
};

}  // namespace ocfs2
