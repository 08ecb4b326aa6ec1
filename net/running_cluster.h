// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which cluster this host is part of right now, as the kernel tells it (spec: cluster.md B1, B5).
#pragma once

#include <map>
#include <optional>
#include <string>

namespace ocfs2 {

struct RunningCluster {
  std::string stack;              ///< "o2cb", "pcmk", …
  std::string name;               ///< empty when dlm_controld, which tells the kernel, does not run
  bool global_heartbeat = false;  ///< heartbeat on regions of their own, not on each volume
  std::optional<unsigned> local_node;     ///< the number of this host; only o2cb
  std::map<unsigned, std::string> nodes;  ///< names by number; only o2cb
};

/// Nothing when no cluster is registered. `root` is put in front of /sys; tests give their own.
std::optional<RunningCluster> running_cluster(const std::string& root = "");

}  // namespace ocfs2
