// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/heartbeat_delay.h"

#include "net/kernel_cluster.h"
#include "net/words.h"

namespace ocfs2 {

std::vector<HeartbeatDelay> heartbeat_delays(KernelTree& tree, const std::string& root) {
  const std::string clusters = root + clusters_folder;
  const KernelCluster cluster(tree, KernelCluster(tree, "", clusters).active(), clusters);
  const unsigned threshold = cluster.time(o2cb_times[0]);
  std::vector<HeartbeatDelay> delays;
  if (threshold < 2) return delays;
  for (const std::string& region : cluster.regions()) {
    const auto elapsed =
        tree.read(root + "/sys/kernel/debug/o2hb/" + region + "/elapsed_time_in_ms").value_or("");
    if (const auto ms = small_number(elapsed))
      delays.push_back({region, tree.read(cluster.folder() + "/heartbeat/" + region + "/dev").value_or("?"),
                        *ms, (threshold - 1) * 2000});
  }
  return delays;
}

}  // namespace ocfs2
