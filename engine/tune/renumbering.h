// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inodes that leave the tail of a volume. The number of an inode is the block it lies in, so it gets a new
// one, and whoever knows the old one follows in the same transaction: all its names, the directories in it,
// its own blocks of entries and their index, and the groups of an allocator. File handles that NFS clients
// hold are stale afterwards.
#pragma once

#include <map>
#include <string>

#include "engine/tune/tail.h"

namespace ocfs2 {

class Renumbering {
 public:
  /// Both outlive this.
  Renumbering(Tuning& tuning, const Tail& tail) : tuning_(tuning), tail_(tail) {}

  /// Gives every inode in use in a group of the tail a place before it. Memory: the names of these inodes.
  /// Throws Error(no_space), Error(corrupt).
  void run();

 private:
  struct Name {
    InodeNo directory;
    std::string text;
  };
  using Names = std::map<InodeNo, std::vector<Name>>;

  void find_inodes();
  void find_names();
  void move_journals();
  void move(Transaction& transaction, InodeNo old);
  void follow_directory(Transaction& transaction, Space& space, InodeNo old, InodeNo now);
  void follow_children(Transaction& transaction, Space& space, InodeNo old, InodeNo now);
  void follow_names(Transaction& transaction, Space& space, InodeNo old, InodeNo now);
  InodeNo now_at(InodeNo number) const;

  Tuning& tuning_;
  const Tail& tail_;
  Names names_;                       ///< of the inodes that have to move
  std::map<InodeNo, InodeNo> moved_;  ///< where they are now
};

}  // namespace ocfs2
