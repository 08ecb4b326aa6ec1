// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/mount_cluster.h"

#include <fmt/format.h>

#include "cmd/console.h"
#include "cmd/hb_priority.h"
#include "cmd/o2cb_kernel.h"
#include "cmd/o2cb_service.h"
#include "engine/cluster/beat_place.h"
#include "engine/cluster/clock.h"
#include "engine/error.h"
#include "net/running_cluster.h"

namespace ocfs2 {
namespace {

std::string mode_text(bool global) { return global ? "global" : "local"; }

}  // namespace

MountCluster::~MountCluster() {
  if (beating_) end_heartbeat(folder_, beating_->name, BeatTerm::mount);
}

void MountCluster::prepare() {
  load_stack();
  require_cluster();
}

/// A volume names its stack in four letters, and the kernel takes one stack at a time.
void MountCluster::load_stack() {
  SystemHost host;
  SystemTree tree;
  constexpr char stack_file[] = "/sys/fs/ocfs2/cluster_stack";
  const std::string stack = volume_.cluster().stack;
  const std::string module = stack == "o2cb" ? "ocfs2_stack_o2cb" : "ocfs2_stack_user";
  if (!host.has_module(module)) host.load_module(module);  // what is missing shows below
  const auto now = tree.read(stack_file);
  if (!now)
    fail(ErrorKind::not_found,
         "the kernel's module ocfs2_stackglue is not loaded and cannot be; run: modprobe {}", module);
  if (now == stack) return;
  if (const auto refusal = tree.write(stack_file, stack))
    fail(ErrorKind::busy,
         "the volume's cluster stack is {}, this host's is {}, and that cannot be changed now: {}; unmount "
         "all OCFS2 volumes first, or change the volume: o2cluster -u DEVICE",
         stack, *now, errno_text(refusal->number));
}

/// What keeps this host from mounting the volume of a cluster that corosync runs; empty when nothing does.
std::string MountCluster::user_fault() const {
  const ClusterIdentity wanted = volume_.cluster();
  const auto running = running_cluster();
  if (!running || running->name.empty())
    return fmt::format(
        "its cluster stack {} needs corosync and dlm_controld, and dlm_controld does not run on this host; "
        "run: systemctl start corosync dlm",
        wanted.stack);
  if (running->name == wanted.cluster) return {};
  return fmt::format(
      "it belongs to cluster \"{}\", but corosync on this host runs cluster \"{}\"; mount it where its own "
      "runs, or change the volume: o2cluster -u DEVICE",
      wanted.cluster, running->name);
}

/// The same for any volume.
std::string MountCluster::fault() const {
  const ClusterIdentity wanted = volume_.cluster();
  if (wanted.stack != "o2cb") return user_fault();
  const auto running = running_cluster();
  const std::string& name = wanted.cluster;
  if (!running || running->name.empty())
    return wanted.classic()
               ? "no cluster is registered on this host; run: o2cb online CLUSTER"
               : fmt::format("cluster \"{}\" is not registered on this host; run: o2cb online {}", name,
                             name);
  if (!wanted.cluster.empty() && running->name != wanted.cluster)
    return fmt::format(
        "it belongs to cluster \"{}\", but this host is in cluster \"{}\"; run: o2cb offline {} and "
        "o2cb online {}, or change the volume: o2cluster -u DEVICE",
        wanted.cluster, running->name, running->name, wanted.cluster);
  if (!running->local_node)
    return fmt::format("this host is none of the nodes of cluster \"{}\"; run: o2cb register-cluster {}",
                       running->name, running->name);
  if (wanted.classic() && running->global_heartbeat)
    return fmt::format(
        "the volume names no cluster, as one does that was made before there was one, and goes with local "
        "heartbeat only; that of cluster \"{}\" is global; run once, while no node has it mounted: "
        "tunefs.ocfs2 --update-cluster-stack DEVICE",
        running->name);
  if (running->global_heartbeat != wanted.global_heartbeat)
    return fmt::format(
        "its heartbeat is {}, that of cluster \"{}\" on this host {}; change one of them: o2cb "
        "heartbeat-mode, or o2cluster -u DEVICE",
        mode_text(wanted.global_heartbeat), running->name, mode_text(running->global_heartbeat));
  SystemTree tree;
  if (running->global_heartbeat && KernelCluster(tree, running->name).regions().empty())
    return fmt::format("cluster \"{}\" has no global heartbeat on this host; run: o2cb start-heartbeat {}",
                       running->name, running->name);
  return {};
}

/// A stopped cluster is started only by a host that is set up to have it; then, and while others start it, we
/// wait.
void MountCluster::require_cluster() {
  SystemClock clock;
  const u64 until_ms = clock.now_ms() + wait_seconds_ * 1000;
  std::string words = fault();
  const std::string cluster = volume_.cluster().cluster;
  const O2cbSettings settings = read_o2cb_settings();
  const std::string name = cluster.empty() ? settings.get("O2CB_BOOTCLUSTER") : cluster;
  if (!words.empty() && volume_.cluster().stack == "o2cb" && !running_cluster() && settings.enabled() &&
      settings.get("O2CB_BOOTCLUSTER") == name) {
    SystemHost host;
    SystemTree tree;
    const O2cbRun run;
    O2cbService service(run, host, tree, {.out = stderr});
    service.load();
    service.online(name);
    words = fault();
  }
  while (!words.empty() && clock.now_ms() < until_ms && !InterruptWatch::interrupted()) {
    clock.sleep_ms(500);
    words = fault();
  }
  if (!words.empty()) fail(ErrorKind::busy, "{}", words);
}

std::string MountCluster::option() const {
  const ClusterIdentity wanted = volume_.cluster();
  if (wanted.stack != "o2cb") return "cluster_stack=" + wanted.stack;
  return "heartbeat=" + mode_text(wanted.global_heartbeat);
}

void MountCluster::join() {
  const auto running = running_cluster();
  if (volume_.cluster().stack != "o2cb" || running->global_heartbeat) return;
  folder_ = fmt::format("{}/{}", clusters_folder, running->name);
  const BeatPlace place = beat_place(volume_);
  if (const auto refusal = begin_heartbeat(folder_, place, BeatTerm::mount))
    throw_refusal(*refusal, running->name);
  beating_ = place;
}

void MountCluster::keep() {
  if (beating_) raise_heartbeat_priority(folder_, beating_->name, 0);
  beating_.reset();
}

}  // namespace ocfs2
