// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/o2cb.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cmd/applets.h"
#include "cmd/options.h"
#include "engine/error.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

constexpr O2cbCommand commands[] = {
    {"add-cluster", "Add a cluster to the configuration", o2cb_add_cluster},
    {"remove-cluster", "Remove a cluster, its nodes and regions", o2cb_remove_cluster},
    {"add-node", "Add a node to a cluster", o2cb_add_node},
    {"remove-node", "Remove a node from a cluster", o2cb_remove_node},
    {"add-heartbeat", "Add a heartbeat region to a cluster", o2cb_add_heartbeat},
    {"remove-heartbeat", "Remove a heartbeat region from a cluster", o2cb_remove_heartbeat},
    {"replace-heartbeat", "Put another heartbeat region in the place of one", o2cb_replace_heartbeat},
    {"heartbeat-mode", "Beat on each volume, or on regions of its own", o2cb_heartbeat_mode},
    {"list-clusters", "List the clusters in the configuration", o2cb_list_clusters},
    {"list-cluster", "Show a cluster's heartbeat regions, nodes and itself", o2cb_list_cluster},
    {"list-nodes", "Show a cluster's nodes", o2cb_list_nodes},
    {"list-heartbeats", "Show a cluster's heartbeat regions", o2cb_list_heartbeats},
    {"check-config", "Tell what is wrong with cluster.conf, or its copies", o2cb_check_config},
    {"push", "Send cluster.conf to the other nodes", o2cb_push},
    {"join", "Make this host a node of another host's cluster", o2cb_join},
    {"doctor", "Tell what is wrong on this host, and what mends it", o2cb_doctor},
    {"why-reboot", "Tell why this host went down before it was booted", o2cb_why_reboot},
    {"register-cluster", "Describe a cluster to the kernel", o2cb_register_cluster},
    {"unregister-cluster", "Have the kernel forget a cluster", o2cb_unregister_cluster},
    {"start-heartbeat", "Start the global heartbeat of a cluster", o2cb_start_heartbeat},
    {"stop-heartbeat", "Stop the global heartbeat of a cluster", o2cb_stop_heartbeat},
    {"cluster-status", "Tell whether a cluster is online", o2cb_cluster_status},
    {"start", "Load and go online, when the service is enabled", o2cb_start},
    {"stop", "Go offline and unload", o2cb_stop},
    {"restart", "Stop and start", o2cb_restart},
    {"force-reload", "The same", o2cb_restart},
    {"enable", "Start the cluster at boot, and now", o2cb_enable},
    {"disable", "Do not start the cluster at boot, and stop it now", o2cb_disable},
    {"configure", "Ask for the settings of the service, and write them down", o2cb_configure},
    {"load", "Load modules, mount what a cluster needs", o2cb_load},
    {"unload", "Go offline, unload the modules", o2cb_unload},
    {"online", "Register a cluster, start its heartbeat", o2cb_online},
    {"offline", "Stop its heartbeat, have the kernel forget it", o2cb_offline},
    {"force-offline", "The same", o2cb_offline},
    {"status", "Show modules, the cluster, its heartbeat", o2cb_status},
    {"online-status", "One word: online, offline or error", o2cb_online_status},
};

std::string command_list() {
  std::string text = "Commands (each knows --help):\n";
  for (const O2cbCommand& command : commands)
    text += fmt::format("  {:<18}  {}\n", command.name, command.summary);
  return text;
}

/// How many of the arguments come before the command.
std::size_t leading_options(std::span<char*> arguments) {
  std::size_t count = 1;
  while (count < arguments.size() && arguments[count][0] == '-')
    count += std::string_view(arguments[count]) == "--config-file" ? 2 : 1;
  return std::min(count, arguments.size());
}

const O2cbCommand& find_command(std::string_view name, const Options& options) {
  std::vector<std::string_view> names;
  for (const O2cbCommand& command : commands) {
    if (command.name == name) return command;
    names.push_back(command.name);
  }
  const std::string_view meant = nearest(name, names);
  options.misuse(fmt::format("unknown command '{}'{}", name,
                             meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant)));
}

}  // namespace

int run_o2cb(std::span<char*> arguments) {
  const std::size_t first = leading_options(arguments);
  O2cbRun run;
  const std::string list = command_list();
  std::string command_name;
  Options options(arguments.first(std::min(first + 1, arguments.size())),
                  "Set up, start and watch clusters.");
  options.text("--config-file=FILE", run.conf_path, "Read and change this file, not /etc/ocfs2/cluster.conf");
  options.count("-v, --verbose", run.verbosity, "Say what is done");
  options.positional("COMMAND [ARGUMENT]...", command_name, "What to do, see below");
  options.notes(list);
  if (const auto status = options.parse()) return *status;
  const O2cbCommand& command = find_command(command_name, options);
  std::string name = fmt::format("{} {}", options.program(), command.name);
  arguments[first] = name.data();
  return command.run(run, arguments.subspan(first));
}

}  // namespace ocfs2
