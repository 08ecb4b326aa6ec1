// SPDX-License-Identifier: GPL-2.0-or-later
//
// What o2cb's subcommands and its service actions share: a cluster brought to the kernel and taken away
// again, with words for whoever reads what went wrong. All throw Error.
#pragma once

#include <string>

#include "net/cluster_conf.h"
#include "net/kernel_cluster.h"

namespace ocfs2 {

/// What the kernel refused, what that means, and what to do.
[[noreturn]] void throw_refusal(const Refusal& refusal, const std::string& cluster);

/// This host's name.
std::string host_name();
/// Describes the cluster to the kernel; this host must be one of its nodes.
void register_cluster(KernelCluster& kernel, const ClusterConf& conf, const std::string& cluster);
/// Beats on all regions, or only on the one on `device`. Those that it started are stopped when one fails.
void start_global_heartbeat(const KernelCluster& kernel, const ClusterConf& conf, const std::string& cluster,
                            const std::string& device = {});
/// Beats on one region, whose volume must be on a device of this host.
void start_region(const KernelCluster& kernel, const std::string& cluster, const std::string& region);
void stop_global_heartbeat(const KernelCluster& kernel, const std::string& cluster);
/// Registered and, with global heartbeat, beating on all regions of its configuration.
bool cluster_online(const KernelCluster& kernel, const ClusterConf& conf, const std::string& cluster);

}  // namespace ocfs2
