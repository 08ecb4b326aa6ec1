// SPDX-License-Identifier: GPL-2.0-or-later
//
// Puts directories and their indexes in order: an index is made anew from the entries, entries are packed
// into as few blocks as they need (-D).
#pragma once

#include "engine/check/checkup.h"

namespace ocfs2 {

/// Throws the index of a directory away and makes a new one from its entries; only throws it away where the
/// volume has no indexes, or the directory keeps its entries in its inode. False when that fails: the
/// directory is then still to be rebuilt, and has no index.
bool renew_index(Checkup& checkup, DirectoryFact& directory);
/// Tries again what failed because of what pass 3 has mended by now. What fails again counts as left.
void renew_remaining_indexes(Checkup& checkup);

/// -D: packs the entries of every directory and gives each an index that can have one.
void compact_directories(Checkup& checkup);

}  // namespace ocfs2
