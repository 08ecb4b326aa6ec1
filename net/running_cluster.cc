// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/running_cluster.h"

#include "net/kernel_files.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

void read_nodes(const std::string& folder, RunningCluster& cluster) {
  for (const std::string& name : folders_in(folder)) {
    const std::optional<unsigned> number = small_number(kernel_line(folder + "/" + name + "/num"));
    if (!number) continue;
    cluster.nodes[*number] = name;
    if (kernel_line(folder + "/" + name + "/local") == "1") cluster.local_node = number;
  }
}

}  // namespace

std::optional<RunningCluster> running_cluster(const std::string& root) {
  RunningCluster cluster;
  cluster.stack = kernel_line(root + "/sys/fs/ocfs2/cluster_stack");
  if (cluster.stack.empty()) return std::nullopt;  // the stack glue is not loaded
  if (cluster.stack != "o2cb") {
    cluster.name = kernel_line(root + "/sys/kernel/config/dlm/cluster/cluster_name");
    return cluster;
  }
  const std::string clusters = root + "/sys/kernel/config/cluster";
  const std::vector<std::string> names = folders_in(clusters);
  if (names.empty()) return std::nullopt;
  cluster.name = names.front();  // the kernel allows one at a time
  const std::string folder = clusters + "/" + cluster.name;
  cluster.global_heartbeat = kernel_line(folder + "/heartbeat/mode") == "global";
  read_nodes(folder + "/node", cluster);
  return cluster;
}

}  // namespace ocfs2
