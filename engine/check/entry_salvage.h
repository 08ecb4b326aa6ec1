// SPDX-License-Identifier: GPL-2.0-or-later
//
// What can be saved of an area of entries in which one entry does not lead to the next. Lengths are not
// believed; what has the name of a file that is in use, and says its type rightly, is taken for an entry.
#pragma once

#include <string>
#include <vector>

#include "engine/check/survey.h"

namespace ocfs2 {

struct SavedEntry {
  InodeNo inode;
  EntryType type;
  std::string name;
};

/// The entries that can be made out in `area` from byte `from` on, in order. `.` and `..` are left out.
std::vector<SavedEntry> salvage_entries(ConstBytes area, u32 from, const InodeCensus& census);
/// The inode of a `..` that stands where the second entry of a directory belongs; 0 when none does.
InodeNo salvage_dotdot(ConstBytes area, const InodeCensus& census);

/// The first two entries of a directory.
struct Dots {
  InodeNo self;
  InodeNo parent;
};
/// Fills the area from byte `from` on with `entries`, as many as fit, behind `dots` where these are given.
/// What is left belongs to the last one. `from` is a multiple of 4; 0 where dots are given. When there is no
/// room even for one free entry, the caller's last entry must take the rest: false.
bool fill_area(Bytes area, u32 from, const Dots* dots, const std::vector<SavedEntry>& entries);

}  // namespace ocfs2
