// SPDX-License-Identifier: GPL-2.0-or-later
//
// The leaves of a directory index, made in one go from all names of a directory (spec:
// ondisk.md 7.4.4, 7.4.6). Only arithmetic: the caller provides the clusters and writes the blocks.
#pragma once

#include <vector>

#include "ondisk/numbers.h"

namespace ocfs2 {

/// One name as the index knows it.
struct IndexedName {
  u32 major = 0, minor = 0;  ///< its hash; both 0 for "." and ".."
  BlockNo dirent_block;      ///< the directory block that holds the entry
};

/// One cluster of index leaves: it serves the major hashes from `key` up to the next cluster's.
struct IndexCluster {
  u32 key = 0;
  std::vector<std::vector<IndexedName>> leaves;  ///< one list a block; the minor hash tells which
};

/// Clusters, by ascending key from 0 on, that hold `names` with at most `leaf_capacity` entries a block and
/// `leaves_per_cluster` (a power of two) blocks a cluster. Throws Error(no_space) when more names than a
/// block can hold share one hash.
std::vector<IndexCluster> build_index(std::vector<IndexedName> names, u32 leaf_capacity,
                                      u32 leaves_per_cluster);

}  // namespace ocfs2
