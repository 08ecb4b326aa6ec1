// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads a global quota file for the entries in it, whatever its state, and writes it (spec: ondisk.md 11.2,
// 14.81).
#pragma once

#include "engine/check/quota_file.h"

namespace ocfs2 {

class GlobalQuota {
 public:
  GlobalQuota(Checkup& checkup, QuotaType type, SystemFile file, InodeNo inode)
      : checkup_(checkup),
        type_(type),
        file_(checkup, file, 0, inode),
        geometry_{checkup.geometry().block_size()} {}

  /// Head, tree, leaves, lists: finds entries, and puts what is wrong.
  void examine();

  const QuotaFile& file() const { return file_; }
  const QuotaEntries& entries() const { return entries_; }
  /// Why the file is to be written anew; null when its structure is sound.
  const Problem* rebuild() const { return rebuild_; }
  /// Something stays wrong, by choice.
  bool unsound() const { return unsound_; }

  void set_usage(u32 id, u64 space, u64 inodes);
  /// Writes what has changed: single entries where that is enough, else the whole file. False when there is
  /// no space.
  bool write();

 private:
  bool resolve(const Problem& problem, Facts facts);
  void examine_head();
  void walk_tree();
  void walk_node(u32 block, u32 level, u64 first_id);
  void damaged_node(u32 block, const std::string& fact);
  void search_all_blocks();
  void read_leaf(u32 block, bool searched);
  void take_entry(const QuotaRecord& record, u32 block, u32 index, bool suspect);
  void compare_lookups();
  void examine_lists();
  std::string fault_of_lists() const;
  void write_all(u32 blocks);
  void write_changed();

  Checkup& checkup_;
  QuotaType type_;
  QuotaFile file_;
  QuotaGeometry geometry_;
  GlobalQuotaInfo times_{};
  QuotaEntries entries_;
  std::vector<u32> strays_;    ///< ids for which the tree leads to where they are not
  std::map<u32, u32> leaves_;  ///< by block: entries in use
  std::vector<bool> nodes_;    ///< blocks that belong to the tree above the leaves
  std::vector<u32> changed_;   ///< ids whose usage is new
  bool searching_ = false;     ///< the tree cannot be trusted
  bool unsound_ = false;
  const Problem* rebuild_ = nullptr;
};

}  // namespace ocfs2
