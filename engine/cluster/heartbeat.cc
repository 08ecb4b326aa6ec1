// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/cluster/heartbeat.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/extent_tree.h"
#include "engine/volume/volume.h"
#include "ondisk/heartbeat_block.h"

namespace ocfs2 {
namespace {

using State = NodeSign::State;

std::string times(u32 count) {
  return count == 1 ? "once" : count == 2 ? "twice" : fmt::format("{} times", count);
}

std::string sentence(const NodeSign& sign) {
  const u64 watched_s = (sign.watched_ms + 999) / 1000;
  const u64 silent_s = sign.silent_ms / 1000;
  switch (sign.state) {
    case State::never:
      return "was never here";
    case State::left:
      return "left cleanly";
    case State::alive:
      return fmt::format("is alive: its heartbeat block changed {} in {} s", times(sign.changes), watched_s);
    case State::silent:
      break;
  }
  const std::string_view damage = sign.damaged ? " and has a wrong checksum" : "";
  if (sign.dead())
    return fmt::format("is dead: its heartbeat block did not change in {} s{}", silent_s, damage);
  return fmt::format(
      "may be alive: its heartbeat block did not change in {} s{}, but only {} s would prove it dead",
      silent_s, damage, sign.dead_after_ms / 1000);
}

bool has_changed(const HeartbeatBlock& before, const HeartbeatBlock& now) {
  return before.sequence != now.sequence || before.generation != now.generation;
}

/// How much of the whole wait is over, for the node that needs the longest one.
std::pair<u64, u64> progress_of(const HeartbeatEvidence& evidence) {
  std::pair<u64, u64> most{0, 0};
  for (const auto& [node, sign] : evidence.nodes)
    if (sign.undecided() && sign.dead_after_ms - sign.silent_ms >= most.second - most.first)
      most = {sign.silent_ms, sign.dead_after_ms};
  return most;
}

/// True when watching longer could not tell more.
bool settled(const HeartbeatEvidence& evidence, const WatchPolicy& policy) {
  bool waiting = false;
  for (const auto& [node, sign] : evidence.nodes) {
    if (sign.state == State::alive && sign.changes >= policy.proof_changes) return true;
    if (sign.watched_ms >= policy.longest_ms) continue;
    waiting = waiting || sign.undecided() || sign.state == State::alive;
  }
  return !waiting;
}

/// Adds what another region shows.
void merge(HeartbeatEvidence& evidence, const HeartbeatEvidence& other) {
  const auto life = [](const NodeSign& sign) { return std::pair(sign.state, sign.undecided()); };
  for (const auto& [node, sign] : other.nodes) {
    const auto [known, fresh] = evidence.nodes.emplace(node, sign);
    if (!fresh && life(sign) > life(known->second)) known->second = sign;
  }
}

HeartbeatEvidence sample_all(std::vector<Heartbeat>& heartbeats, u64 now_ms, const WatchPolicy& policy) {
  HeartbeatEvidence evidence;
  for (Heartbeat& heartbeat : heartbeats) {
    heartbeat.sample(now_ms);
    merge(evidence, heartbeat.evidence());
  }
  if (policy.node)
    std::erase_if(evidence.nodes, [&](const auto& entry) { return entry.first != *policy.node; });
  return evidence;
}

}  // namespace

std::string node_text(u32 node, const NodeNames& names) {
  const auto name = names.find(node);
  return name == names.end() ? fmt::format("node {}", node) : fmt::format("node {} ({})", node, name->second);
}

bool HeartbeatEvidence::anyone_alive() const {
  return std::ranges::any_of(nodes, [](const auto& node) { return node.second.state == State::alive; });
}

std::vector<std::string> HeartbeatEvidence::words(const NodeNames& names) const {
  std::vector<std::string> lines;
  if (elsewhere)
    lines.push_back(
        "the nodes of this cluster beat on other devices (global heartbeat); whether they are alive cannot "
        "be seen on this one");
  for (const auto& [node, sign] : nodes) lines.push_back(node_text(node, names) + " " + sentence(sign));
  return lines;
}

HeartbeatRegion heartbeat_region(Volume& volume) {
  const auto inode = volume.system_file(SystemFile::heartbeat);
  const auto run = ExtentTree::of(volume.cache(), inode).find(0);
  if (!run) fail(ErrorKind::corrupt, "{}: the heartbeat file is empty", volume.name());
  const Geometry& geometry = volume.geometry();
  const u32 block_bytes = volume.device().sector_size();
  const u64 bytes = run->clusters << geometry.cluster_bits;
  return {geometry.byte_of(run->block), block_bytes,
          static_cast<u32>(std::min<u64>(bytes / block_bytes, nodes_max))};
}

void Heartbeat::sample(u64 now_ms) {
  std::vector<u8> bytes(u64{region_.nodes} * region_.block_bytes);
  device_.read(region_.offset, bytes);
  const bool first = !began_ms_;
  if (first) began_ms_ = now_ms;
  now_ms_ = now_ms;
  for (u32 number = 0; number < region_.nodes; ++number) {
    const ConstBytes block =
        ConstBytes(bytes).subspan(u64{number} * region_.block_bytes, region_.block_bytes);
    const bool used = std::ranges::any_of(block, [](u8 byte) { return byte != 0; });
    if (first && used) nodes_[number] = {{block.begin(), block.end()}, now_ms, 0};
    if (first || (!used && !nodes_.contains(number))) continue;
    Node& node = nodes_[number];
    if (node.block.empty()) node.block.assign(region_.block_bytes, 0);
    if (!HeartbeatBlock::verify(block) ||
        !has_changed(as<HeartbeatBlock>(ConstBytes(node.block)), as<HeartbeatBlock>(block)))
      continue;
    node.block.assign(block.begin(), block.end());
    node.changed_ms = now_ms;
    ++node.changes;
  }
}

NodeSign Heartbeat::sign_of(const Node& node) const {
  const auto& block = as<HeartbeatBlock>(ConstBytes(node.block));
  NodeSign sign;
  sign.damaged = !HeartbeatBlock::verify(node.block);
  sign.changes = node.changes;
  sign.watched_ms = now_ms_ - *began_ms_;
  sign.silent_ms = now_ms_ - node.changed_ms;
  sign.dead_after_ms = sign.damaged || block.dead_ms < 2 * interval_ms ? default_dead_ms : u32{block.dead_ms};
  sign.last_beat_s = sign.damaged ? 0 : u64{block.sequence};
  if (!sign.damaged && block.generation == 0) {
    sign.state = block.sequence == 0 ? State::never : State::left;
  } else {
    sign.state = node.changes > 0 && sign.silent_ms < sign.dead_after_ms ? State::alive : State::silent;
  }
  return sign;
}

HeartbeatEvidence Heartbeat::evidence() const {
  HeartbeatEvidence evidence;
  for (const auto& [number, node] : nodes_) {
    const NodeSign sign = sign_of(node);
    if (sign.state != State::never) evidence.nodes[number] = sign;
  }
  return evidence;
}

HeartbeatEvidence watch_heartbeat(std::span<const WatchedRegion> regions, Clock& clock, Reporter& reporter,
                                  const WatchPolicy& policy) {
  std::vector<Heartbeat> heartbeats;
  for (const WatchedRegion& watched : regions) heartbeats.emplace_back(*watched.device, watched.region);
  HeartbeatEvidence evidence = sample_all(heartbeats, clock.now_ms(), policy);
  if (settled(evidence, policy)) return evidence;
  reporter.stage("Watching for living nodes");
  while (!settled(evidence, policy)) {
    if (reporter.interrupted()) fail(ErrorKind::interrupted, "stopped while watching for living nodes");
    clock.sleep_ms(Heartbeat::interval_ms / 4);  // sees a beat soon after it
    evidence = sample_all(heartbeats, clock.now_ms(), policy);
    const auto [done, total] = progress_of(evidence);
    reporter.progress(done, total);
  }
  reporter.stage_done(evidence.anyone_alive() ? "found one" : "none");
  return evidence;
}

HeartbeatEvidence watch_heartbeat(BlockDevice& device, const HeartbeatRegion& region, Clock& clock,
                                  Reporter& reporter, const WatchPolicy& policy) {
  const WatchedRegion watched{&device, region};
  return watch_heartbeat(std::span(&watched, 1), clock, reporter, policy);
}

HeartbeatEvidence watch_heartbeat(Volume& volume, Clock& clock, Reporter& reporter,
                                  const WatchPolicy& policy) {
  const ClusterIdentity cluster = volume.cluster();
  if (cluster.local) return {};
  if (cluster.global_heartbeat) return {.elsewhere = true, .nodes = {}};
  return watch_heartbeat(volume.device(), heartbeat_region(volume), clock, reporter, policy);
}

}  // namespace ocfs2
