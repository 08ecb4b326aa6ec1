// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/running_cluster.h"

#include <dirent.h>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace ocfs2 {
namespace {

/// The first line of a file of the kernel's; empty when it cannot be read.
std::string line_of(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  char line[128];
  if (!file || !std::fgets(line, sizeof line, file.get())) return {};
  std::string text(line);
  text.resize(std::min(text.size(), text.find('\n')));
  return text;
}

/// The alphabetically first folder in `path`; empty when there is none. (The kernel allows one cluster at a
/// time.)
std::string first_folder(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
  std::string first;
  if (!folder) return first;
  while (const dirent* entry = readdir(folder.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != ".." && (first.empty() || name < first)) first = name;
  }
  return first;
}

}  // namespace

std::optional<RunningCluster> running_cluster(const std::string& root) {
  RunningCluster cluster;
  cluster.stack = line_of(root + "/sys/fs/ocfs2/cluster_stack");
  if (cluster.stack.empty()) return std::nullopt;  // the stack glue is not loaded
  if (cluster.stack != "o2cb") return cluster;
  const std::string clusters = root + "/sys/kernel/config/cluster";
  cluster.name = first_folder(clusters);
  if (cluster.name.empty()) return std::nullopt;
  cluster.global_heartbeat = line_of(clusters + "/" + cluster.name + "/heartbeat/mode") == "global";
  return cluster;
}

}  // namespace ocfs2
