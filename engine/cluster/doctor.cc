// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel, the configuration, and the two against each other.
#include "engine/cluster/doctor.h"

#include <fmt/format.h>

#include <algorithm>

#include "net/cluster_conf_check.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

/// The cluster that this host is to be in.
std::string cluster_meant(const O2cbSettings& settings, const ClusterConf& conf, const std::string& active) {
  if (const std::string boot = settings.get("O2CB_BOOTCLUSTER"); !boot.empty()) return boot;
  if (!active.empty()) return active;
  const std::vector<std::string> names = conf.clusters();
  return names.size() == 1 ? names.front() : std::string();
}

void examine_own_node(const ClusterFacts& facts, Diagnosis& diagnosis) {
  if (!facts.own) {
    std::vector<std::string> names;
    for (const ConfNode& node : facts.conf.nodes(facts.cluster)) names.push_back(node.name);
    return diagnosis.error(
        "HOST_IS_NO_NODE",
        fmt::format("this host is called '{}', the nodes of cluster '{}' are {}", facts.world.host_name,
                    facts.cluster, names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))),
        fmt::format("o2cb add-node --ip ADDRESS {} {}, on all nodes; or hostnamectl "
                    "set-hostname NODE",
                    facts.cluster, facts.world.host_name));
  }
  const auto& addresses = facts.world.addresses;
  if (is_loopback(facts.own->address)) return;  // the configuration's check says so
  if (std::ranges::find(addresses, facts.own->address) == addresses.end())
    diagnosis.error("ADDRESS_NOT_HERE",
                    fmt::format("cluster.conf gives this host the address {}, but its interfaces have {}",
                                facts.own->address,
                                addresses.empty() ? "none" : fmt::format("{}", fmt::join(addresses, ", "))),
                    "bring that interface up, or correct ip_address in cluster.conf on all nodes");
}

std::string node_words(const ConfNode& node) {
  return fmt::format("number {} at {}:{}", node.number, node.address, node.port);
}

void compare_nodes(const ClusterFacts& facts, Diagnosis& diagnosis) {
  const std::vector<ConfNode> written = facts.conf.nodes(facts.cluster), known = facts.kernel.nodes();
  const std::string again = "o2cb register-cluster " + facts.cluster;
  for (const ConfNode& node : written) {
    const auto found = std::ranges::find(known, node.name, &ConfNode::name);
    if (found == known.end())
      diagnosis.error("NODE_NOT_REGISTERED",
                      fmt::format("node '{}' is in cluster.conf, but the kernel does not know it", node.name),
                      again);
    else if (node_words(*found) != node_words(node))
      diagnosis.error("NODE_DIFFERS",
                      fmt::format("node '{}' is {} in cluster.conf and {} in the kernel", node.name,
                                  node_words(node), node_words(*found)),
                      "unmount its volumes here, then: " + again);
  }
  for (const ConfNode& node : known)
    if (std::ranges::find(written, node.name, &ConfNode::name) == written.end())
      diagnosis.warn("NODE_NOT_WRITTEN",
                     fmt::format("the kernel knows a node '{}' that is not in cluster.conf", node.name),
                     again);
}

void compare_times(const ClusterFacts& facts, Diagnosis& diagnosis) {
  for (const O2cbTime& time : o2cb_times) {
    const unsigned wanted = facts.settings.time(time).value_or(time.usual), now = facts.kernel.time(time);
    if (now != wanted)
      diagnosis.error("TIMES_DIFFER",
                      fmt::format("the {} is {} in the kernel, but the settings say {}; nodes with different "
                                  "times do not talk to each other",
                                  time.words, now, wanted),
                      "unmount all volumes, then: o2cb restart");
  }
}

void compare_regions(const ClusterFacts& facts, Diagnosis& diagnosis) {
  const std::vector<std::string> written = facts.conf.regions(facts.cluster),
                                 beating = facts.kernel.regions();
  for (const std::string& region : written)
    if (std::ranges::find(beating, region) == beating.end())
      diagnosis.error("REGION_SILENT", fmt::format("this host does not beat on the region {}", region),
                      "o2cb start-heartbeat " + facts.cluster);
  for (const std::string& region : beating)
    if (std::ranges::find(written, region) == written.end())
      diagnosis.error(
          "REGION_NOT_WRITTEN",
          fmt::format("this host beats on the region {}, which is not in cluster.conf; nodes with "
                      "different regions do not join each other",
                      region),
          fmt::format("o2cb add-heartbeat {} {}, on all nodes", facts.cluster, region));
}

/// The cluster of corosync, as dlm_controld makes it known to the kernel.
void examine_dlm(const ClusterFacts& facts, Diagnosis& diagnosis) {
  if (facts.cluster.empty())
    diagnosis.error("NO_DLM_CONTROLD",
                    fmt::format("the cluster stack {} needs corosync and dlm_controld, and dlm_controld does "
                                "not run on this host",
                                facts.stack),
                    "systemctl start corosync dlm");
  const std::string settings = whole_file(facts.path("/etc/dlm/dlm.conf")).value_or("");
  for (const std::string& line : pieces(settings, "\n"))
    if (line.starts_with("enable_fencing") && line.ends_with("0"))
      diagnosis.warn(
          "DLM_FENCING",
          "fencing is off in /etc/dlm/dlm.conf: a node that only lost the network goes on writing, "
          "beside those that think it dead",
          "take enable_fencing=0 out on all nodes, and give the cluster a way to fence");
}

/// Settings of a service that is not enabled may never have been looked at, unless they name a stack.
std::string stack_meant(const O2cbSettings& settings, const DoctorWorld& world) {
  const auto kernel = world.tree.read(world.root + "/sys/fs/ocfs2/cluster_stack");
  const bool meant = settings.enabled() || !settings.get("O2CB_STACK").empty();
  return meant || !kernel ? settings.stack() : *kernel;
}

}  // namespace

unsigned ClusterFacts::dead_seconds() const {
  const unsigned now = kernel.time(o2cb_times[0]);
  const unsigned threshold = now != 0 ? now : settings.time(o2cb_times[0]).value_or(o2cb_times[0].usual);
  return threshold > 0 ? (threshold - 1) * 2 : 0;
}

void examine_kernel(const ClusterFacts& facts, Diagnosis& diagnosis) {
  Host& host = facts.world.host;
  const std::string stack = facts.line("/sys/fs/ocfs2/cluster_stack");
  if (stack.empty())
    diagnosis.error(
        "NO_STACK_GLUE", "the kernel's module ocfs2_stackglue is not loaded",
        "o2cb load; if that fails, the distribution may have ocfs2 in a package of its own, such as "
        "linux-modules-extra");
  else if (stack != facts.stack)
    diagnosis.error(
        "STACK_DIFFERS",
        fmt::format("the kernel uses the cluster stack {}, the settings say {}", stack, facts.stack),
        "unmount all volumes, then: o2cb restart");
  if (!host.is_mounted("configfs", "/sys/kernel/config"))
    diagnosis.error("NO_CONFIGFS", "configfs is not mounted at /sys/kernel/config", "o2cb load");
  else if (!facts.user_stack() && !facts.kernel.possible())
    diagnosis.error("NO_NODEMANAGER", "the kernel's module ocfs2_nodemanager is not loaded", "o2cb load");
  if (!facts.user_stack() && !host.is_mounted("ocfs2_dlmfs", "/dlm"))
    diagnosis.warn("NO_DLMFS",
                   "ocfs2_dlmfs is not mounted at /dlm: fsck.ocfs2 and tunefs.ocfs2 cannot lock volumes",
                   "o2cb load");
  if (!host.is_mounted("debugfs", "/sys/kernel/debug"))
    diagnosis.warn("NO_DEBUGFS", "debugfs is not mounted: slow heartbeats cannot be seen", "o2cb load");
  const auto revision = small_number(facts.line("/sys/fs/o2cb/interface_revision"));
  if (revision && *revision > 5)
    diagnosis.error(
        "KERNEL_TOO_NEW",
        fmt::format("the kernel's o2cb has interface revision {}, this program knows up to 5", *revision),
        "install newer tools");
  const std::string helper = facts.line("/proc/sys/fs/ocfs2/nm/hb_ctl_path");
  if (!helper.empty() && !facts.world.tree.read(facts.path(helper)))
    diagnosis.error(
        "NO_HB_CTL",
        fmt::format("the kernel runs {} at each unmount, which is not there: heartbeats never end", helper),
        fmt::format("ocfs2box --install={}", helper.substr(0, helper.rfind('/'))));
}

void examine_settings(const ClusterFacts& facts, Diagnosis& diagnosis) {
  const std::string file = o2cb_settings_path();
  for (const std::string& fault : facts.settings.faults())
    diagnosis.error("SETTINGS", fmt::format("{}, {}", file, fault), "o2cb configure");
  if (facts.user_stack()) return;  // which mount.ocfs2 sets, and corosync has a service of its own
  if (!facts.settings.enabled())
    diagnosis.warn("NOT_AT_BOOT",
                   fmt::format("the cluster does not start at boot: O2CB_ENABLED is not true in {}", file),
                   "o2cb enable");
  if (facts.conf.sections.empty() && facts.conf.complaints.empty())
    return diagnosis.error("NO_CONFIGURATION", fmt::format("{} is missing or empty", facts.world.conf_path),
                           "copy it from another node, or: o2cb add-cluster NAME");
  for (const ConfComplaint& complaint : check_cluster_conf(facts.conf)) {
    const std::string words =
        fmt::format("{}, line {}: {}", facts.world.conf_path, complaint.line, complaint.words);
    complaint.error ? diagnosis.error("CONFIGURATION", words) : diagnosis.warn("CONFIGURATION", words);
  }
  if (facts.cluster.empty())
    return diagnosis.error("CLUSTER_NOT_NAMED",
                           fmt::format("{} has several clusters, and O2CB_BOOTCLUSTER in {} names none",
                                       facts.world.conf_path, file),
                           "o2cb configure");
  if (!facts.conf.has_cluster(facts.cluster))
    return diagnosis.error("CLUSTER_NOT_WRITTEN",
                           fmt::format("cluster '{}' is not in {}", facts.cluster, facts.world.conf_path),
                           "correct O2CB_BOOTCLUSTER: o2cb configure");
  examine_own_node(facts, diagnosis);
}

void examine_running(const ClusterFacts& facts, Diagnosis& diagnosis) {
  if (facts.user_stack()) return examine_dlm(facts, diagnosis);
  if (facts.cluster.empty() || !facts.kernel.possible()) return;
  const std::string active = facts.kernel.active();
  if (active.empty())
    return diagnosis.error("NOT_REGISTERED", fmt::format("cluster '{}' is not registered", facts.cluster),
                           "o2cb online " + facts.cluster);
  if (active != facts.cluster)
    return diagnosis.error(
        "OTHER_CLUSTER",
        fmt::format("cluster '{}' is registered, but '{}' is to run here", active, facts.cluster),
        fmt::format("unmount its volumes, then: o2cb offline {}; o2cb online {}", active, facts.cluster));
  compare_nodes(facts, diagnosis);
  compare_times(facts, diagnosis);
  const bool global = facts.conf.global_heartbeat(facts.cluster);
  if (facts.kernel.global_heartbeat() != global)
    return diagnosis.error("MODE_DIFFERS",
                           fmt::format("the heartbeat is {} in cluster.conf, but not in the kernel",
                                       global ? "global" : "local"),
                           "unmount all volumes, then: o2cb restart");
  if (global) compare_regions(facts, diagnosis);
}

std::vector<HostFinding> examine_cluster(const DoctorWorld& world) {
  const std::string clusters = world.root + clusters_folder;
  const O2cbSettings settings = read_o2cb_settings(world.root);
  const ClusterConf conf = read_cluster_conf(world.conf_path);
  const std::string stack = stack_meant(settings, world);
  const std::string cluster =
      stack == "o2cb"
          ? cluster_meant(settings, conf, KernelCluster(world.tree, "", clusters).active())
          : world.tree.read(world.root + "/sys/kernel/config/dlm/cluster/cluster_name").value_or("");
  ClusterFacts facts{world, settings, conf, stack, cluster, {}, KernelCluster(world.tree, cluster, clusters)};
  for (const ConfNode& node : facts.conf.nodes(facts.cluster))
    if (!facts.own && names_host(node.name, world.host_name)) facts.own = node;
  Diagnosis diagnosis;
  for (const auto part :
       {examine_kernel, examine_settings, examine_running, examine_peers, examine_storage, examine_system})
    part(facts, diagnosis);
  return std::move(diagnosis).findings();
}

}  // namespace ocfs2
