// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/bulk_index.h"

#include <algorithm>
#include <span>

#include "engine/error.h"

namespace ocfs2 {
namespace {

IndexCluster make_cluster(u32 key, std::span<const IndexedName> names, u32 leaves_per_cluster) {
  IndexCluster cluster{key, std::vector<std::vector<IndexedName>>(leaves_per_cluster)};
  for (const IndexedName& name : names) cluster.leaves[name.minor & (leaves_per_cluster - 1)].push_back(name);
  return cluster;
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

std::vector<IndexCluster> build_index(std::vector<IndexedName> names, u32 leaf_capacity,
                                      u32 leaves_per_cluster) {
  std::ranges::stable_sort(names, {}, &IndexedName::major);
  struct Piece {
    u32 key;
    std::span<const IndexedName> names;
  };
  std::vector<Piece> waiting{{0, names}};  // the leftmost last
  std::vector<IndexCluster> clusters;
  while (!waiting.empty()) {
    const Piece piece = waiting.back();
    waiting.pop_back();
    IndexCluster cluster = make_cluster(piece.key, piece.names, leaves_per_cluster);
    const bool fits =
        std::ranges::all_of(cluster.leaves, [&](const auto& leaf) { return leaf.size() <= leaf_capacity; });
    if (fits) {
      clusters.push_back(std::move(cluster));
      continue;
    }
    const std::size_t at = parting(piece.names);
    if (at == 0)
      fail(ErrorKind::no_space,
           "more than {} names share the directory hash {:#010x}, which an index cannot hold", leaf_capacity,
           piece.names.front().major);
    waiting.push_back({piece.names[at].major, piece.names.subspan(at)});
    waiting.push_back({piece.key, piece.names.first(at)});
  }
  return clusters;
}

}  // namespace ocfs2
