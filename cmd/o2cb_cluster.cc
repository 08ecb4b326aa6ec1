// SPDX-License-Identifier: GPL-2.0-or-later
//
// The subcommands of o2cb that tell the kernel of a cluster, and ask it.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "cmd/o2cb.h"
#include "cmd/o2cb_kernel.h"
#include "cmd/o2cb_live.h"
#include "cmd/options.h"
#include "cmd/volume_guard.h"
#include "engine/cluster/beat_place.h"
#include "engine/error.h"

namespace ocfs2 {
namespace {

/// The clusters of this machine's kernel; Error(not_found) when it cannot be told of any.
void require_kernel(const KernelCluster& cluster) {
  if (cluster.possible()) return;
  fail(ErrorKind::not_found,
       "Unable to access cluster service: the module ocfs2_nodemanager is not loaded, or configfs is not "
       "mounted at /sys/kernel/config; run: o2cb load");
}

/// The device of a region; Error(not_found) when no block device here holds that volume.
std::unique_ptr<BlockDevice> device_of(const std::string& cluster, const std::string& region) {
  if (auto device = find_volume_by_uuid(region)) return device;
  fail(ErrorKind::not_found,
       "Heartbeat region could not be found {}: no block device of this host holds that volume; connect it "
       "(rescan iSCSI, multipath, partprobe), or take it out of the cluster on all nodes: o2cb "
       "remove-heartbeat {} {}",
       region, cluster, region);
}

void end_all(const KernelCluster& kernel, const std::vector<std::string>& regions) {
  for (const std::string& region : regions) end_heartbeat(kernel.folder(), region, BeatTerm::mount);
}

/// Regions that are to beat and do not; with a device only the one on it.
std::vector<std::string> regions_to_start(const ClusterConf& conf, const KernelCluster& kernel,
                                          const std::string& cluster, const std::string& device) {
  const std::vector<std::string> regions = conf.regions(cluster), beating = kernel.regions();
  std::vector<std::string> silent;
  if (device.empty()) {
    std::ranges::copy_if(regions, std::back_inserter(silent), [&](const std::string& region) {
      return std::ranges::find(beating, region) == beating.end();
    });
    return silent;
  }
  const std::string region = region_named(device);
  if (std::ranges::find(regions, region) == regions.end())
    fail(ErrorKind::not_found,
         "the volume on {} is no heartbeat region of cluster '{}'; run: o2cb add-heartbeat {} {}", device,
         cluster, cluster, device);
  if (std::ranges::find(beating, region) == beating.end()) silent.push_back(region);
  return silent;
}

struct ClusterWord {
  std::string cluster;
  std::string device;
  std::optional<int> parse(std::span<char*> arguments, std::string_view summary, bool with_device = false) {
    Options options(arguments, summary);
    if (with_device) options.text("--heartbeat-device=DEVICE", device, "Only the region on this device");
    options.positional("CLUSTER", cluster, "The cluster's name");
    return options.parse();
  }
};

}  // namespace

void throw_refusal(const Refusal& refusal, const std::string& cluster) {
  const std::string words = errno_text(refusal.number);
  const bool local = refusal.tried.ends_with("/local");
  std::string hint;
  if (refusal.number == EADDRNOTAVAIL && local)
    hint = "; this host has no interface with the address that cluster.conf gives it";
  else if (refusal.number == EADDRINUSE && local)
    hint = "; another program listens on the node's port: ss -ltnp shows which";
  else if (refusal.number == EEXIST)
    hint = "; another node has that address or number: o2cb check-config shows them";
  else if (refusal.number == EBUSY)
    hint = "; it is in use: unmount the cluster's volumes on this host first";
  else if (refusal.number == ENOSPC)
    hint = "; another cluster is registered: the kernel knows one at a time";
  else if (refusal.number == EPERM || refusal.number == EACCES)
    hint = "; this needs root";
  fail(ErrorKind::io, "cluster '{}': could not {}: {}{}", cluster, refusal.tried, words, hint);
}

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

bool cluster_online(const KernelCluster& kernel, const ClusterConf& conf, const std::string& cluster) {
  if (!kernel.registered()) return false;
  if (!kernel.global_heartbeat()) return true;
  const std::vector<std::string> wanted = conf.regions(cluster), beating = kernel.regions();
  return !wanted.empty() && std::ranges::all_of(wanted, [&](const std::string& region) {
    return std::ranges::find(beating, region) != beating.end();
  });
}

void register_cluster(KernelCluster& kernel, const ClusterConf& conf, const std::string& cluster) {
  require_kernel(kernel);
  if (const std::string other = kernel.active(); !other.empty() && other != cluster)
    fail(ErrorKind::busy,
         "cluster '{}' is registered on this host: the kernel knows one at a time; run: o2cb "
         "unregister-cluster {}",
         other, other);
  const std::string host = host_name();
  const auto nodes = conf.nodes(cluster);
  if (std::ranges::none_of(nodes, [&](const ConfNode& node) { return names_host(node.name, host); }))
    fail(ErrorKind::not_found,
         "no node of cluster '{}' is called as this host, '{}'; give the node that name in cluster.conf on "
         "all nodes, or change the host's name",
         cluster, host);
  std::vector<ConfNode> leaving = kernel.nodes();
  std::erase_if(leaving, [&](const ConfNode& node) {
    return node.name == kernel.local_node() || std::ranges::find(nodes, node) != nodes.end();
  });
  require_gone(kernel, cluster, leaving);
  if (const auto refusal = kernel.register_nodes(conf, host)) throw_refusal(*refusal, cluster);
}

void start_region(const KernelCluster& kernel, const std::string& cluster, const std::string& region) {
  const auto device = device_of(cluster, region);
  const auto volume = look_into(*device);
  const auto refusal = begin_heartbeat(kernel.folder(), beat_place(*volume), BeatTerm::mount, true);
  if (refusal) throw_refusal(*refusal, cluster);
}

void start_global_heartbeat(const KernelCluster& kernel, const ClusterConf& conf, const std::string& cluster,
                            const std::string& device) {
  std::vector<std::string> started;
  for (const std::string& region : regions_to_start(conf, kernel, cluster, device)) try {
      start_region(kernel, cluster, region);
      started.push_back(region);
    } catch (const Error&) {
      end_all(kernel, started);
      throw;
    }
}

void stop_global_heartbeat(const KernelCluster& kernel, const std::string& cluster) {
  for (const std::string& region : kernel.regions())
    if (const auto refusal = end_heartbeat(kernel.folder(), region, BeatTerm::mount))
      throw_refusal(*refusal, cluster);
}

int o2cb_register_cluster(const O2cbRun& run, std::span<char*> arguments) {
  ClusterWord words;
  if (const auto status = words.parse(arguments,
                                      "Describe a cluster and its nodes to the kernel, as cluster.conf "
                                      "has them. May be run again after changes."))
    return *status;
  const ClusterConf conf = usable_conf(run);
  require_cluster(conf, run, words.cluster);
  SystemTree tree;
  KernelCluster kernel(tree, words.cluster);
  register_cluster(kernel, conf, words.cluster);
  return 0;
}

int o2cb_unregister_cluster(const O2cbRun&, std::span<char*> arguments) {
  ClusterWord words;
  if (const auto status =
          words.parse(arguments, "Have the kernel forget a cluster. Its volumes must be unmounted."))
    return *status;
  SystemTree tree;
  KernelCluster kernel(tree, words.cluster);
  require_kernel(kernel);
  if (kernel.active() != words.cluster)
    fail(ErrorKind::not_found, "Cluster '{}' is not active", words.cluster);
  if (const auto regions = kernel.regions(); !regions.empty())
    fail(ErrorKind::busy, "Atleast one heartbeat region is still active: {}; {}", fmt::join(regions, ", "),
         kernel.global_heartbeat() ? "run: o2cb stop-heartbeat " + words.cluster : "unmount its volumes");
  if (const auto refusal = kernel.unregister()) throw_refusal(*refusal, words.cluster);
  return 0;
}

int o2cb_start_heartbeat(const O2cbRun& run, std::span<char*> arguments) {
  ClusterWord words;
  if (const auto status = words.parse(arguments,
                                      "Start the heartbeat on the cluster's regions. Nothing to do when "
                                      "it beats on each volume.",
                                      true))
    return *status;
  const ClusterConf conf = usable_conf(run);
  require_cluster(conf, run, words.cluster);
  SystemTree tree;
  const KernelCluster kernel(tree, words.cluster);
  require_kernel(kernel);
  if (!kernel.registered())
    fail(ErrorKind::not_found, "Cluster '{}' not registered; run: o2cb register-cluster {}", words.cluster,
         words.cluster);
  if (kernel.global_heartbeat() != conf.global_heartbeat(words.cluster))
    fail(ErrorKind::busy,
         "the heartbeat mode of cluster '{}' has changed since it was registered; run: o2cb "
         "register-cluster {}",
         words.cluster, words.cluster);
  if (!kernel.global_heartbeat()) return 0;
  start_global_heartbeat(kernel, conf, words.cluster, words.device);
  fmt::print("Global heartbeat started\n");
  return 0;
}

int o2cb_stop_heartbeat(const O2cbRun&, std::span<char*> arguments) {
  ClusterWord words;
  if (const auto status = words.parse(arguments,
                                      "Stop the heartbeat on the cluster's regions. Its volumes must be "
                                      "unmounted."))
    return *status;
  SystemTree tree;
  const KernelCluster kernel(tree, words.cluster);
  require_kernel(kernel);
  if (!kernel.registered()) fail(ErrorKind::not_found, "Cluster '{}' not registered", words.cluster);
  if (!kernel.global_heartbeat()) return 0;
  stop_global_heartbeat(kernel, words.cluster);
  fmt::print("Global heartbeat stopped\n");
  return 0;
}

int o2cb_cluster_status(const O2cbRun& run, std::span<char*> arguments) {
  std::optional<std::string> name;
  Options options(arguments,
                  "Tell whether a cluster is online: registered and, with global heartbeat, beating on "
                  "all its regions. The exit status is 0 when it is.");
  options.positional("CLUSTER", name, "The cluster's name; without: the one that is registered");
  if (const auto status = options.parse()) return *status;
  SystemTree tree;
  const std::string cluster = name.value_or(KernelCluster(tree, "").active());
  if (cluster.empty()) return fmt::print("offline\n"), 1;
  const ClusterConf conf = usable_conf(run);
  if (name) require_cluster(conf, run, cluster);
  const bool online = cluster_online(KernelCluster(tree, cluster), conf, cluster);
  fmt::print("Cluster '{}' is {}\n", cluster, online ? "online" : "offline");
  return online ? 0 : 1;
}

}  // namespace ocfs2
