// SPDX-License-Identifier: GPL-2.0-or-later
//
// Changes of a cluster that runs. The kernel forgets a node without asking whether it lives, and its DLM then
// goes on as if that node had died: so what the other nodes' heartbeats show is looked at first.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/cluster/heartbeat.h"
#include "engine/io/block_device.h"
#include "net/kernel_cluster.h"

namespace ocfs2 {

/// The regions that this host's kernel beats on, open to be watched.
struct OpenRegions {
  std::vector<std::unique_ptr<BlockDevice>> devices;
  std::vector<WatchedRegion> watched;
  std::vector<std::string> unreadable;  ///< names of those that show nothing
};
/// `first`: the region that shall be the first one; the others follow in the kernel's order.
OpenRegions open_regions(const KernelCluster& kernel, const std::string& first = {});

/// Error(busy) when one of the nodes may be alive on a region that this host beats on. Waits as long as it
/// takes to know.
void require_gone(const KernelCluster& kernel, const std::string& cluster,
                  const std::vector<ConfNode>& nodes);

/// Error(busy) when the running cluster must not forget the node: it may be alive, or it is this host and
/// beats.
void require_removable(const std::string& cluster, const std::string& node);
/// Tell the kernel, if that cluster runs on this host; else nothing.
void add_to_running(const std::string& cluster, const ConfNode& node);
void remove_from_running(const std::string& cluster, const std::string& node);

}  // namespace ocfs2
