// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/cluster/guard.h"

#include <algorithm>

#include "engine/cluster/guard_locks.h"
#include "engine/error.h"
#include "net/cluster_conf.h"
#include "net/heartbeat_service.h"

namespace ocfs2 {
namespace {

using State = NodeSign::State;
using Basis = ClusterGuard::Basis;

/// Long enough to see five beats of a living node; too short to prove anybody dead.
constexpr u64 glance_ms = 10'000;

std::string nodes_text(const auto& nodes, const NodeNames& names) {
  std::string text;
  for (const u32 node : nodes) text += (text.empty() ? "" : ", ") + node_text(node, names);
  return text;
}

/// What is known of a node's heartbeat, behind "slot 0 says node 3, ".
std::string beat_text(const GuardEvidence& evidence, u32 node) {
  if (!evidence.visible) return "whose heartbeat cannot be seen";
  const auto found = evidence.heartbeat.nodes.find(node);
  if (found == evidence.heartbeat.nodes.end()) return "which never beat here";
  const NodeSign& sign = found->second;
  if (sign.state == State::alive) return "which is alive";
  if (sign.state == State::left) return "which left cleanly";
  return fmt::format("no beat for {} s", sign.silent_ms / 1000);
}

/// The cluster that cluster.conf has for a volume; a classic volume does not say, but there is mostly one.
std::string cluster_name(const ClusterIdentity& cluster, const ClusterConf& conf) {
  const std::vector<std::string> names = conf.clusters();
  return cluster.cluster.empty() && names.size() == 1 ? names.front() : cluster.cluster;
}

/// Gathers the evidence.
class Lookout {
 public:
  Lookout(Volume& volume, const GuardWorld& world, Reporter& reporter)
      : volume_(volume), world_(world), reporter_(reporter) {}

  GuardEvidence look(const WatchPolicy& policy, const std::optional<RunningCluster>& running) {
    conf_ = read_cluster_conf(world_.root + "/etc/ocfs2/cluster.conf");
    cluster_ = cluster_name(volume_.cluster(), conf_);
    learn_names(running);
    careful([&] { read_slots(); });
    careful([&] { find_regions(); });
    careful([&] { watch(policy); });
    return std::move(evidence_);
  }

 private:
  /// On a damaged volume some of the evidence cannot be had; the rest still counts.
  void careful(const std::function<void()>& step) try { step(); } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) throw;
    evidence_.troubles.emplace_back(error.what());
  }

  /// cluster.conf is o2cb's; corosync numbers its nodes by itself.
  void learn_names(const std::optional<RunningCluster>& running) {
    if (volume_.cluster().stack != "o2cb") return;
    for (const ConfNode& node : conf_.nodes(cluster_)) evidence_.names[node.number] = node.name;
    if (!running || (!cluster_.empty() && running->name != cluster_)) return;
    for (const auto& [number, name] : running->nodes) evidence_.names[number] = name;
  }

  void read_slots() {
    const auto nodes = volume_.slot_map();
    for (u32 slot = 0; slot < nodes.size(); ++slot) {
      SlotSign sign{slot, nodes[slot]};
      careful([&] { sign.dirty = volume_.journal_dirty(slot); });
      if (sign.node || sign.dirty) evidence_.slots.push_back(sign);
    }
  }

  void find_regions() {
    const ClusterIdentity cluster = volume_.cluster();
    if (cluster.stack != "o2cb") {
      evidence_.troubles.push_back(fmt::format(
          "the nodes of a {} cluster do not beat on disks, so nothing can be seen of them", cluster.stack));
    } else if (cluster.global_heartbeat) {
      find_global_regions();
    } else {
      regions_.push_back({&volume_.device(), heartbeat_region(volume_)});
    }
  }

  void find_global_regions() {
    const std::vector<std::string> regions = conf_.regions(cluster_);
    if (regions.empty())
      evidence_.troubles.push_back(fmt::format(
          "the nodes of this cluster beat on other devices (global heartbeat), and /etc/ocfs2/cluster.conf "
          "does not name those of cluster \"{}\"",
          cluster_));
    for (const std::string& uuid : regions) careful([&] { open_region(uuid); });
  }

  void open_region(const std::string& uuid) {
    auto device = uuid == volume_.uuid() || !world_.find_volume ? nullptr : world_.find_volume(uuid);
    if (uuid == volume_.uuid()) {
      regions_.push_back({&volume_.device(), heartbeat_region(volume_)});
    } else if (!device) {
      evidence_.troubles.push_back(fmt::format("no device of this host is the heartbeat region {}", uuid));
    } else {
      const auto region_volume = Volume::open(
          *device, {.heartbeat_device = true, .unknown_features = true, .unfinished_change = true});
      regions_.push_back({device.get(), heartbeat_region(*region_volume)});
      devices_.push_back(std::move(device));
    }
  }

  void watch(const WatchPolicy& policy) {
    if (regions_.empty()) return;
    evidence_.heartbeat =
        watch_heartbeat(std::span<const WatchedRegion>(regions_), world_.clock, reporter_, policy);
    evidence_.visible = true;
  }

  Volume& volume_;
  const GuardWorld& world_;
  Reporter& reporter_;
  ClusterConf conf_;
  std::string cluster_;
  std::vector<std::unique_ptr<BlockDevice>> devices_;
  std::vector<WatchedRegion> regions_;
  GuardEvidence evidence_;
};

constexpr std::string_view advice =
    "To change the volume, start its cluster on this host and run again; or, when the nodes are known to be "
    "off, say so with --assume-offline (all of them) or --assume-offline=NODE,...";

/// Why the evidence is not enough for the wish; empty when it is.
std::string refusal_for(const Volume& volume, const GuardWish& wish, const GuardEvidence& evidence,
                        const std::string& no_lock) {
  const std::vector<u32> living = evidence.living();
  if (!living.empty())
    return fmt::format("{} is in use: {} {} alive. Unmount it there first", volume.name(),
                       nodes_text(living, evidence.names), living.size() == 1 ? "is" : "are");
  if (!wish.writing || wish.force) return {};
  if (!wish.offline)
    return fmt::format("{}: the cluster's lock cannot be had ({}), and silence is no proof. {}",
                       volume.name(), no_lock, advice);
  std::set<u32> others = evidence.suspects();
  std::erase_if(others, [&](u32 node) { return wish.offline->covers(node); });
  if (others.empty()) return {};
  return fmt::format("{}: {} may have it mounted, too, and --assume-offline does not name {}", volume.name(),
                     nodes_text(others, evidence.names), others.size() == 1 ? "it" : "them");
}

/// The cluster of this host, when it could lock the volume if only that were its own.
std::optional<ClusterIdentity> other_cluster(const Volume& volume,
                                             const std::optional<RunningCluster>& running) {
  if (!running || running->stack != "o2cb" || !running->local_node) return std::nullopt;
  const ClusterIdentity here{
      .stack = "o2cb", .cluster = running->name, .global_heartbeat = running->global_heartbeat};
  const ClusterIdentity own = volume.cluster();
  const bool same_name = own.cluster.empty() || own.cluster == here.cluster;
  const bool same = own.stack == here.stack && same_name && own.global_heartbeat == here.global_heartbeat;
  return same ? std::nullopt : std::optional(here);
}

Basis basis_for(const GuardWish& wish) {
  return !wish.writing ? Basis::silence : wish.force ? Basis::force : Basis::claim;
}

/// Who answers for the nodes need not wait for their death.
WatchPolicy policy_for(const GuardWish& wish) {
  WatchPolicy policy;
  if (wish.force || wish.offline) policy.longest_ms = glance_ms;
  return policy;
}

}  // namespace

ClusterGuard::ClusterGuard(Basis basis) : basis_(basis) {}
ClusterGuard::~ClusterGuard() = default;

std::vector<u32> GuardEvidence::living() const {
  std::vector<u32> nodes;
  for (const auto& [node, sign] : heartbeat.nodes)
    if (sign.state == State::alive) nodes.push_back(node);
  return nodes;
}

std::set<u32> GuardEvidence::suspects() const {
  std::set<u32> nodes;
  for (const auto& [node, sign] : heartbeat.nodes)
    if (sign.state == State::alive || sign.state == State::silent) nodes.insert(node);
  for (const SlotSign& slot : slots)
    if (slot.node) nodes.insert(*slot.node);
  return nodes;
}

bool GuardEvidence::all_left() const { return visible && slots.empty() && suspects().empty(); }

std::vector<std::string> GuardEvidence::words() const {
  std::vector<std::string> lines = troubles;
  for (const std::string& line : heartbeat.words(names)) lines.push_back(line);
  for (const SlotSign& slot : slots) {
    const std::string who =
        slot.node ? fmt::format("says {}, {}", node_text(*slot.node, names), beat_text(*this, *slot.node))
                  : "names no node";
    lines.push_back(
        fmt::format("slot {} {}{}", slot.slot, who, slot.dirty ? "; its journal was not emptied" : ""));
  }
  if (visible && lines.empty()) lines.emplace_back("no node has left a trace on the volume");
  return lines;
}

GuardOutcome guard_volume(Volume& volume, const GuardWish& wish, const GuardWorld& world,
                          Reporter& reporter) {
  GuardOutcome outcome;
  if (volume.cluster().local) {
    outcome.guard = std::make_unique<ClusterGuard>(Basis::local);
    return outcome;
  }
  const std::optional<RunningCluster> running = running_cluster(world.root);
  if (wish.writing && !wish.force) {
    LockTaker locks(volume, world, running);
    outcome.guard = locks.take();
    if (outcome.guard) return outcome;
    outcome.no_lock = locks.no_cluster();
    outcome.other_cluster = other_cluster(volume, running);
    outcome.mounted_elsewhere = locks.mounted();
    if (!locks.in_use().empty()) {
      outcome.refusal =
          fmt::format("{} is in use: {}. Unmount it on all nodes first", volume.name(), locks.in_use());
      return outcome;
    }
  }
  outcome.evidence = Lookout(volume, world, reporter).look(policy_for(wish), running);
  outcome.refusal = refusal_for(volume, wish, outcome.evidence, outcome.no_lock);
  if (outcome.refusal.empty()) outcome.guard = std::make_unique<ClusterGuard>(basis_for(wish));
  return outcome;
}

GuardEvidence evidence_of_use(Volume& volume, const GuardWorld& world, Reporter& reporter,
                              const WatchPolicy& policy) {
  return Lookout(volume, world, reporter).look(policy, running_cluster(world.root));
}

GuardOutcome guard_beside(Volume& volume, const GuardWorld& world) {
  GuardOutcome outcome;
  if (volume.cluster().local) {
    outcome.guard = std::make_unique<ClusterGuard>(Basis::local);
    return outcome;
  }
  const std::optional<RunningCluster> running = running_cluster(world.root);
  LockTaker locks(volume, world, running);
  outcome.guard = locks.take_beside();
  outcome.no_lock = locks.no_cluster();
  if (locks.mounted())
    outcome.refusal =
        fmt::format("{} is mounted on another node; run this on a node that has it mounted", volume.name());
  else if (!locks.in_use().empty())
    outcome.refusal = fmt::format("{}: {}; wait until it has ended", volume.name(), locks.in_use());
  else if (!outcome.guard)
    outcome.refusal = fmt::format("{} is mounted, and other tools cannot be kept away meanwhile: {}",
                                  volume.name(), locks.no_cluster());
  return outcome;
}

}  // namespace ocfs2
