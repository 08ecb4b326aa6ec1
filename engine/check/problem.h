// SPDX-License-Identifier: GPL-2.0-or-later
//
// One thing that may be wrong with a volume is one declaration: its code, how bad it is, what an unattended
// run may do about it, and its words. Checks, prompts, JSON, the manual page fsck.ocfs2.checks(8) and the
// tests all read the same declaration. The codes keep their established names, since scripts know them
// (spec: fsck-checks.md); the declarations lie in engine/check/problems/, one file a subject.
#pragma once

#include <string_view>

#include "ondisk/bitmap.h"
#include "ondisk/numbers.h"

namespace ocfs2 {

enum class Severity : u8 {
  accounting,  ///< a counter or hint disagrees; nothing is lost and nothing is at risk
  metadata,    ///< a structure contradicts itself; what it should be follows from the rest of the volume
  loss,        ///< mending drops or moves something that may matter to somebody
};

enum class Answer : u8 { no, yes };

struct Problem {
  std::string_view code;  ///< "GROUP_BLKNO"
  Severity severity = Severity::metadata;
  Answer usual = Answer::yes;      ///< what an empty answer at a prompt means
  Answer unattended = Answer::no;  ///< what -p may do alone: yes only where mending cannot lose anything
  Answer wholesale = Answer::yes;  ///< what -y answers: no where waiting is better than what would be lost
  std::string_view found;          ///< a sentence with {names} of Facts
  std::string_view question;       ///< "Correct it?"
  std::string_view refusal = {};   ///< what happens after a "no", where that is not obvious
  std::string_view explanation;    ///< the paragraph of the manual page
};

/// What a problem's sentence is about. A sentence names them in braces: {inode}, {found}. Numbers that do not
/// occur in the sentence need not be set.
struct Facts {
  InodeNo inode{};       ///< {inode}: whose structure it is; shown with its path where that is known
  InodeNo other{};       ///< {other}: another inode
  BlockNo block{};       ///< {block}
  u64 found = 0;         ///< {found}: what stands there
  u64 expected = 0;      ///< {expected}: what it should be
  BitRun clusters{};     ///< {clusters}: "cluster 7" or "clusters 7 to 9"
  u64 count = 0;         ///< {count}
  u64 index = 0;         ///< {index}: of a record, an entry, a chain
  u32 slot = 0;          ///< {slot}
  std::string_view name{};    ///< {name}: of a directory entry, an attribute, a system file, a structure
  std::string_view detail{};  ///< {detail}: anything else that was put in words
};

}  // namespace ocfs2
