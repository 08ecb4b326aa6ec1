// SPDX-License-Identifier: GPL-2.0-or-later
//
// o2cb: the cluster as it is written down, and as the kernel has it (spec: commands.md 7, cluster.md A3). One
// table names all subcommands; those that change cluster.conf live in o2cb_conf.cc, those that tell or ask
// the kernel in o2cb_cluster.cc, the actions of the init script in o2cb_actions.cc.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/cluster_conf.h"

namespace ocfs2 {

/// What all subcommands are told.
struct O2cbRun {
  std::string conf_path = cluster_conf_path;
  int verbosity = 0;
};

struct O2cbCommand {
  std::string_view name;
  std::string_view summary;
  /// `arguments[0]` is "o2cb NAME". Returns the exit status: 0 good or online, 1 not.
  int (*run)(const O2cbRun&, std::span<char*> arguments);
};

/// The cluster.conf that is going to be used; Error(invalid_argument) names the first line that makes no
/// sense.
ClusterConf usable_conf(const O2cbRun& run);
/// Error(not_found) unless the file has that cluster.
void require_cluster(const ClusterConf& conf, const O2cbRun& run, const std::string& cluster);
/// A UUID, or a part of one, without dashes and in upper case.
std::string uuid_digits(const std::string& words);
/// The region that people mean: the UUID of the volume on a device, or a UUID in any of its spellings. Throws
/// Error(invalid_argument) and what Volume::open throws.
std::string region_named(const std::string& words);

/// Reads the file, has it changed and writes it, while no other of our programs does. Returns 0, or throws.
int change_conf(const O2cbRun& run, const std::function<void(ClusterConf&)>& change);

/// A node as people give it: what may be left out is found out.
struct NodeWords {
  std::string cluster, name;
  std::optional<std::string> address, number, port;
};
/// The node that is to be added, judged against those that are there. Throws Error.
ConfNode new_node(const NodeWords& words, const std::vector<ConfNode>& nodes);

int o2cb_add_cluster(const O2cbRun&, std::span<char*>);
int o2cb_remove_cluster(const O2cbRun&, std::span<char*>);
int o2cb_add_node(const O2cbRun&, std::span<char*>);
int o2cb_remove_node(const O2cbRun&, std::span<char*>);
int o2cb_add_heartbeat(const O2cbRun&, std::span<char*>);
int o2cb_remove_heartbeat(const O2cbRun&, std::span<char*>);
int o2cb_heartbeat_mode(const O2cbRun&, std::span<char*>);
int o2cb_replace_heartbeat(const O2cbRun&, std::span<char*>);
int o2cb_list_clusters(const O2cbRun&, std::span<char*>);
int o2cb_list_cluster(const O2cbRun&, std::span<char*>);
int o2cb_list_nodes(const O2cbRun&, std::span<char*>);
int o2cb_list_heartbeats(const O2cbRun&, std::span<char*>);
int o2cb_push(const O2cbRun&, std::span<char*>);
int o2cb_join(const O2cbRun&, std::span<char*>);
int o2cb_why_reboot(const O2cbRun&, std::span<char*>);
int o2cb_doctor(const O2cbRun&, std::span<char*>);
int o2cb_check_config(const O2cbRun&, std::span<char*>);

int o2cb_register_cluster(const O2cbRun&, std::span<char*>);
int o2cb_unregister_cluster(const O2cbRun&, std::span<char*>);
int o2cb_start_heartbeat(const O2cbRun&, std::span<char*>);
int o2cb_stop_heartbeat(const O2cbRun&, std::span<char*>);
int o2cb_cluster_status(const O2cbRun&, std::span<char*>);

int o2cb_start(const O2cbRun&, std::span<char*>);
int o2cb_stop(const O2cbRun&, std::span<char*>);
int o2cb_restart(const O2cbRun&, std::span<char*>);
int o2cb_enable(const O2cbRun&, std::span<char*>);
int o2cb_disable(const O2cbRun&, std::span<char*>);
int o2cb_configure(const O2cbRun&, std::span<char*>);
int o2cb_load(const O2cbRun&, std::span<char*>);
int o2cb_unload(const O2cbRun&, std::span<char*>);
int o2cb_online(const O2cbRun&, std::span<char*>);
int o2cb_offline(const O2cbRun&, std::span<char*>);
int o2cb_status(const O2cbRun&, std::span<char*>);
int o2cb_online_status(const O2cbRun&, std::span<char*>);

}  // namespace ocfs2
