// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names given and taken while a volume is checked, and what the survey has to know of it.
#pragma once

#include "engine/check/checkup.h"
#include "engine/volume/space.h"

namespace ocfs2 {

/// Runs `work` on the open transaction, which holds nothing else; what it throws for want of space or because
/// it meets damage takes back all of it, and `problem` was not mended. True when it was.
bool mend_with_engine(Checkup& checkup, const Problem& problem,
                      const std::function<void(Transaction&, Space&)>& work);

/// Gives a file or directory without a name the name "#" and its number in lost+found. The link count of the
/// inode stays: it counts the name that was lost. False when it could not be done.
bool put_into_lost_found(Checkup& checkup, const Problem& problem, InodeNo inode);
/// lost+found in the root directory, when there is one.
std::optional<InodeNo> find_lost_found(Checkup& checkup);

/// Takes the entries that lead to `inode` out of `directory`.
void remove_names_of(Transaction& transaction, Space& space, InodeNo directory, InodeNo inode);

/// Lets `..` of a directory lead to its parent, where that is known and another.
void mend_dotdot(Checkup& checkup, DirectoryFact& directory);

/// The survey follows what was done to an inode by other means.
void survey_links(Checkup& checkup, InodeNo inode);
/// Pass 5 counts for the owner of an inode what it has now, or does so no longer. System files have no owner.
void survey_usage(Checkup& checkup, InodeNo inode, bool there);
void survey_new_directory(Checkup& checkup, InodeNo inode, InodeNo parent, bool system);

/// Tells the path of directories, as far as parents are known: "/music/jazz"; "//orphan_dir:0000" in the
/// system directory; "" for what is no directory. Remembers what it looked up. `checkup` must live as long.
Examiner::PathOf path_finder(Checkup& checkup);

}  // namespace ocfs2
