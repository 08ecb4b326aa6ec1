// SPDX-License-Identifier: GPL-2.0-or-later
//
// Making a volume smaller while nobody has it (spec: commands.md 3.2 -S).
//
// First everything moves out of the tail, inodes included, piece by piece, each a sound transaction:
// allocators give out nothing there meanwhile. Then the tail is cut off as a volume grows, only backwards:
// each step moves the end of the volume, in the superblock and in the global bitmap, with everything that
// counts clusters. A volume whose shrinking was cut off is larger than it will be, that is all; asked again
// it goes on.
#pragma once

#include "engine/tune/operation.h"

namespace ocfs2 {

/// What it takes to end the volume at cluster `clusters`, less than it has. Throws Error(no_space) when that
/// is too small, saying how small it can become.
Change plan_smaller(Tuning& tuning, u32 clusters);

/// The smallest number of clusters that the volume can be shrunk to as it is now.
u32 minimum_clusters(Volume& volume);

}  // namespace ocfs2
