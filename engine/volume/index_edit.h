// SPDX-License-Identifier: GPL-2.0-or-later
//
// Changing the index of a directory, one entry at a time (spec: ondisk.md 7.4.4): as the kernel does, so that
// an index that both have changed keeps one shape. Entries lie in the root block while they fit, then in
// clusters of leaves below an extent tree; a full leaf has its whole cluster split at one hash.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "engine/volume/extent_edit.h"
#include "ondisk/index.h"

namespace ocfs2 {

class IndexEditor {
 public:
  /// Edits the index whose root is block `root` as a part of `transaction`; clusters and extent blocks come
  /// from `space`. Throws what reading the root throws.
  IndexEditor(Transaction& transaction, Space& space, BlockNo root)
      : transaction_(transaction), space_(space), root_(root) {}

  /// The directory blocks that may hold `name`; under either convention of hashing.
  std::vector<BlockNo> blocks_of(std::string_view name) const;
  /// Records that directory block `block` holds `name`. Throws Error(no_space), also when more names than a
  /// leaf can hold share one hash; Error(corrupt).
  void insert(std::string_view name, BlockNo block);
  /// Forgets it. Throws Error(corrupt) when the index does not know it.
  void remove(std::string_view name, BlockNo block);

 private:
  /// One cluster of leaves.
  struct Cluster {
    u32 key = 0;    ///< the least major hash that it serves
    BlockNo first;  ///< its first block
  };

  BlockRef<IndexRoot> root() const { return transaction_.read<IndexRoot>(root_); }
  ExtentEdit extents() const { return {transaction_, space_, ExtentRoot::of(root())}; }
  const Geometry& geometry() const { return space_.volume().geometry(); }
  u32 leaf_mask() const { return geometry().blocks_per_cluster() - 1; }
  NameHash hash_of(std::string_view name, CharSign sign) const;

  Cluster cluster_of(u32 major) const;
  BlockNo holder_of(NameHash hash) const;
  std::vector<IndexEntry> entries_of(BlockNo holder) const;
  void set_entries(BlockNo holder, const std::vector<IndexEntry>& entries);
  bool append(BlockNo holder, const IndexEntry& entry);
  bool take(NameHash hash, BlockNo block);

  void grow_tree();
  void split(NameHash hash);
  u32 split_key(std::vector<IndexEntry> entries, u32 cluster_key, u32 inserted) const;
  BlockNo add_cluster(u32 key);

  Transaction& transaction_;
  Space& space_;
  BlockNo root_;
};

/// Gives back an index: its leaves, extent blocks and root. Whenever the transaction is full, `settle` is to
/// commit it; what is left of the index then lacks its upper hashes.
void free_index(Transaction& transaction, Space& space, BlockNo root, const std::function<void()>& settle);

}  // namespace ocfs2
