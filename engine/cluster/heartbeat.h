// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who is alive, from bytes and a clock (spec: cluster.md D1, D3). Every node that has a volume mounted writes
// its own heartbeat block every two seconds. Somebody outside the cluster, such as mkfs, cannot ask those
// nodes anything, but can watch: a block that changes proves a living node, and one that stays as it is for
// as long as its node may be silent proves a dead one.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/cluster/clock.h"
#include "engine/io/block_device.h"
#include "engine/reporter.h"

namespace ocfs2 {

class Volume;

/// Where nodes beat: block n belongs to node n.
struct HeartbeatRegion {
  u64 offset;       ///< bytes from the start of the device
  u32 block_bytes;  ///< a sector of the device
  u32 nodes;        ///< how many blocks
};
/// The region in a volume's heartbeat file. Throws Error(corrupt) when there is none or it is too small for a
/// node.
HeartbeatRegion heartbeat_region(Volume& volume);

/// What is known of one node.
struct NodeSign {
  enum class State : u8 {
    never,   ///< its block was never written
    left,    ///< it said goodbye
    silent,  ///< its block was written, but has not changed since we look
    alive,   ///< its block changed while we looked
  };
  State state = State::never;
  bool damaged = false;   ///< the block's checksum is wrong, so far
  u32 changes = 0;        ///< seen
  u64 watched_ms = 0;     ///< how long we have been looking
  u64 silent_ms = 0;      ///< since the last change, or since we look
  u64 dead_after_ms = 0;  ///< silence that means death
  u64 last_beat_s = 0;    ///< since 1970, by the node's own clock; 0: its block does not tell

  bool dead() const { return state == State::silent && silent_ms >= dead_after_ms; }
  /// True while only time can tell.
  bool undecided() const { return state == State::silent && !dead(); }
};

using NodeNames = std::map<u32, std::string>;
std::string node_text(u32 node, const NodeNames& names);  ///< "node 3 (alpha)", or "node 3"

/// What watching a heartbeat region has shown.
struct HeartbeatEvidence {
  /// The cluster beats on devices of its own (global heartbeat): nothing can be seen here, and the slot map
  /// is the only trace of who uses the volume.
  bool elsewhere = false;
  std::map<u32, NodeSign> nodes;  ///< by number; without those that never were there

  bool anyone_alive() const;
  /// A line for each node: "node 3 is alive: its heartbeat block changed twice in 4 s".
  std::vector<std::string> words(const NodeNames& names = {}) const;
};

/// Watches a region, sample by sample.
class Heartbeat {
 public:
  static constexpr u32 default_dead_ms = 62000;  ///< of a block that does not say
  static constexpr u32 interval_ms = 2000;       ///< between two beats of a node

  Heartbeat(BlockDevice& device, const HeartbeatRegion& region) : device_(device), region_(region) {}

  /// Reads all blocks and compares them with what they were. `now_ms` is a Clock's. Throws Error(io).
  void sample(u64 now_ms);
  HeartbeatEvidence evidence() const;

 private:
  struct Node {
    std::vector<u8> block;  ///< as it was last
    u64 changed_ms = 0;     ///< when it last changed, or when we began
    u32 changes = 0;
  };
  NodeSign sign_of(const Node& node) const;

  BlockDevice& device_;
  HeartbeatRegion region_;
  std::map<u32, Node> nodes_;
  std::optional<u64> began_ms_;
  u64 now_ms_ = 0;
};

/// How long to look.
struct WatchPolicy {
  u32 proof_changes = 1;     ///< so many changes prove a node alive
  u64 longest_ms = 300'000;  ///< give up even on nodes that claim a longer dead time
  std::optional<u32> node{};  ///< only this one counts
};

/// Looks until a node is proven alive or all are known not to be. Returns at once when no node has a block in
/// use. Waiting shows as a stage with progress. Throws Error(io), Error(interrupted).
HeartbeatEvidence watch_heartbeat(BlockDevice& device, const HeartbeatRegion& region, Clock& clock,
                                  Reporter& reporter, const WatchPolicy& policy = {});
/// The same for several regions at a time, on which the nodes of one cluster beat: of each node the liveliest
/// sign counts.
struct WatchedRegion {
  BlockDevice* device;
  HeartbeatRegion region;
};
HeartbeatEvidence watch_heartbeat(std::span<const WatchedRegion> regions, Clock& clock, Reporter& reporter,
                                  const WatchPolicy& policy = {});
/// The same for a volume: nothing to see for local ones, and `elsewhere` for global heartbeat.
HeartbeatEvidence watch_heartbeat(Volume& volume, Clock& clock, Reporter& reporter,
                                  const WatchPolicy& policy = {});

}  // namespace ocfs2
