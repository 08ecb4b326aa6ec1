// SPDX-License-Identifier: GPL-2.0-or-later
//
// Puts directories and their indexes in order: an index is made anew from the entries, entries are packed
// into as few blocks as they need (-D).
#pragma once

#include "engine/check/checkup.h"

namespace ocfs2 {

/// Throws the index of a directory away and makes a new one from its entries, in one transaction; only throws
/// it away where the volume has no indexes, or the directory keeps its entries in its inode. When that fails
/// (no space), the problem counts as left.
void renew_index(Checkup& checkup, DirectoryFact& directory);

/// -D: packs the entries of every directory and gives each an index that can have one.
void compact_directories(Checkup& checkup);

}  // namespace ocfs2
