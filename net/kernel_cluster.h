// SPDX-License-Identifier: GPL-2.0-or-later
//
// A cluster as the kernel is told of it, below /sys/kernel/config/cluster (spec: cluster.md B). The kernel
// takes attributes in one order only, silently ignores some that come too late, and keeps what is in use; so
// what was told is read again, and what cannot be changed now is said.
#pragma once

#include "net/cluster_conf.h"
#include "net/heartbeat_service.h"
#include "net/kernel_tree.h"
#include "net/o2cb_settings.h"

namespace ocfs2 {

inline constexpr char clusters_folder[] = "/sys/kernel/config/cluster";

class KernelCluster {
 public:
  /// `folder`: where the kernel has its clusters.
  KernelCluster(KernelTree& tree, std::string name, std::string folder = clusters_folder)
      : tree_(tree), clusters_(std::move(folder)), name_(std::move(name)), folder_(clusters_ + "/" + name_) {}

  const std::string& folder() const { return folder_; }
  /// The kernel's module is there to be told of clusters.
  bool possible() const;
  /// The cluster that is registered, whatever its name; empty when none is. The kernel knows one at a time.
  std::string active() const;
  /// One of its nodes is this host (spec: cluster.md B6.2).
  bool registered() const;
  bool global_heartbeat() const;
  std::vector<std::string> regions() const;
  /// Where this host beats for a region; nothing while it does not.
  std::optional<BeatPlace> place(const std::string& region) const;
  std::vector<ConfNode> nodes() const;
  /// The name of the node that is this host; empty when none is.
  std::string local_node() const;

  /// Makes the kernel's picture that of `conf`: heartbeat mode, nodes; those that are no more are removed.
  /// `host` is this host's name. May be called again. What it made is taken back when it fails.
  std::optional<Refusal> register_nodes(const ClusterConf& conf, const std::string& host);
  /// Removes the cluster. EBUSY while it beats.
  std::optional<Refusal> unregister();

  std::optional<Refusal> add_node(const ConfNode& node, bool local);
  /// EBUSY: a connection to it stands, or it is this host and beats.
  std::optional<Refusal> remove_node(const std::string& name);
  /// Sets a time, if it is not set so already. The kernel takes most only before it beats: EBUSY.
  std::optional<Refusal> set_time(const O2cbTime& time, unsigned value);
  unsigned time(const O2cbTime& time) const;  ///< 0 when it cannot be read

 private:
  std::optional<Refusal> set_mode(bool global);
  std::optional<Refusal> bring_nodes(const ClusterConf& conf, const std::string& host);
  std::optional<Refusal> describe(const std::string& folder, const ConfNode& node, bool local);
  std::string node_folder(const std::string& name) const { return folder_ + "/node/" + name; }

  KernelTree& tree_;
  std::string clusters_, name_, folder_;
};

}  // namespace ocfs2
