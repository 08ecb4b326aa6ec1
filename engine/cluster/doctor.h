// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why a cluster does not come up, or will fail one day: everything that can be looked at on one host, each
// finding with the one command that mends it. It changes nothing. What it looks at is handed in, so that
// every finding can be provoked in a test.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/volume/volume.h"
#include "net/host.h"
#include "net/kernel_cluster.h"
#include "net/o2net_probe.h"

namespace ocfs2 {

struct HostFinding {
  enum class Weight {
    warning,  ///< it works, but not for ever, or not as it seems to be meant
    error,    ///< it keeps this host from mounting with the others
  };
  std::string_view code;  ///< for scripts; stays the same
  Weight weight;
  std::string words;   ///< what is wrong, with the object
  std::string remedy;  ///< a command, or what to do by hand; empty when the words say it
};

/// A volume that this host sees.
struct SeenVolume {
  std::string device, uuid, label;
  ClusterIdentity cluster;
  unsigned slots = 0;
  bool heartbeat_device = false;
};

struct DoctorWorld {
  Host& host;
  KernelTree& tree;
  std::string root{};  ///< in front of /sys, /proc and /etc
  std::string conf_path = cluster_conf_path;
  std::string host_name{};
  std::vector<std::string> addresses{};  ///< IPv4, of this host's interfaces
  std::vector<SeenVolume> volumes{};
  bool clock_kept = true;  ///< something keeps this host's clock right
  std::function<ProbeResult(const ConfNode& node, const std::string& own_address)> probe{};
};

/// The findings, in the order in which they are best mended.
std::vector<HostFinding> examine_cluster(const DoctorWorld& world);

/// What the parts add to. The parts, in their order:
class Diagnosis {
 public:
  void error(std::string_view code, std::string words, std::string remedy = {}) {
    findings_.push_back({code, HostFinding::Weight::error, std::move(words), std::move(remedy)});
  }
  void warn(std::string_view code, std::string words, std::string remedy = {}) {
    findings_.push_back({code, HostFinding::Weight::warning, std::move(words), std::move(remedy)});
  }
  std::vector<HostFinding> findings() && { return std::move(findings_); }

 private:
  std::vector<HostFinding> findings_;
};

/// What all parts have read.
struct ClusterFacts {
  const DoctorWorld& world;
  O2cbSettings settings;
  ClusterConf conf;
  std::string stack;            ///< that is to run here: the settings' or the kernel's
  std::string cluster;          ///< the one that is to run here; empty when it is not known
  std::optional<ConfNode> own;  ///< this host's node
  KernelCluster kernel;         ///< of that cluster

  std::string path(const std::string& from_root) const { return world.root + from_root; }
  std::string line(const std::string& from_root) const {
    return world.tree.read(path(from_root)).value_or("");
  }
  bool user_stack() const { return stack != "o2cb"; }
  /// After which silence a node counts as dead, in seconds, as this host has it or will have it.
  unsigned dead_seconds() const;
};

void examine_kernel(const ClusterFacts& facts, Diagnosis& diagnosis);    ///< modules, file systems, stack
void examine_settings(const ClusterFacts& facts, Diagnosis& diagnosis);  ///< configuration, this host in it
void examine_running(const ClusterFacts& facts, Diagnosis& diagnosis);   ///< what is registered, against that
void examine_peers(const ClusterFacts& facts, Diagnosis& diagnosis);     ///< the network
void examine_storage(const ClusterFacts& facts,
                     Diagnosis& diagnosis);  ///< volumes, and times of what is below
void examine_system(const ClusterFacts& facts, Diagnosis& diagnosis);  ///< clock, panics, firewall

}  // namespace ocfs2
