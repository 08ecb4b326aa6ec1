// SPDX-License-Identifier: GPL-2.0-or-later
//
// What lies around the cluster: the network to its nodes, its volumes, what is below and beside them.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "engine/cluster/doctor.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

using State = ProbeResult::State;

O2netHandshake own_handshake(const ClusterFacts& facts) {
  const auto time = [&](std::size_t which) {
    const unsigned now = facts.kernel.time(o2cb_times[which]);
    return now != 0 ? now : facts.settings.time(o2cb_times[which]).value_or(o2cb_times[which].usual);
  };
  return {.heartbeat_ms = facts.dead_seconds() * 1000,
          .idle_ms = time(1),
          .keepalive_ms = time(2),
          .reconnect_ms = time(3)};
}

void judge_peer(const ClusterFacts& facts, const ConfNode& node, const ProbeResult& result,
                Diagnosis& diagnosis) {
  const std::string who = fmt::format("node '{}' at {}:{}", node.name, node.address, node.port);
  switch (result.state) {
    case State::refused:
      return diagnosis.error("PEER_DOWN", fmt::format("{}: nobody listens there", who),
                             "on that node: o2cb online " + facts.cluster);
    case State::unreachable:
      return diagnosis.error(
          "PEER_UNREACHABLE", fmt::format("{} does not answer: it is off, or a firewall is between", who),
          fmt::format("on that node: firewall-cmd --permanent --add-port={}/tcp && firewall-cmd "
                      "--reload, or iptables -I INPUT -p tcp --dport {} -j ACCEPT",
                      node.port, node.port));
    case State::other:
      return diagnosis.error("PEER_IS_NO_O2NET", fmt::format("{}: what listens there is no o2net", who),
                             fmt::format("on that node: ss -ltnp 'sport = :{}'", node.port));
    case State::greeted:
      if (const std::string words = result.handshake->difference(own_handshake(facts)); !words.empty())
        diagnosis.error("PEER_DIFFERS", fmt::format("{} will not talk to this host: {}", who, words),
                        "make the settings of the service the same on all nodes: o2cb configure");
      return;
    case State::closed:     // it is there, and does not expect this host now
    case State::no_source:  // ADDRESS_NOT_HERE tells
      return;
  }
}

void examine_volume(const ClusterFacts& facts, const SeenVolume& volume, Diagnosis& diagnosis) {
  const std::string who = fmt::format("the volume on {}{}", volume.device,
                                      volume.label.empty() ? "" : fmt::format(" (label {})", volume.label));
  if (volume.cluster.stack != facts.stack)
    return diagnosis.error("VOLUME_STACK",
                           fmt::format("{} is for the cluster stack {}, this host uses {}", who,
                                       volume.cluster.stack, facts.stack),
                           "tunefs.ocfs2 --update-cluster-stack " + volume.device);
  if (facts.cluster.empty()) return;
  if (!volume.cluster.cluster.empty() && volume.cluster.cluster != facts.cluster)
    return diagnosis.warn(
        "VOLUME_CLUSTER",
        fmt::format("{} belongs to cluster '{}', not to '{}'", who, volume.cluster.cluster, facts.cluster),
        "if it is to: tunefs.ocfs2 --update-cluster-stack " + volume.device);
  if (facts.user_stack() || volume.heartbeat_device) return;  // nobody mounts that
  const bool global = facts.conf.global_heartbeat(facts.cluster);
  if (!volume.heartbeat_device && volume.cluster.global_heartbeat != global)
    diagnosis.error(
        "VOLUME_HEARTBEAT",
        fmt::format("{} is for {} heartbeat{}, the cluster has {}", who,
                    volume.cluster.global_heartbeat ? "global" : "local",
                    volume.cluster.classic() ? ", as it names no cluster" : "", global ? "global" : "local"),
        "tunefs.ocfs2 --update-cluster-stack " + volume.device);
  const std::size_t nodes = facts.conf.nodes(facts.cluster).size();
  if (volume.slots < nodes)
    diagnosis.warn("VOLUME_SLOTS",
                   fmt::format("{} has {} node slots, the cluster {} nodes: not all can mount it at a time",
                               who, volume.slots, nodes),
                   fmt::format("with the volume unmounted: tunefs.ocfs2 -N {} {}", nodes, volume.device));
}

void examine_regions(const ClusterFacts& facts, Diagnosis& diagnosis) {
  for (const std::string& region : facts.conf.regions(facts.cluster))
    if (std::ranges::find(facts.world.volumes, region, &SeenVolume::uuid) == facts.world.volumes.end())
      diagnosis.error(
          "REGION_NOT_FOUND",
          fmt::format("no block device of this host holds the volume of the heartbeat region {}", region),
          "rescan the storage (iscsiadm -m session --rescan, multipath -r, partprobe), or on all nodes: "
          "o2cb remove-heartbeat " +
              facts.cluster + " " + region);
}

/// A program's configuration: a file, and what lies in a folder beside it.
std::string configuration(const ClusterFacts& facts, const char* file, const char* folder) {
  std::string text = whole_file(facts.path(file)).value_or("");
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(facts.path(folder), ignored))
    text += "\n" + whole_file(entry.path()).value_or("");
  return text;
}

constexpr char iscsi_sessions[] = "/sys/class/iscsi_session";

/// Storage that holds requests back longer than the dead time lets a node fence itself over a short failure
/// of a path.
void examine_iscsi_time(const ClusterFacts& facts, const std::string& session, Diagnosis& diagnosis) {
  const auto seconds = small_number(facts.line(fmt::format("{}/{}/recovery_tmo", iscsi_sessions, session)));
  if (seconds && *seconds >= facts.dead_seconds())
    diagnosis.warn(
        "ISCSI_TIMEOUT",
        fmt::format("iSCSI {} holds requests back for {} s when its target is gone; this host fences "
                    "itself after {} s",
                    session, *seconds, facts.dead_seconds()),
        fmt::format("iscsiadm -m node -o update -n node.session.timeo.replacement_timeout -v {}, then log in "
                    "again; or a larger O2CB_HEARTBEAT_THRESHOLD on all nodes",
                    facts.dead_seconds() / 2));
}

/// A host whose target has gone hangs in its last flush, be it that of an unmount or of a shutdown.
void examine_iscsi_target(const ClusterFacts& facts, const std::string& session, Diagnosis& diagnosis) {
  const std::string number = session.substr(std::min(session.size(), session.find_first_of("0123456789")));
  if (facts.line(fmt::format("{}/{}/state", iscsi_sessions, session)) != "LOGGED_IN")
    diagnosis.error(
        "ISCSI_LOST",
        fmt::format("iSCSI {} has lost its target {}: unmounting, syncing and shutting down hang until it is "
                    "back",
                    session, facts.line(fmt::format("{}/{}/targetname", iscsi_sessions, session))),
        "bring the target back; to give its disks up instead: iscsiadm -m session -r " + number + " -u");
  const std::string address =
      facts.line(fmt::format("/sys/class/iscsi_connection/connection{}:0/persistent_address", number));
  const auto nodes = facts.conf.nodes(facts.cluster);
  const auto node = std::ranges::find(nodes, address, &ConfNode::address);
  if (node != nodes.end())
    diagnosis.warn("ISCSI_TARGET_IS_NODE",
                   fmt::format("iSCSI {} has its disks from node '{}' of this cluster: hosts that outlive it "
                               "hang in their last flush",
                               session, node->name),
                   "stop that node last, when all others have unmounted and logged out");
}

void examine_iscsi(const ClusterFacts& facts, Diagnosis& diagnosis) {
  std::error_code ignored;
  std::vector<std::string> sessions;  // links, in sysfs
  for (const auto& entry : std::filesystem::directory_iterator(facts.path(iscsi_sessions), ignored))
    sessions.push_back(entry.path().filename());
  std::ranges::sort(sessions);
  for (const std::string& session : sessions) {
    examine_iscsi_time(facts, session, diagnosis);
    examine_iscsi_target(facts, session, diagnosis);
  }
  const std::string daemon = facts.line("/run/iscsid.pid");
  if (!sessions.empty() && (daemon.empty() || facts.line("/proc/" + daemon + "/comm").empty()))
    diagnosis.warn("ISCSI_ALONE",
                   "no iscsid runs: an iSCSI session that a network error has ended is not restored",
                   "systemctl enable --now iscsid");
}

/// For how many seconds multipath holds requests back when all paths are gone; nothing when for ever.
std::optional<unsigned> multipath_seconds(const std::string& text) {
  unsigned retries = 0, interval = 5;
  for (const std::string& line : pieces(text, "\n")) {
    const std::vector<std::string> words = pieces(line, " \t\"");
    if (words.size() < 2) continue;
    const unsigned value = std::min(small_number(words[1]).value_or(0), 100'000U);
    if (words[0] == "polling_interval") interval = value;
    if (words[0] == "no_path_retry") retries = std::max(retries, value);
    if (words[0] == "no_path_retry" && words[1] == "queue") return std::nullopt;
    if (words[0] == "features" && line.find("queue_if_no_path") != line.npos) return std::nullopt;
  }
  return retries * interval;
}

void examine_multipath(const ClusterFacts& facts, Diagnosis& diagnosis) {
  const auto seconds =
      multipath_seconds(configuration(facts, "/etc/multipath.conf", "/etc/multipath/conf.d"));
  if (seconds && (*seconds == 0 || *seconds < facts.dead_seconds())) return;
  diagnosis.warn("MULTIPATH_QUEUES",
                 fmt::format("multipath holds requests back {} when all paths are gone; this host "
                             "fences itself after {} s, and so do the others",
                             seconds ? fmt::format("for {} s", *seconds) : "for ever", facts.dead_seconds()),
                 "no_path_retry with a smaller number in /etc/multipath.conf, so that paths are given up "
                 "before that; then: multipathd reconfigure");
}

/// The largest value of a word in DRBD's configuration, `usual` when it is not set.
unsigned drbd_setting(const std::string& text, const std::string& wanted, unsigned usual) {
  unsigned value = 0;
  for (const std::string& statement : pieces(text, ";{}\n")) {
    const std::vector<std::string> words = pieces(statement);
    if (words.size() == 2 && words[0] == wanted) value = std::max(value, small_number(words[1]).value_or(0));
  }
  return value != 0 ? value : usual;
}

/// While DRBD waits for a dead peer every write hangs, those of the heartbeat, too: the survivor fences
/// itself.
void examine_drbd_times(const ClusterFacts& facts, const std::string& text, Diagnosis& diagnosis) {
  const unsigned interval = drbd_setting(text, "ping-int", 10),
                 answer = drbd_setting(text, "ping-timeout", 5);
  const unsigned seconds = 2 * interval + (answer + 9) / 10;
  if (seconds + 2 < facts.dead_seconds()) return;
  diagnosis.error(
      "DRBD_SLOW",
      fmt::format("DRBD notices a dead peer after up to {} s and holds all writes back meanwhile, the "
                  "heartbeat's, too; this host then fences itself after {} s",
                  seconds, facts.dead_seconds()),
      "in DRBD's net section: ping-int 3; ping-timeout 10; connect-int 3; timeout 20; or a larger "
      "O2CB_HEARTBEAT_THRESHOLD; on both nodes");
}

void examine_drbd(const ClusterFacts& facts, Diagnosis& diagnosis) {
  const auto there = whole_file(facts.path("/proc/drbd"));
  if (!there) return;
  const std::string text = configuration(facts, "/etc/drbd.conf", "/etc/drbd.d");
  if (!facts.user_stack()) examine_drbd_times(facts, text, diagnosis);
  if (text.find("resource-and-stonith") == text.npos)
    diagnosis.warn("DRBD_NO_FENCING",
                   "DRBD fences nobody: when only the link between the two breaks, each goes on writing to "
                   "its own disk, and one side's writes will be lost",
                   "fencing resource-and-stonith in DRBD's disk section (since version 9: net), with a "
                   "handler fence-peer");
  const std::string& proc = *there;
  for (const std::string& line : pieces(proc, "\n")) {
    const std::size_t at = line.find("cs:");
    if (at == line.npos) continue;
    const std::string minor(trimmed(line.substr(0, line.find(':'))));
    if (line.find("cs:StandAlone") != line.npos || line.find("cs:WFConnection") != line.npos)
      diagnosis.error(
          "DRBD_APART", fmt::format("/dev/drbd{} is not connected to its peer", minor),
          "drbdadm connect all; after a split brain: drbdadm connect --discard-my-data RESOURCE on the "
          "side that loses");
    else if (line.find("ro:Primary/Primary") == line.npos)
      diagnosis.warn("DRBD_NOT_DUAL", fmt::format("/dev/drbd{} is not primary on both sides", minor),
                     "allow-two-primaries yes in the resource, then on both: drbdadm primary RESOURCE");
  }
}

}  // namespace

void examine_peers(const ClusterFacts& facts, Diagnosis& diagnosis) {
  if (facts.user_stack() || !facts.own || !facts.world.probe) return;
  for (const ConfNode& node : facts.conf.nodes(facts.cluster)) {
    if (node.name == facts.own->name || !is_ipv4_address(node.address) || node.port == 0) continue;
    judge_peer(facts, node, facts.world.probe(node, facts.own->address), diagnosis);
  }
}

void examine_storage(const ClusterFacts& facts, Diagnosis& diagnosis) {
  for (const SeenVolume& volume : facts.world.volumes)
    if (!volume.cluster.local) examine_volume(facts, volume, diagnosis);
  if (!facts.user_stack()) examine_regions(facts, diagnosis);
  examine_iscsi(facts, diagnosis);
  examine_multipath(facts, diagnosis);
  examine_drbd(facts, diagnosis);
}

void examine_system(const ClusterFacts& facts, Diagnosis& diagnosis) {
  if (facts.line("/proc/sys/kernel/panic") == "0")
    diagnosis.warn(
        "PANIC_HANGS",
        "a kernel that panics stays as it is: nodes wait for it until its heartbeat is missed, and "
        "nobody reboots it",
        "sysctl -w kernel.panic=30, and the same in /etc/sysctl.d");
  if (facts.line("/proc/sys/kernel/panic_on_oops") == "0")
    diagnosis.warn(
        "OOPS_GOES_ON",
        "a kernel goes on after an oops: a node that has lost part of itself may keep locks for ever",
        "sysctl -w kernel.panic_on_oops=1, and the same in /etc/sysctl.d");
  if (!facts.world.clock_kept)
    diagnosis.warn("CLOCK_ALONE",
                   "nothing keeps this host's clock right: files get times that the other nodes do not "
                   "believe, and logs cannot be compared",
                   "systemctl enable --now chrony, or another NTP service, on all nodes");
  const std::string zone = whole_file(facts.path("/etc/firewalld/zones/public.xml")).value_or("");
  if (facts.own && facts.world.tree.read(facts.path("/run/firewalld/firewalld.pid")) &&
      zone.find(fmt::format("port=\"{}\"", facts.own->port)) == zone.npos)
    diagnosis.warn(
        "FIREWALL_HERE", "firewalld runs on this host and lets no other node in",
        fmt::format("firewall-cmd --permanent --add-port={}/tcp && firewall-cmd --reload", facts.own->port));
}

}  // namespace ocfs2
