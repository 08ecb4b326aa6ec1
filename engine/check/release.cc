// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/release.h"

#include <algorithm>

namespace ocfs2 {
namespace {

/// The parts of [at, end) between those that others claim, too.
void release_clusters(Checkup& checkup, Space& space, u64 at, u64 end) {
  while (at < end) {
    const BitRun others = checkup.survey.clusters.next_unexpected(ClusterNo(at), ClusterNo(end));
    const u64 own_end = others.count == 0 ? end : others.first;
    if (own_end > at) space.free_clusters(checkup.mender->transaction(), ClusterNo(at), own_end - at);
    at = own_end + others.count;
  }
}

}  // namespace

void release(Checkup& checkup, Space& space, const Harvest& claims) {
  const Survey& survey = checkup.survey;
  const auto disputed = [&](BlockNo block) {
    return std::ranges::find(survey.disputed, block, &MetadataClaim::block) != survey.disputed.end();
  };
  std::vector<BitRun> runs = claims.clusters;
  std::ranges::sort(runs, {}, &BitRun::first);
  u64 done = 0;
  for (const BitRun& run : runs) {
    const u64 end = run.first + run.count;
    release_clusters(checkup, space, std::max(done, run.first), end);
    done = std::max(done, end);
  }
  for (const MetadataClaim& claim : claims.metadata) {
    const auto spot = survey.metadata_blocks.find(claim.block);
    if (!spot || disputed(claim.block)) continue;
    const LedgerGroup& group = survey.metadata_blocks.groups()[spot->group];
    space.free_metadata(checkup.mender->transaction(), claim.block,
                        {group.slot, static_cast<u16>(spot->bit), group.descriptor});
  }
}

}  // namespace ocfs2
