// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which cluster a new volume will belong to (spec: commands.md 1.4). Three may have a say: the command line,
// the cluster that runs on this host, and the volume that is on the device now.
#include <fmt/format.h>

#include "cmd/mkfs.h"
#include "engine/error.h"
#include "engine/volume/volume.h"
#include "net/running_cluster.h"

namespace ocfs2 {
namespace {

std::string words_of(const ClusterInfo& cluster) {
  return fmt::format("{},{},{}", cluster.stack, cluster.name, cluster.global_heartbeat ? 1 : 0);
}

/// The cluster that runs here, if it is known well enough to be compared.
std::optional<ClusterInfo> cluster_of_host() {
  const std::optional<RunningCluster> running = running_cluster();
  if (!running || running->name.empty()) return std::nullopt;
  return ClusterInfo{running->stack, running->name, running->global_heartbeat};
}

/// The cluster that the volume now on the device belongs to; nothing when there is none or it does not say.
std::optional<ClusterInfo> cluster_on_disk(const MkfsWords& words, const MkfsRequest& request) try {
  const std::unique_ptr<BlockDevice> device = open_target(words, request, Access::read_only);
  const auto volume =
      Volume::open(*device, {.heartbeat_device = true, .unknown_features = true, .unfinished_change = true});
  const ClusterIdentity cluster = volume->cluster();
  if (cluster.local || cluster.cluster.empty()) return std::nullopt;
  return ClusterInfo{cluster.stack, cluster.cluster, cluster.global_heartbeat};
} catch (const Error&) {
  return std::nullopt;  // no volume that could be asked; check_target says what is there instead
}

void compare(const char* whose, const std::optional<ClusterInfo>& other,
             const std::optional<ClusterInfo>& host, const MkfsWords& words, Console& console) {
  if (!other || !host || *other == *host) return;
  const std::string mismatch = fmt::format("{} cluster ({}) does not match the active cluster ({}).", whose,
                                           words_of(*other), words_of(*host));
  if (!words.force)
    fail(ErrorKind::busy,
         "{}\nNodes of either cluster may use {} without this host knowing. If you are sure that none does, "
         "skip this "
         "check with --force or -F",
         mismatch, words.device);
  console.warn(mismatch);
  console.note("Format is forced.");
}

/// The command line's wish, completed from the running cluster where it only says --global-heartbeat.
std::optional<ClusterInfo> wished(const MkfsWords& words, const MkfsRequest& request,
                                  const std::optional<ClusterInfo>& host) {
  if (request.format.cluster || !words.global_heartbeat) return request.format.cluster;
  if (!host)
    fail(ErrorKind::invalid_argument,
         "Global heartbeat cannot be enabled without either starting the o2cb cluster stack or providing the "
         "cluster "
         "stack info; give --cluster-stack=o2cb --cluster-name=NAME");
  if (host->stack != "o2cb")
    fail(ErrorKind::invalid_argument, "Global heartbeat is incompatible with the active cluster stack \"{}\"",
         host->stack);
  return ClusterInfo{host->stack, host->name, true};
}

void print_cluster(const std::optional<ClusterInfo>& cluster, Console& console) {
  if (!cluster) return console.note("Cluster stack: classic o2cb");
  console.note(fmt::format("Cluster stack: {}", cluster->stack));
  console.note(fmt::format("Cluster name: {}", cluster->name));
  console.note(fmt::format("Stack Flags: {:#x}", cluster->global_heartbeat ? 1 : 0));
  console.note("NOTE: Feature extended slot map may be enabled");
}

}  // namespace

void settle_cluster(const MkfsWords& words, MkfsRequest& request, Console& console) {
  if (request.format.local || request.format.heartbeat_only) return;
  const std::optional<ClusterInfo> host = cluster_of_host();
  const std::optional<ClusterInfo> disk = cluster_on_disk(words, request);
  const std::optional<ClusterInfo> wish = wished(words, request, host);
  compare("On disk", disk, host, words, console);
  compare("User requested", wish, host, words, console);

  std::optional<ClusterInfo> chosen = wish ? wish : host ? host : disk;
  if (!chosen && request.clusterinfo_wished)
    fail(ErrorKind::invalid_argument,
         "The clusterinfo feature cannot be enabled: it records a cluster, and none is known. Give "
         "--cluster-stack and "
         "--cluster-name, or start the cluster stack first");
  // A volume of a plain o2cb cluster records nothing unless asked to: then every o2cb cluster can mount it.
  const bool plain = chosen && chosen->stack == "o2cb" && !chosen->global_heartbeat;
  if (!wish && plain && !request.clusterinfo_wished) chosen.reset();
  request.format.cluster = chosen;
  print_cluster(chosen, console);
}

}  // namespace ocfs2
