// SPDX-License-Identifier: GPL-2.0-or-later
//
// Putting groups on the chains of an allocator and taking them off again, with every counter that counts
// their bits (spec: ondisk.md 5.1, 5.3). What lies in a group, and whose its clusters are, is the caller's
// business.
#pragma once

#include "engine/journal/transaction.h"
#include "engine/volume/volume.h"
#include "ondisk/group.h"

namespace ocfs2 {

/// Puts a group, which is on no chain, on an unused chain of the allocator, else on the shortest one.
void link_group(Transaction& transaction, Volume& volume, BlockNo allocator, BlockNo group);

/// Takes a group off its chain. The group itself is not changed. A chain that is empty then gives its place
/// to the last one: unused chains follow those in use. Throws Error(corrupt) when the chain does not hold the
/// group, or the counters do not count it.
void unlink_group(Transaction& transaction, Volume& volume, BlockNo allocator, BlockNo group);

}  // namespace ocfs2
