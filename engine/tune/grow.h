// SPDX-License-Identifier: GPL-2.0-or-later
//
// What growing is made of, whether or not the volume is mounted meanwhile.
#pragma once

#include <vector>

#include "engine/tune/tuning.h"

namespace ocfs2 {

struct NewClusterGroup {
  std::vector<u8> bytes;  ///< of the descriptor; not sealed
  u32 used = 0;           ///< clusters: the descriptor's own, and those of backup superblocks
};
/// Group `index` of a volume with this geometry, where nothing is stored yet, as a member of `chain`.
NewClusterGroup new_cluster_group(Volume& volume, const Geometry& geometry, u32 index, std::size_t chain);

/// Throws Error(invalid_argument) when the volume's journals cannot count the blocks of so many clusters.
void require_wide_logs(Tuning& tuning, u32 clusters);

/// How many clusters the kernel says that a mounted volume has. Throws Error(not_found) when this host has it
/// not mounted; Error(io).
u32 mounted_clusters(Tuning& tuning);
/// Has the kernel of this host make the volume larger, group by group (spec: cluster.md J3). Stopped in the
/// middle it is smaller than it could be, that is all. Throws Error(io, busy, invalid_argument).
void grow_mounted(Tuning& tuning, u32 clusters);

}  // namespace ocfs2
