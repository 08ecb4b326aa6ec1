// SPDX-License-Identifier: GPL-2.0-or-later
//
// Examines one directory after the other: its blocks (or the area inside its inode) in order, then what only
// all of them together show: names that occur twice, the index, the list of blocks with room (spec: ondisk.md
// 7, 14.49 to 63). The same code serves triage and examination.
#pragma once

#include <set>

#include "engine/check/checkup.h"
#include "engine/check/directory_area.h"
#include "engine/check/directory_names.h"

namespace ocfs2 {

/// The directories whose entries mean something else.
struct DirectoryRoles {
  explicit DirectoryRoles(const Checkup& checkup);

  InodeNo root;
  InodeNo system;
  std::vector<InodeNo> orphans;  ///< the orphan directories that there are, sorted
  bool is_orphan_directory(InodeNo inode) const;
};

/// What the entries of a directory say about others.
struct DirectoryYield {
  std::vector<InodeCensus::Meeting> named;  ///< a name of each
  std::vector<InodeNo> children;            ///< directories among them
  InodeNo dotdot;                           ///< what `..` says; 0: not known
  bool rebuild_index = false;
  bool index_wrong = false;
};

class DirectoryExam {
 public:
  DirectoryExam(const Checkup& checkup, const DirectoryRoles& roles, Examiner& examiner, BlockSource& source);

  void begin(const DirectoryFact& fact);
  /// The next block of the directory. It must live until `finish` only in triage without a mender.
  void block(AnyPatient& patient);
  /// The inode block of a directory that keeps its entries in there.
  void inside_inode(AnyPatient& inode);
  /// The next block cannot be read.
  void unreadable() { names_uncertain_ = true; }
  /// All blocks were shown.
  void finish();
  const DirectoryYield& yield() const { return yield_; }

 private:
  /// A block and what its trailer says of its room.
  struct Room {
    BlockNo block;
    BlockNo next;
    u32 recorded = 0;
    u32 actual = 0;
  };
  using Names = std::set<std::string, std::less<>>;

  bool indexed() const { return fact_.index.value != 0; }
  u64 findings() const { return examiner_.triage() ? examiner_.sick() : examiner_.total().found; }
  bool resolve_name(const Problem& problem, const Facts& facts);

  Room room_of(const AnyPatient& patient, const EntryArea& entries) const;
  void trailer(AnyPatient& patient);
  void area(EntryArea& area, bool first);
  std::optional<u32> broken(EntryArea& area, u32 at, std::optional<u32> previous);

  u32 dots(EntryArea& area);
  std::optional<u32> dot(EntryArea& area);
  u32 dotdot(EntryArea& area);
  void dot_type(EntryArea& area, u32 at);
  bool begin_anew(const Problem& problem, EntryArea& area, u32 at);

  void entry(EntryArea& area, u32 at, u32 index);
  bool legal_name(EntryArea& area, u32 at, u32 index);
  std::optional<InodeCensus::Meeting> target(EntryArea& area, u32 at);
  void meet(InodeNo inode);
  void meet(InodeNo inode, const InodeCensus::Meeting& met);

  void duplicates();
  void rename_twins(EntryArea& area, const std::vector<u64>& twins, Names& seen);
  void rename_twin(EntryArea& area, u32 at);
  std::string free_name(std::string_view name, u32 room) const;

  void index();
  void free_list(BlockNo head);
  std::string free_list_damage(BlockNo head) const;
  void write_free_list();

  const Checkup& checkup_;
  const DirectoryRoles& roles_;
  Examiner& examiner_;
  BlockSource& source_;
  DirectoryFact fact_;
  DirectoryNames names_;
  std::vector<Room> rooms_;
  std::set<u64> given_;  ///< keys of names that were given to duplicates
  DirectoryYield yield_;
  u64 blocks_ = 0;                ///< seen so far
  bool ordinary_ = true;          ///< not the system directory, nor an orphan directory
  bool orphans_ = false;          ///< an orphan directory
  bool names_uncertain_ = false;  ///< there may be names that were not met
  bool names_changed_ = false;    ///< by mending
};

}  // namespace ocfs2
