// SPDX-License-Identifier: GPL-2.0-or-later
//
// /etc/ocfs2/cluster.conf: which nodes a cluster has, and where it beats (spec: cluster.md A1). Sections of
// "key = value" lines; a node or heartbeat section says which cluster it belongs to.
//
// This is a tolerant reader: what it does not understand is complained about by line, and the rest counts.
// Who is about to change a cluster should refuse a file with complaints; who only wants to call nodes by
// their names need not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocfs2 {

struct ConfSection {
  std::string kind;  ///< "cluster", "node", "heartbeat", or something newer
  unsigned line = 0;
  std::vector<std::pair<std::string, std::string>> values;  ///< without blanks around them

  /// The value of `key`; of several the last one.
  std::optional<std::string_view> find(std::string_view key) const;
};

struct ConfComplaint {
  unsigned line;  ///< from 1
  std::string words;
};

struct ConfNode {
  unsigned number;
  std::string name;
  std::string address;  ///< "192.168.1.1", empty when the file does not say
  unsigned port;        ///< 0 when the file does not say
};

struct ClusterConf {
  std::vector<ConfSection> sections;
  std::vector<ConfComplaint> complaints;

  std::vector<std::string> clusters() const;
  /// The nodes of a cluster that have a name and a number up to 254, in the file's order.
  std::vector<ConfNode> nodes(std::string_view cluster) const;
  bool global_heartbeat(std::string_view cluster) const;
  /// UUIDs of the volumes that a cluster with global heartbeat beats on.
  std::vector<std::string> regions(std::string_view cluster) const;
};

ClusterConf parse_cluster_conf(std::string_view text);
/// The file at `path`; empty when there is none. One that cannot be read is a complaint about line 0.
ClusterConf read_cluster_conf(const std::string& path = "/etc/ocfs2/cluster.conf");

}  // namespace ocfs2
