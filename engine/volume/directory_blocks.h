// SPDX-License-Identifier: GPL-2.0-or-later
//
// The blocks of a directory that lies in blocks, by their numbers from 0 on, as an open transaction has left
// them (spec: ondisk.md 3.7, 7.1).
#pragma once

#include <vector>

#include "engine/volume/extent_edit.h"

namespace ocfs2 {

class DirectoryBlocks {
 public:
  /// `inode` is the directory's block; whether it lies in blocks by now is asked when that matters.
  DirectoryBlocks(Transaction& transaction, Space& space, BlockNo inode)
      : transaction_(transaction), space_(space), inode_(inode) {}

  u64 count() const;
  /// Throws Error(corrupt) when there is a hole.
  BlockNo at(u64 index);
  /// One more block, empty; takes a cluster when the last one is used up. A trailer says that the block is
  /// on no list. Throws Error(no_space).
  BlockNo append(bool trailer);

 private:
  BlockRef<Inode> inode() const { return transaction_.read<Inode>(inode_); }
  void add_cluster();

  Transaction& transaction_;
  Space& space_;
  BlockNo inode_;
  std::vector<ExtentRun> runs_;  ///< where the blocks are; read when first needed
};

}  // namespace ocfs2
