// SPDX-License-Identifier: GPL-2.0-or-later
//
// A kernel's configfs for clusters, in memory: what appears by itself, which order it wants, what it refuses
// and what it ignores (spec: cluster.md B1 to B4). It can be told to refuse the n-th change.
#pragma once

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "net/kernel_tree.h"

namespace ocfs2 {

class FakeKernel final : public KernelTree {
 public:
  static constexpr char clusters[] = "/config/cluster";

  explicit FakeKernel(std::string folder = clusters) : clusters_(std::move(folder)) {
    made_.insert({parent(clusters_), clusters_});
  }
  /// A file of its own, such as one of sysfs.
  void put(const std::string& path, const std::string& text) { files_[path] = text; }

  std::set<std::string> pinned{};  ///< folders that are in use
  int changes = 0;                 ///< asked for so far
  int refuse_at = 0;               ///< the change that is refused, from 1; 0: none
  int refusal = EIO;

  /// All folders below the one of clusters.
  std::size_t left() const { return made_.size() - 2; }

  std::optional<std::string> read(const std::string& path) override {
    const auto file = files_.find(path);
    return file == files_.end() ? std::nullopt : std::optional(file->second);
  }
  std::vector<std::string> folders(const std::string& path) override {
    std::vector<std::string> names;
    for (const std::string& folder : made_)
      if (parent(folder) == path) names.push_back(folder.substr(path.size() + 1));
    return names;
  }

  std::optional<Refusal> write(const std::string& path, const std::string& text) override {
    if (refused()) return Refusal{refusal, "write " + path};
    if (!files_.contains(path)) return Refusal{ENOENT, "write " + path};
    if (const int number = judge(path, text)) return Refusal{number, "write " + path};
    if (!ignores(path)) files_[path] = text;
    return std::nullopt;
  }

  std::optional<Refusal> make_folder(const std::string& path) override {
    if (refused()) return Refusal{refusal, "make " + path};
    if (made_.contains(path)) return Refusal{EEXIST, "make " + path};
    if (!made_.contains(parent(path))) return Refusal{ENOENT, "make " + path};
    const bool cluster = parent(path) == clusters_;
    if (cluster && !folders(clusters_).empty()) return Refusal{ENOSPC, "make " + path};
    made_.insert(path);
    if (cluster) return furnish_cluster(path), std::nullopt;
    for (const char* file : {"ipv4_port", "num", "local"}) files_[path + "/" + file] = "0";
    files_[path + "/ipv4_address"] = "0.0.0.0";
    return std::nullopt;
  }

  std::optional<Refusal> remove_folder(const std::string& path) override {
    if (refused()) return Refusal{refusal, "remove " + path};
    if (!made_.contains(path)) return Refusal{ENOENT, "remove " + path};
    if (pinned.contains(path)) return Refusal{EBUSY, "remove " + path};
    for (const char* group : {"/node", "/heartbeat"})
      if (!folders(path + group).empty()) return Refusal{ENOTEMPTY, "remove " + path};
    const auto inside = [&](const std::string& name) { return name == path || name.starts_with(path + "/"); };
    std::erase_if(made_, inside);
    std::erase_if(files_, [&](const auto& file) { return inside(file.first); });
    return std::nullopt;
  }

 private:
  static std::string parent(const std::string& path) { return path.substr(0, path.rfind('/')); }
  bool refused() { return ++changes == refuse_at; }

  void furnish_cluster(const std::string& path) {
    made_.insert({path + "/node", path + "/heartbeat"});
    files_[path + "/heartbeat/mode"] = "local";
    files_[path + "/heartbeat/dead_threshold"] = "31";
    files_[path + "/idle_timeout_ms"] = "30000";
    files_[path + "/keepalive_delay_ms"] = files_[path + "/reconnect_delay_ms"] = "2000";
  }

  /// Attributes of the heartbeat, once there is a region.
  bool ignores(const std::string& path) {
    return parent(path).ends_with("/heartbeat") && !folders(parent(path)).empty();
  }

  int judge(const std::string& path, const std::string& text) {
    const std::string node = parent(path), nodes = parent(node), file = path.substr(node.size() + 1);
    if (!nodes.ends_with("/node")) return 0;
    const auto unset = [&](const char* name) {
      return files_[node + "/" + name].find_first_not_of("0.") == std::string::npos;
    };
    const auto taken = [&] {
      return std::ranges::any_of(folders(nodes), [&](const std::string& other) {
        const std::string theirs = nodes + "/" + other;
        return theirs != node && described_.contains(theirs + file) && files_[theirs + "/" + file] == text;
      });
    };
    if (file == "ipv4_address" && taken()) return EEXIST;
    if (file == "num" && (unset("ipv4_port") || unset("ipv4_address"))) return EINVAL;
    if (file == "num" && taken()) return EEXIST;
    if (file == "local" && !described_.contains(node + "num")) return EINVAL;
    described_.insert(node + file);
    return 0;
  }

  std::string clusters_;
  std::set<std::string> made_, described_;
  std::map<std::string, std::string> files_;
};

}  // namespace ocfs2
