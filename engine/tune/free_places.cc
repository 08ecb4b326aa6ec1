// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/free_places.h"

#include <algorithm>

#include "engine/error.h"
#include "ondisk/group.h"

namespace ocfs2 {
namespace {

/// Calls `use` with what lies of `clusters` in each group.
template <class Use>
void each_part(const Geometry& geometry, BitRun clusters, const Use& use) {
  const u32 per_group = geometry.clusters_per_group();
  while (clusters.count > 0) {
    const u64 count = std::min(clusters.count, per_group - clusters.first % per_group);
    use(static_cast<u32>(clusters.first / per_group), BitRun{clusters.first, count});
    clusters = {clusters.first + count, clusters.count - count};
  }
}

/// The shortest run of at least `wanted` clear bits, the first of several.
std::optional<BitRun> closest_run(ConstBytes bits, u64 end, u64 wanted) {
  std::optional<BitRun> closest;
  for (BitRun run = next_clear_run(bits, 0, end); run.count > 0;
       run = next_clear_run(bits, run.first + run.count, end))
    if (run.count >= wanted && (!closest || run.count < closest->count)) closest = run;
  return closest;
}

}  // namespace

FreePlaces::FreePlaces(Volume& volume) : volume_(volume), longest_(volume.geometry().cluster_groups()) {
  for (u32 group = 0; group < longest_.size(); ++group) look_at(group);
}

/// The bitmap of a group, with what must not be found set.
std::vector<u8> FreePlaces::free_bits(u32 group) const {
  const Geometry& geometry = volume_.geometry();
  const auto descriptor = volume_.cache().read<GroupDescriptor>(geometry.cluster_group_block(group));
  const ConstBytes bitmap = GroupDescriptor::bitmap(descriptor.bytes());
  std::vector<u8> bits(bitmap.begin(), bitmap.end());
  const u64 first = u64{group} * geometry.clusters_per_group();
  const u64 end = first + geometry.clusters_per_group();
  for (const auto* kept_away : {&taken_, &avoided_})
    for (auto at = kept_away->lower_bound(first); at != kept_away->end() && at->first < end; ++at)
      set_bits(bits, at->first - first, at->second - first);
  return bits;
}

void FreePlaces::look_at(u32 group) {
  const u64 longest =
      longest_clear_run(free_bits(group), 0, volume_.geometry().clusters_in_group(group)).count;
  if (longest_[group] > 0) by_length_.erase({longest_[group], group});
  longest_[group] = static_cast<u32>(longest);
  if (longest > 0) by_length_.emplace(longest_[group], group);
}

std::optional<BitRun> FreePlaces::take(u64 wanted) {
  require(wanted > 0);
  if (wanted > longest()) return std::nullopt;
  const u32 group = by_length_.lower_bound({static_cast<u32>(wanted), 0})->second;
  const Geometry& geometry = volume_.geometry();
  const auto run = closest_run(free_bits(group), geometry.clusters_in_group(group), wanted);
  require(run.has_value());
  const BitRun found{u64{group} * geometry.clusters_per_group() + run->first, wanted};
  keep_away(found, taken_);
  return found;
}

void FreePlaces::avoid(BitRun clusters) { keep_away(clusters, avoided_); }

void FreePlaces::keep_away(BitRun clusters, std::map<u64, u64>& from) {
  each_part(volume_.geometry(), clusters, [&](u32 group, BitRun part) {
    from[part.first] = part.first + part.count;
    look_at(group);
  });
}

void FreePlaces::settle(const std::vector<BitRun>& freed) {
  std::set<u32> touched;
  const auto touch = [&](BitRun clusters) {
    each_part(volume_.geometry(), clusters, [&](u32 group, BitRun) { touched.insert(group); });
  };
  for (const auto& [first, end] : taken_) touch({first, end - first});
  for (const BitRun& run : freed) touch(run);
  taken_.clear();
  for (const u32 group : touched) look_at(group);
}

}  // namespace ocfs2
