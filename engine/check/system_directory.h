// SPDX-License-Identifier: GPL-2.0-or-later
//
// The system directory, read as leniently as can be: its inode may be damaged, and so may its blocks. A name
// that stands there whole is found, whatever precedes it. Putting the directory itself right is the business
// of passes 1 and 2.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/check/checkup.h"

namespace ocfs2 {

class SystemDirectory {
 public:
  /// Looks for `names` only.
  SystemDirectory(Checkup& checkup, const std::set<std::string>& names);

  std::optional<InodeNo> find(const std::string& name) const;
  /// Makes `name` lead to `inode`, in its old entry or in a free one; a damaged name that leads there goes.
  /// False when there is no room.
  bool put(const std::string& name, InodeNo inode, EntryType type);
  /// Takes a name off, if it is there.
  void remove(const std::string& name);
  /// Writes damaged areas anew, so that the engine can change the directory.
  void make_sound();

 private:
  /// Part of a block that holds entries.
  struct Area {
    BlockNo block;
    const BlockKind* kind;
    u32 offset, bytes;
    bool trailer;
    bool damaged;  ///< its entries do not fill it
  };
  struct Entry {
    InodeNo inode;
    EntryType type;
    std::size_t area;
    u32 offset;
  };
  void find_areas(ConstBytes inode);
  void add_tree(ConstBytes list, u32 depth, u64& blocks_left);
  void add_run(const ExtentRecord& record, u64& blocks_left);
  void add_block(BlockNo block);
  void read_area(std::size_t index, const std::set<std::string>& names);
  void remove_strange_names(InodeNo inode);
  Bytes edit_area(const Area& area);
  bool insert(std::size_t index, const std::string& name, InodeNo inode, EntryType type);
  void renew(std::size_t index);
  void make_sound_around(const std::string& name);

  Checkup& checkup_;
  bool indexed_ = false;
  std::vector<Area> areas_;
  std::map<std::string, Entry> entries_;
  std::vector<Entry> strangers_;  ///< names that nobody asked for
};

}  // namespace ocfs2
