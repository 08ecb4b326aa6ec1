// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cluster space of a volume that is being made. A new volume is almost empty, so what is in use is kept
// as a few runs, and a group's bitmap is only drawn when its descriptor is written: 10 TiB have 83,000
// groups, and no memory is spent on them.
#pragma once

#include <map>
#include <vector>

#include "ondisk/geometry.h"

namespace ocfs2 {

/// Neighbouring clusters.
struct ClusterRun {
  ClusterNo start;
  u32 clusters = 0;
};

class FreshSpace {
 public:
  /// An empty volume: only the clusters up to group 0's descriptor, and the other groups' descriptors, are in
  /// use.
  explicit FreshSpace(const Geometry& geometry);

  /// The first `clusters` neighbouring free clusters, all of one group. Throws Error(no_space).
  ClusterRun allocate_contiguous(u32 clusters);
  /// `clusters` clusters in as few runs as the order of groups gives: from the first group that has any free,
  /// its first run that is long enough, or else its longest. Runs that touch are joined. Throws
  /// Error(no_space).
  std::vector<ClusterRun> allocate(u32 clusters);
  /// One certain cluster, which must be free.
  void reserve(ClusterNo cluster);

  /// The runs in use inside group `index`, descriptor included, in order; bits count from the group's first
  /// cluster.
  std::vector<ClusterRun> used_in_group(u32 index) const;
  u64 used_clusters() const { return used_clusters_; }

 private:
  struct Gap {
    u64 start, end;
  };
  std::vector<Gap> gaps_in_group(u32 index) const;
  u64 group_start(u32 index) const { return u64{index} * geometry_.clusters_per_group(); }
  void take(u64 start, u64 end);
  [[noreturn]] void out_of_space(u32 clusters) const;

  Geometry geometry_;
  std::map<u64, u64> used_;  ///< start → end of the runs in use beyond the groups' own descriptors, joined
  u64 used_clusters_ = 0;
  u32 full_groups_ = 0;  ///< so many groups from the first on have nothing free
};

}  // namespace ocfs2
