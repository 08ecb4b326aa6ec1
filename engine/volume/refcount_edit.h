// SPDX-License-Identifier: GPL-2.0-or-later
//
// Counting references to shared clusters up and down (spec: ondisk.md 9.2, 9.3). A cluster that the tree does
// not know has one owner and no record; sharing gives it a record, and the last one to leave takes it away.
//
// Records stand in the root until that is full, then in leaf blocks below an extent tree, which goes away
// again with the last record.
#pragma once

#include "engine/volume/extent_edit.h"

namespace ocfs2 {

class RefcountEdit {
 public:
  /// Clusters that may change at once so that a transaction stays bounded: longer runs are cut by the caller.
  static constexpr u32 clusters_max = ExtentEdit::shared_clusters_max;

  /// Edits the tree whose root is block `root` as a part of `transaction`. Blocks and clusters come from and
  /// go back to `space`.
  RefcountEdit(Transaction& transaction, Space& space, BlockNo root)
      : transaction_(transaction), space_(space), root_(root) {}

  /// Makes an empty tree that no inode belongs to yet; `generation` is random. Returns its root.
  static BlockNo create(Transaction& transaction, Space& space, u32 generation);

  /// One more reference to each of these clusters; those without a record get one that says 1. The extents
  /// that refer to them are flagged by the caller. Throws Error(corrupt), Error(no_space).
  void increment(ClusterNo first, u32 count);
  /// One less. Clusters that nobody refers to any more lose their record and are freed. Throws Error(corrupt)
  /// when the tree does not know one of them.
  void decrement(ClusterNo first, u32 count);
  /// One less where there are any, and nothing is freed: the clusters are somebody else's; for fsck.
  void withdraw(ClusterNo first, u32 count);
  /// Makes every cluster of the range have `references`, 0 for no record, whatever was there; for fsck.
  void set(ClusterNo first, u32 count, u32 references);

  struct Shares {
    u32 references = 0;  ///< 0: the tree does not know them
    u32 clusters = 0;
  };
  /// How many refer to cluster `first`, and for how many of the `count` clusters from there on that holds.
  Shares shares(ClusterNo first, u32 count);

  /// An inode begins to share through this tree: what else its i_refcount_loc says is the caller's business.
  void join();
  /// An inode has left; the last one takes the root with it. Returns false when that happened. Throws
  /// Error(corrupt) when the last one leaves records behind.
  bool leave();

 private:
  /// Consecutive clusters of equal count; 0: without a record.
  struct Counted {
    u64 first = 0;
    u64 end = 0;
    u32 references = 0;
  };
  using Change = std::function<u32(const Counted&)>;
  /// The block that holds the records around a cluster.
  struct Leaf {
    BlockNo block;
    u32 key = 0;  ///< in the root's tree
    u64 end = 0;  ///< where the next leaf's part begins
  };

  void change(ClusterNo first, u32 count, const Change& change);
  void change_in(const Leaf& leaf, u64 first, u64 end, const Change& change);
  Leaf leaf_for(u64 cluster);
  std::vector<Counted> load(BlockNo block) const;
  void store(BlockNo block, const std::vector<Counted>& records);
  void put(const Leaf& leaf, const std::vector<Counted>& records);
  Leaf add_leaf(u32 key, u64 end);
  Leaf become_tree();
  void remove_leaf(const Leaf& leaf);
  void rekey(Leaf& leaf, u32 key);
  u32 capacity() const { return space_.volume().geometry().refcount_records_per_block(); }
  ExtentEdit extents() const;

  Transaction& transaction_;
  Space& space_;
  BlockNo root_;
};

/// Takes what lies in [first, end) out of the tree at `root` and gives the clusters back; those of shared
/// extents by way of the refcount tree at `refcount_root` (0: the owner shares nothing). Stops and returns as
/// ExtentEdit::remove does. Throws Error(corrupt) for a shared extent without a refcount tree.
u64 release_extents(Transaction& transaction, Space& space, const ExtentRoot& root, BlockNo refcount_root,
                    u64 first, u64 end, std::size_t blocks_max = ExtentEdit::transaction_blocks_max);

}  // namespace ocfs2
