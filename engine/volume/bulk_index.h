// SPDX-License-Identifier: GPL-2.0-or-later
//
// The leaves of a directory index, planned in one go from all names of a directory (spec: ondisk.md 7.4.4,
// 7.4.6). Only arithmetic: the caller provides the clusters and writes the blocks. The names are sorted where
// they are and never copied as a whole, so that a directory of millions takes 16 bytes a name.
#pragma once

#include <span>
#include <vector>

#include "ondisk/numbers.h"

namespace ocfs2 {

/// One name as the index knows it.
struct IndexedName {
  u32 major = 0, minor = 0;  ///< its hash; both 0 for "." and ".."
  BlockNo dirent_block;      ///< the directory block that holds the entry
};
static_assert(sizeof(IndexedName) == 16);

/// One cluster of index leaves: it serves the major hashes from `key` up to the next cluster's.
struct IndexCluster {
  u32 key = 0;
  std::size_t first = 0, count = 0;  ///< its names, among all sorted ones
};

/// Sorts `names` and parts them into clusters, by ascending key from 0 on, so that none of the
/// `leaves_per_cluster` (a power of two) blocks of a cluster gets more than `leaf_capacity` entries. Throws
/// Error(no_space) when more names than a block can hold share one hash.
std::vector<IndexCluster> plan_index(std::vector<IndexedName>& names, u32 leaf_capacity,
                                     u32 leaves_per_cluster);

/// The names that each block of `cluster` holds; `names` are those that plan_index sorted.
std::vector<std::vector<IndexedName>> leaves_of(std::span<const IndexedName> names,
                                                const IndexCluster& cluster, u32 leaves_per_cluster);

}  // namespace ocfs2
