// SPDX-License-Identifier: GPL-2.0-or-later
//
// The status of the service, line by line as scripts and people know it (spec: cluster.md L2).
#include <fmt/format.h>

#include "cmd/o2cb_kernel.h"
#include "cmd/o2cb_service.h"
#include "net/heartbeat_service.h"

namespace ocfs2 {
namespace {

std::string capital(const std::string& word) {
  std::string text = word;
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

/// As the init script has it: one region is enough.
bool is_online(const KernelCluster& kernel) {
  return kernel.registered() && (!kernel.global_heartbeat() || !kernel.regions().empty());
}

}  // namespace

void O2cbService::print_file_system(const std::string& type, const std::string& folder) {
  const bool known = host_.knows_file_system(type);
  fmt::print(places_.out, "Driver for \"{}\": {}\n", type, known ? "Loaded" : "Not loaded");
  if (known)
    fmt::print(places_.out, "Filesystem \"{}\": {}\n", type,
               host_.is_mounted(type, folder) ? "Mounted" : "Not mounted");
}

void O2cbService::print_status(const std::string& cluster) {
  print_file_system("configfs", "/sys/kernel/config");
  const bool glue = tree_.read(at("/sys/fs/ocfs2/cluster_stack")).has_value();
  if (glue || user_stack())
    fmt::print(places_.out, "Stack glue driver: {}\n", glue ? "Loaded" : "Not loaded");
  const std::string plugin = user_stack() ? "user" : "o2cb";
  if (glue)
    fmt::print(places_.out, "Stack plugin \"{}\": {}\n", plugin,
               plugin_loaded(plugin) ? "Loaded" : "Not loaded");
  print_file_system("ocfs2_dlmfs", "/dlm");
  if (cluster.empty()) return;
  if (!user_stack()) print_cluster(cluster);
  const std::vector<std::string> domains = tree_.folders(at("/dlm"));
  if (!domains.empty()) fmt::print(places_.out, "Active userdlm domains:  {}\n", fmt::join(domains, " "));
  fmt::print(places_.out, "Debug file system at /sys/kernel/debug: {}\n",
             host_.is_mounted("debugfs", "/sys/kernel/debug") ? "mounted" : "not mounted");
}

void O2cbService::print_cluster(const std::string& cluster) {
  const KernelCluster kernel = kernel_cluster(cluster);
  const std::vector<std::string> regions = kernel.regions();
  const bool online = is_online(kernel);
  fmt::print(places_.out, "Checking O2CB cluster \"{}\": {}\n", cluster, online ? "Online" : "Offline");
  if (!online) return;
  constexpr const char* titles[] = {"Heartbeat dead threshold", "Network idle timeout",
                                    "Network keepalive delay", "Network reconnect delay"};
  for (std::size_t i = 0; i < std::size(o2cb_times); ++i)
    fmt::print(places_.out, "  {}: {}\n", titles[i], kernel.time(o2cb_times[i]));
  const bool global = kernel.global_heartbeat();
  fmt::print(places_.out, "  Heartbeat mode: {}\n", capital(global ? "global" : "local"));
  fmt::print(places_.out, "Checking O2CB heartbeat: {}\n", regions.empty() ? "Not active" : "Active");
  if (regions.empty() || !global) return;
  for (const std::string& region : regions)
    fmt::print(places_.out, "  {} /dev/{}\n", region,
               tree_.read(kernel.folder() + "/heartbeat/" + region + "/dev").value_or("?"));
  if (const auto nodes = tree_.read(at("/sys/kernel/debug/o2hb/livenodes")))
    fmt::print(places_.out, "Nodes in O2CB cluster: {}\n", *nodes);
}

int O2cbService::print_online_status(const std::string& cluster) {
  const KernelCluster kernel = kernel_cluster(cluster);
  if (cluster.empty()) return fmt::print(places_.out, "error\n"), 2;
  const bool online = is_online(kernel);
  fmt::print(places_.out, "{}\n", online ? "online" : "offline");
  return online ? 0 : 1;
}

}  // namespace ocfs2
