// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which system files a volume must have, and how their inodes can be told from others (spec: ondisk.md 1.6).
#pragma once

#include <string>
#include <vector>

#include "engine/check/checkup.h"
#include "engine/check/system_directory.h"

namespace ocfs2 {

struct ExpectedFile {
  SystemFile file;
  u32 slot;
  std::string name;
  u32 flags;  ///< i_flags beside VALID and SYSTEM
  u16 type;   ///< file_mode

  bool operator==(const ExpectedFile& other) const { return name == other.name; }
};

/// All system files of the volume, in the order in which mkfs numbers them.
std::vector<ExpectedFile> expected_files(const Checkup& checkup);
SystemDirectory open_system_directory(Checkup& checkup);

/// What an inode block has of the marks of a system file.
struct SystemMarks {
  bool signature, block, generation, valid, flags, type;
  bool origin;  ///< says that it comes from the global allocator; checked elsewhere, but evidence
  bool copy;    ///< of another inode, with that one's place: whatever else is right is that one's

  u32 right() const { return 0u + signature + block + generation + valid + flags + type; }
  bool all() const { return right() == 6; }
  /// A system inode in its own place, whatever it says that it is.
  bool in_place() const { return signature && block && generation && origin; }
  /// Enough that it is the inode, although damaged, and not a user's, nor a copy of another file's.
  bool enough() const {
    return !copy && (in_place() || (right() >= 4 && (valid || origin) && (block || flags)));
  }
};
SystemMarks marks_of(const Checkup& checkup, InodeNo number, const Inode& inode, u32 flags, u16 type);

/// For files that no name leads to: the inodes that can only be they. `taken` are inodes that have names.
std::vector<std::pair<ExpectedFile, InodeNo>> recognise_files(Checkup& checkup,
                                                              const std::vector<ExpectedFile>& nameless,
                                                              const std::set<InodeNo>& taken);
/// The number that mkfs gives the file; nothing when the volume is known to have others, as after its slots
/// were changed.
std::optional<InodeNo> number_by_order(const Checkup& checkup, const ExpectedFile& file);
/// True when the block is one of those that hold the inodes of system files.
bool is_system_inode_place(Checkup& checkup, InodeNo number);
/// The inode that the groups of an allocator name, for the two global ones, whose first groups lie at known
/// places; nothing when there is no such group.
std::optional<InodeNo> allocator_of_first_group(Checkup& checkup, SystemFile file);

}  // namespace ocfs2
