// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/bulk_index.h"

#include <algorithm>
#include <tuple>

#include "engine/error.h"

namespace ocfs2 {
namespace {

bool fits(std::span<const IndexedName> names, u32 leaf_capacity, u32 leaves_per_cluster) {
  std::vector<u32> counts(leaves_per_cluster);
  return std::ranges::all_of(names, [&](const IndexedName& name) {
    return ++counts[name.minor & (leaves_per_cluster - 1)] <= leaf_capacity;
  });
}

/// The position nearest to the middle at which `names` (sorted by major hash) can be parted: all of one major
/// hash stay together. 0 when they cannot.
std::size_t parting(std::span<const IndexedName> names) {
  const auto starts_hash = [&](std::size_t at) { return names[at].major != names[at - 1].major; };
  const std::size_t middle = names.size() / 2;
  for (std::size_t at = middle; at < names.size(); ++at)
    if (at > 0 && starts_hash(at)) return at;
  for (std::size_t at = middle; at > 1; --at)
    if (starts_hash(at - 1)) return at - 1;
  return 0;
}

}  // namespace

std::vector<IndexCluster> plan_index(std::vector<IndexedName>& names, u32 leaf_capacity,
                                     u32 leaves_per_cluster) {
  std::ranges::sort(names, {}, [](const IndexedName& name) {
    return std::tuple(name.major, name.minor, name.dirent_block);
  });
  std::vector<IndexCluster> waiting{{0, 0, names.size()}};  // the leftmost last
  std::vector<IndexCluster> clusters;
  while (!waiting.empty()) {
    const IndexCluster piece = waiting.back();
    waiting.pop_back();
    const auto of_piece = std::span<const IndexedName>(names).subspan(piece.first, piece.count);
    if (fits(of_piece, leaf_capacity, leaves_per_cluster)) {
      clusters.push_back(piece);
      continue;
    }
    const std::size_t at = parting(of_piece);
    if (at == 0)
      fail(ErrorKind::no_space,
           "more than {} names share the directory hash {:#010x}, which an index cannot hold", leaf_capacity,
           of_piece.front().major);
    waiting.push_back({of_piece[at].major, piece.first + at, piece.count - at});
    waiting.push_back({piece.key, piece.first, at});
  }
  return clusters;
}

std::vector<std::vector<IndexedName>> leaves_of(std::span<const IndexedName> names,
                                                const IndexCluster& cluster, u32 leaves_per_cluster) {
  std::vector<std::vector<IndexedName>> leaves(leaves_per_cluster);
  for (const IndexedName& name : names.subspan(cluster.first, cluster.count))
    leaves[name.minor & (leaves_per_cluster - 1)].push_back(name);
  return leaves;
}

}  // namespace ocfs2
