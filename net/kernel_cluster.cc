// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/kernel_cluster.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "net/words.h"

namespace ocfs2 {

bool KernelCluster::possible() const {
  const std::size_t slash = clusters_.rfind('/');
  const auto names = tree_.folders(clusters_.substr(0, slash));
  return std::ranges::find(names, clusters_.substr(slash + 1)) != names.end();
}

std::string KernelCluster::active() const {
  const auto names = tree_.folders(clusters_);
  return names.empty() ? std::string() : names.front();
}

bool KernelCluster::registered() const { return !local_node().empty(); }

bool KernelCluster::global_heartbeat() const {
  return tree_.read(folder_ + "/heartbeat/mode").value_or("") == "global";
}

std::vector<std::string> KernelCluster::regions() const { return tree_.folders(folder_ + "/heartbeat"); }

std::optional<BeatPlace> KernelCluster::place(const std::string& region) const {
  const auto value = [&](const char* file) {
    return tree_.read(folder_ + "/heartbeat/" + region + file).value_or("");
  };
  const std::string device = value("/dev");
  const auto block_bytes = small_number(value("/block_bytes")), blocks = small_number(value("/blocks"));
  if (device.empty() || !block_bytes || !blocks) return std::nullopt;
  // a number of the kernel's, which may be one beyond 32 bits
  const std::uint64_t start = std::strtoull(value("/start_block").c_str(), nullptr, 0);
  return BeatPlace{region, "/dev/" + device, *block_bytes, start, *blocks};
}

std::vector<ConfNode> KernelCluster::nodes() const {
  std::vector<ConfNode> nodes;
  for (const std::string& name : tree_.folders(folder_ + "/node")) {
    const auto value = [&](const char* file) { return tree_.read(node_folder(name) + file).value_or(""); };
    nodes.push_back({small_number(value("/num")).value_or(cluster_nodes_max), name, value("/ipv4_address"),
                     small_number(value("/ipv4_port")).value_or(0)});
  }
  return nodes;
}

std::string KernelCluster::local_node() const {
  for (const std::string& name : tree_.folders(folder_ + "/node"))
    if (tree_.read(node_folder(name) + "/local") == "1") return name;
  return {};
}

std::optional<Refusal> KernelCluster::register_nodes(const ClusterConf& conf, const std::string& host) {
  const auto made = tree_.make_folder(folder_);
  if (made && made->number != EEXIST) return made;
  auto refusal = set_mode(conf.global_heartbeat(name_));
  if (!refusal) refusal = bring_nodes(conf, host);
  if (refusal && !made) unregister();
  return refusal;
}

/// Once it beats the kernel ignores another mode without a word.
std::optional<Refusal> KernelCluster::set_mode(bool global) {
  const std::string path = folder_ + "/heartbeat/mode", mode = global ? "global" : "local";
  if (tree_.read(path) == mode) return std::nullopt;
  if (auto refusal = tree_.write(path, mode)) return refusal;
  if (tree_.read(path) == mode) return std::nullopt;
  return Refusal{EBUSY, "change the heartbeat mode to " + mode};
}

std::optional<Refusal> KernelCluster::bring_nodes(const ClusterConf& conf, const std::string& host) {
  const std::vector<ConfNode> wanted = conf.nodes(name_);
  const auto local = [&](const ConfNode& node) { return names_host(node.name, host); };
  const std::vector<ConfNode> known = nodes();
  const std::string own = local_node();
  std::vector<std::string> kept;
  for (const ConfNode& node : wanted)
    if (std::ranges::find(known, node) != known.end() && (own == node.name) == local(node))
      kept.push_back(node.name);
  const auto missing = [&](const std::string& name) { return std::ranges::find(kept, name) == kept.end(); };
  std::optional<Refusal> first;  // one that is in use does not keep the others out
  const auto remember = [&](std::optional<Refusal> refusal) {
    if (!first) first = std::move(refusal);
  };
  for (const ConfNode& node : known)
    if (missing(node.name)) remember(remove_node(node.name));
  for (const ConfNode& node : wanted)
    if (missing(node.name)) remember(add_node(node, local(node)));
  return first;
}

std::optional<Refusal> KernelCluster::add_node(const ConfNode& node, bool local) {
  const std::string folder = node_folder(node.name);
  if (auto refusal = tree_.make_folder(folder)) return refusal;
  auto refusal = describe(folder, node, local);
  if (refusal) tree_.remove_folder(folder);
  return refusal;
}

/// The kernel wants this order; with `local` it begins to listen.
std::optional<Refusal> KernelCluster::describe(const std::string& folder, const ConfNode& node, bool local) {
  const std::pair<const char*, std::string> attributes[] = {{"/ipv4_port", std::to_string(node.port)},
                                                            {"/ipv4_address", node.address},
                                                            {"/num", std::to_string(node.number)},
                                                            {"/local", local ? "1" : "0"}};
  for (const auto& [file, value] : attributes)
    if (auto refusal = tree_.write(folder + file, value)) return refusal;
  return std::nullopt;
}

std::optional<Refusal> KernelCluster::remove_node(const std::string& name) {
  return tree_.remove_folder(node_folder(name));
}

std::optional<Refusal> KernelCluster::unregister() {
  if (!regions().empty()) return Refusal{EBUSY, "unregister cluster \"" + name_ + "\""};
  for (const std::string& name : tree_.folders(folder_ + "/node"))
    if (auto refusal = remove_node(name)) return refusal;
  return tree_.remove_folder(folder_);
}

std::optional<Refusal> KernelCluster::set_time(const O2cbTime& time, unsigned value) {
  if (this->time(time) == value) return std::nullopt;
  const std::string path = folder_ + "/" + std::string(time.kernel_file);
  if (auto refusal = tree_.write(path, std::to_string(value))) return refusal;
  if (this->time(time) == value) return std::nullopt;
  return Refusal{EBUSY, "set the " + std::string(time.words) + " to " + std::to_string(value)};
}

unsigned KernelCluster::time(const O2cbTime& time) const {
  return small_number(tree_.read(folder_ + "/" + std::string(time.kernel_file)).value_or("")).value_or(0);
}

}  // namespace ocfs2
