// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/o2cb_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "cmd/o2cb_kernel.h"
#include "engine/error.h"
#include "net/heartbeat_service.h"
#include "net/monitor_lock.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

constexpr char configfs[] = "/sys/kernel/config";
constexpr char debugfs[] = "/sys/kernel/debug";
constexpr char dlmfs[] = "/dlm";
constexpr char stack_file[] = "/sys/fs/ocfs2/cluster_stack";
constexpr char plugins_file[] = "/sys/fs/ocfs2/loaded_cluster_plugins";

void check(const std::optional<Refusal>& refusal, const std::string& words) {
  if (refusal)
    fail(ErrorKind::io, "{}: could not {}: {}", words, refusal->tried, errno_text(refusal->number));
}

}  // namespace

O2cbService::O2cbService(const O2cbRun& run, Host& host, KernelTree& tree, Places places)
    : run_(run),
      host_(host),
      tree_(tree),
      places_(std::move(places)),
      settings_(read_o2cb_settings(places_.root)) {}

template <class Work>
void O2cbService::step(const std::string& title, const Work& work) {
  fmt::print(places_.out, "{}: ", title);
  std::fflush(places_.out);
  try {
    work();
  } catch (const Error&) {
    fmt::print(places_.out, "Failed\n");
    std::fflush(places_.out);
    throw;
  }
  fmt::print(places_.out, "OK\n");
}

void O2cbService::load_file_system(const std::string& type, const std::string& folder) {
  if (!host_.knows_file_system(type))
    step(fmt::format("Loading filesystem \"{}\"", type),
         [&] { check(host_.load_module(type), fmt::format("Unable to load filesystem \"{}\"", type)); });
  if (host_.is_mounted(type, folder)) return;
  if (type == "ocfs2_dlmfs" && tree_.make_folder(at(folder)) == std::nullopt)
    fmt::print(places_.out, "Creating directory '{}': OK\n", folder);
  step(fmt::format("Mounting {} filesystem at {}", type, folder),
       [&] { check(host_.mount(type, folder), fmt::format("Unable to mount {} filesystem", type)); });
}

bool O2cbService::plugin_loaded(const std::string& plugin) {
  const auto plugins = pieces(whole_file(at(plugins_file)).value_or(""));
  return std::ranges::find(plugins, plugin) != plugins.end();
}

void O2cbService::load_stack() {
  const std::string plugin = user_stack() ? "user" : "o2cb", module = "ocfs2_stack_" + plugin;
  if (!tree_.read(at(stack_file)))
    check(host_.load_module("ocfs2_stackglue"), "Unable to load module \"ocfs2_stackglue\"");
  if (!plugin_loaded(plugin))
    step(fmt::format("Loading stack plugin \"{}\"", plugin),
         [&] { check(host_.load_module(module), fmt::format("Unable to load module \"{}\"", module)); });
  load_file_system("ocfs2_dlmfs", dlmfs);
}

void O2cbService::load() {
  fmt::print(places_.out, "checking debugfs...\n");
  if (!host_.is_mounted("debugfs", debugfs))
    check(host_.mount("debugfs", debugfs), "Unable to mount debugfs");
  load_file_system("configfs", configfs);
  load_stack();
}

void O2cbService::set_stack() {
  const std::string stack = settings_.stack();
  if (tree_.read(at(stack_file)) == stack) return;
  step(fmt::format("Setting cluster stack \"{}\"", stack), [&] {
    check(tree_.write(at(stack_file), stack), fmt::format("Unable to store cluster stack \"{}\"", stack));
  });
}

void O2cbService::online(const std::string& cluster) {
  if (!kernel_cluster(cluster).possible() || !host_.is_mounted("ocfs2_dlmfs", dlmfs)) load();
  set_stack();
  if (user_stack()) return;  // corosync and dlm_controld are that cluster
  KernelCluster kernel = kernel_cluster(cluster);
  if (kernel.registered() && !kernel.global_heartbeat())
    fail(ErrorKind::busy, "Cluster {} already online", cluster);
  const ClusterConf conf = usable_conf(run_);
  require_cluster(conf, run_, cluster);
  const bool fresh = !kernel.registered();
  step(fmt::format("Registering O2CB cluster \"{}\"", cluster),
       [&] { register_cluster(kernel, conf, cluster); });
  try {
    start_cluster(kernel, conf, cluster);
  } catch (const Error&) {
    if (fresh) kernel.unregister();  // or the next try would find it online
    throw;
  }
  if (running_monitor() == 0) host_.run_own("o2hbmonitor");  // warns only: nothing depends on it
}

void O2cbService::start_cluster(KernelCluster& kernel, const ClusterConf& conf, const std::string& cluster) {
  step("Setting O2CB cluster timeouts ", [&] {
    for (const O2cbTime& time : o2cb_times)
      if (const auto value = settings_.time(time))
        if (const auto refusal = kernel.set_time(time, *value)) throw_refusal(*refusal, cluster);
  });
  if (kernel.global_heartbeat() && !cluster_online(kernel, conf, cluster) && !conf.regions(cluster).empty())
    step(fmt::format("Starting global heartbeat for cluster \"{}\"", cluster),
         [&] { start_global_heartbeat(kernel, conf, cluster); });
}

/// Domains of user programs, each a folder in dlmfs.
void O2cbService::clean_domains() {
  const std::vector<std::string> domains = tree_.folders(at(dlmfs));
  if (domains.empty()) return;
  step("Clean userdlm domains", [&] {
    for (const std::string& domain : domains)
      check(tree_.remove_folder(at(dlmfs) + "/" + domain),
            fmt::format("Unable to leave the domain {}", domain));
  });
}

/// Regions that nobody counts on are left over from a crash.
void O2cbService::stop_heartbeat(KernelCluster& kernel, const std::string& cluster) {
  if (kernel.regions().empty()) return;
  if (kernel.global_heartbeat())
    return step(fmt::format("Stopping global heartbeat on cluster \"{}\"", cluster),
                [&] { stop_global_heartbeat(kernel, cluster); });
  step(fmt::format("Cleaning heartbeat on cluster \"{}\"", cluster), [&] {
    for (const std::string& region : kernel.regions()) {
      if (heartbeat_users(region) > 0)
        fail(ErrorKind::busy,
             "At least one heartbeat region still active: volume {} is mounted, or a tool uses it", region);
      check(end_heartbeat(kernel.folder(), region, BeatTerm::mount), "Unable to end a heartbeat");
    }
  });
}

void O2cbService::offline(const std::string& cluster) {
  clean_domains();
  KernelCluster kernel = kernel_cluster(cluster);
  if (!cluster.empty() && kernel.active() == cluster) {
    stop_heartbeat(kernel, cluster);
    fmt::print(places_.out, "Stopping O2CB cluster {}: ", cluster);
    if (!kernel.regions().empty()) {
      fmt::print(places_.out, "Failed\n");
      fail(ErrorKind::busy, "Unable to stop cluster as heartbeat region still active");
    }
    if (const pid_t monitor = running_monitor()) kill(monitor, SIGTERM);
    step(fmt::format("Unregistering O2CB cluster \"{}\"", cluster), [&] {
      if (const auto refusal = kernel.unregister()) throw_refusal(*refusal, cluster);
    });
  }
  if (host_.has_module("ocfs2") && !host_.unload_module("ocfs2"))
    fmt::print(places_.out, "Unloading module \"ocfs2\": OK\n");
}

void O2cbService::unload_stack() {
  if (const std::string active = kernel_cluster("").active(); !active.empty())
    fail(ErrorKind::busy, "Unable to unload modules as O2CB cluster {} is still online", active);
  if (host_.is_mounted("ocfs2_dlmfs", dlmfs))
    step("Unmounting ocfs2_dlmfs filesystem", [&] { check(host_.unmount(dlmfs), "Unable to unmount /dlm"); });
  // what others use stays
  for (const char* module : {"ocfs2_dlmfs", "ocfs2_stack_o2cb", "ocfs2_stack_user", "ocfs2_dlm",
                             "ocfs2_nodemanager", "ocfs2_stackglue"})
    if (host_.has_module(module) && !host_.unload_module(module))
      fmt::print(places_.out, "Unloading module \"{}\": OK\n", module);
}

void O2cbService::unload() {
  unload_stack();
  if (host_.is_mounted("configfs", configfs) && tree_.folders(at(configfs)).empty())
    step("Unmounting configfs filesystem",
         [&] { check(host_.unmount(configfs), "Unable to unmount configfs"); });
}

}  // namespace ocfs2
