// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/format/fresh_space.h"

#include <algorithm>

#include "engine/error.h"

namespace ocfs2 {

FreshSpace::FreshSpace(const Geometry& geometry) : geometry_(geometry) {
  const u64 first = geometry.first_cluster_group().value;
  if (geometry.clusters <= first + 1) out_of_space(static_cast<u32>(first) + 1);
  take(0, first + 1);
  used_clusters_ += geometry.cluster_groups() - 1;
}

void FreshSpace::out_of_space(u32 clusters) const {
  fail(ErrorKind::no_space,
       "Volume size too small for required configuration: {} more clusters of {} bytes do not fit a volume "
       "of {} bytes "
       "in which {} of {} clusters are in use.\nIncrease volume size, or reduce cluster size, node slots or "
       "journal size",
       clusters, geometry_.cluster_size(), geometry_.bytes(), used_clusters_, geometry_.clusters);
}

void FreshSpace::take(u64 start, u64 end) {
  used_clusters_ += end - start;
  auto next = used_.lower_bound(start);
  require(next == used_.end() || next->first >= end);
  if (next != used_.end() && next->first == end) {
    end = next->second;
    next = used_.erase(next);
  }
  if (next != used_.begin()) {
    const auto previous = std::prev(next);
    require(previous->second <= start);
    if (previous->second == start) {
      previous->second = end;
      return;
    }
  }
  used_.emplace(start, end);
}

std::vector<ClusterRun> FreshSpace::used_in_group(u32 index) const {
  const u64 start = group_start(index);
  const u64 end = start + geometry_.clusters_in_group(index);
  std::vector<ClusterRun> result;
  const auto add = [&](u64 from, u64 to) {
    if (!result.empty() && result.back().start.value + result.back().clusters == from)
      result.back().clusters += static_cast<u32>(to - from);
    else
      result.push_back({ClusterNo(from), static_cast<u32>(to - from)});
  };
  if (index > 0) add(start, start + 1);  // the descriptor
  auto run = used_.upper_bound(start);
  if (run != used_.begin()) --run;
  for (; run != used_.end() && run->first < end; ++run)
    if (run->second > start) add(std::max(run->first, start), std::min(run->second, end));
  return result;
}

std::vector<FreshSpace::Gap> FreshSpace::gaps_in_group(u32 index) const {
  std::vector<Gap> result;
  u64 at = group_start(index);
  const u64 end = at + geometry_.clusters_in_group(index);
  for (const ClusterRun& run : used_in_group(index)) {
    if (run.start.value > at) result.push_back({at, run.start.value});
    at = run.start.value + run.clusters;
  }
  if (at < end) result.push_back({at, end});
  return result;
}

ClusterRun FreshSpace::allocate_contiguous(u32 clusters) {
  for (u32 index = full_groups_; index < geometry_.cluster_groups(); ++index) {
    for (const Gap& gap : gaps_in_group(index)) {
      if (gap.end - gap.start < clusters) continue;
      take(gap.start, gap.start + clusters);
      return {ClusterNo(gap.start), clusters};
    }
  }
  out_of_space(clusters);
}

std::vector<ClusterRun> FreshSpace::allocate(u32 clusters) {
  std::vector<ClusterRun> result;
  while (clusters > 0) {
    std::vector<Gap> gaps;
    while (full_groups_ < geometry_.cluster_groups() && (gaps = gaps_in_group(full_groups_)).empty())
      ++full_groups_;
    if (gaps.empty()) out_of_space(clusters);
    const auto fits =
        std::ranges::find_if(gaps, [&](const Gap& gap) { return gap.end - gap.start >= clusters; });
    const Gap gap =
        fits != gaps.end() ? *fits : *std::ranges::max_element(gaps, {}, [](const Gap& candidate) {
          return candidate.end - candidate.start;
        });
    const u32 taken = static_cast<u32>(std::min<u64>(gap.end - gap.start, clusters));
    take(gap.start, gap.start + taken);
    clusters -= taken;
    if (!result.empty() && result.back().start.value + result.back().clusters == gap.start)
      result.back().clusters += taken;
    else
      result.push_back({ClusterNo(gap.start), taken});
  }
  return result;
}

void FreshSpace::reserve(ClusterNo cluster) { take(cluster.value, cluster.value + 1); }

}  // namespace ocfs2
