// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/cluster/region_handover.h"

#include "engine/error.h"

namespace ocfs2 {
namespace {

/// So many intervals show every living node's next beat.
constexpr u32 fewest_samples = 3;

bool may_live(const NodeSign& sign) { return sign.state == NodeSign::State::alive || sign.undecided(); }

std::set<u32> missing_on_first(const std::vector<Heartbeat>& heartbeats) {
  std::set<u32> missing;
  for (const Heartbeat& heartbeat : heartbeats)
    for (const auto& [node, sign] : heartbeat.evidence().nodes)
      if (may_live(sign)) missing.insert(node);
  for (const auto& [node, sign] : heartbeats.front().evidence().nodes)
    if (sign.state == NodeSign::State::alive) missing.erase(node);
  return missing;
}

}  // namespace

std::set<u32> nodes_missing_on_first(std::span<const WatchedRegion> regions, u64 longest_ms, Clock& clock,
                                     Reporter& reporter) {
  std::vector<Heartbeat> heartbeats;
  for (const WatchedRegion& watched : regions) heartbeats.emplace_back(*watched.device, watched.region);
  const u64 begin_ms = clock.now_ms();
  reporter.stage("Waiting for all nodes to beat on the new region");
  for (u32 samples = 0;; ++samples) {
    for (Heartbeat& heartbeat : heartbeats) heartbeat.sample(clock.now_ms());
    const u64 waited_ms = clock.now_ms() - begin_ms;
    const std::set<u32> missing = missing_on_first(heartbeats);
    if ((missing.empty() && samples >= fewest_samples) || waited_ms >= longest_ms) {
      reporter.stage_done(missing.empty() ? "done" : "not all do");
      return missing;
    }
    if (reporter.interrupted()) fail(ErrorKind::interrupted, "stopped while waiting for other nodes");
    reporter.progress(waited_ms, longest_ms);
    clock.sleep_ms(Heartbeat::interval_ms);
  }
}

}  // namespace ocfs2
