// SPDX-License-Identifier: GPL-2.0-or-later
//
// Moving what inodes own out of the tail of a volume.
//
// Clusters are copied to their new place before the transaction that lets their owner refer to it, so each
// step is sound by itself, and what was moved stays moved if the work is cut off. What several inodes share
// moves once, and all of them follow in the same transaction, with the counts of their references.
//
// A directory whose blocks move, or its index, has that made anew: the index speaks of blocks by number.
#pragma once

#include <functional>

#include "engine/tune/tail.h"
#include "engine/volume/extent_edit.h"

namespace ocfs2 {

class Relocation {
 public:
  /// Both outlive this. It tells how far the work is: clusters, and `inodes` that are to be looked at.
  Relocation(Tuning& tuning, const Tail& tail, u64 inodes);

  /// Moves what takes a run of clusters that cannot be divided: the buckets of attributes. At best before
  /// anything else is.
  void move_buckets(InodeNo number);
  /// Moves what an inode has for itself: data, entries, attributes, and all blocks that describe these.
  /// Throws Error(no_space), Error(corrupt).
  void move_inode(InodeNo number);
  /// True when an inode has only clusters that it lists itself.
  static bool is_simple(const Inode& inode);
  /// Moves those of many simple inodes, as many in one transaction as fit.
  void move_simple(const std::vector<InodeNo>& inodes);
  /// The same for the log of a slot.
  void move_journal(u32 slot);
  /// Moves what `users`, all inodes that share through the refcount tree at `tree`, have in common, and the
  /// tree itself. Before any of the users is moved.
  void move_shared(BlockNo tree, const std::vector<InodeNo>& users);

  /// So much more of the work is done.
  void did(u64 units);
  Space& space() { return space_; }

 private:
  using RootOf = std::function<ExtentRoot(Transaction&)>;
  /// What is in the clusters of a tree.
  enum class Content {
    bytes,    ///< that nobody looks at
    entries,  ///< of a directory, in blocks that know their numbers
    buckets   ///< of attributes: records cannot be divided
  };
  /// A value of an attribute in clusters of its own.
  struct ValuePlace {
    BlockNo block;
    const BlockKind* kind;
    u32 offset;
  };
  /// A run that is shared, and who refers to it.
  struct Sharer {
    RootOf root;
    ExtentRun run;
  };
  using Sharers = std::vector<Sharer>;

  static RootOf data_of(InodeNo number);
  static RootOf value_at(const ValuePlace& place);
  bool has_extents(InodeNo number) const;
  bool reaches_tail(const ExtentTree& tree) const;
  bool index_reaches_tail(const Inode& inode) const;
  void move_directory(InodeNo number);
  void clear_lists_of_room(InodeNo number);
  void move_attributes(InodeNo number);
  std::vector<ValuePlace> values_of(InodeNo number) const;

  void move_tree(const RootOf& root, Content content);
  bool move_runs(Transaction& transaction, const RootOf& root, Content content);
  u64 move_piece(Transaction& transaction, const RootOf& root, const ExtentRun& run, Content content);
  void copy_entries(Transaction& transaction, BlockNo from, BlockNo to, u64 clusters);

  Sharers sharers_of(const std::vector<InodeNo>& users);
  u64 move_shared_piece(Transaction& transaction, BlockNo tree, const Sharers& sharers, BitRun run,
                        u32 references);
  bool move_leaves(Transaction& transaction, BlockNo tree);
  void move_root(Transaction& transaction, BlockNo tree, const std::vector<InodeNo>& users);

  const Geometry& geometry() const { return tuning_.geometry(); }

  Tuning& tuning_;
  const Tail& tail_;
  Space space_;
  u64 done_ = 0, total_;  ///< units of work
};

}  // namespace ocfs2
