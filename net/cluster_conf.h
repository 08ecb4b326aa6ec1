// SPDX-License-Identifier: GPL-2.0-or-later
//
// /etc/ocfs2/cluster.conf: which nodes a cluster has, and where it beats (spec: cluster.md A1, A2). Sections
// of "key = value" lines; a node or heartbeat section says which cluster it belongs to.
//
// People write this file by hand, or paste it from a page that has lost its tabs. The reader takes all of
// that and complains by line: a warning about what other tools or other nodes would not understand, an error
// where it cannot be known what is meant. Writing it again gives the strict form that every tool accepts;
// comments, sections and keys that we do not know stay where they are.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocfs2 {

inline constexpr unsigned cluster_nodes_max = 255;  ///< their numbers are 0 … 254
inline constexpr unsigned cluster_regions_max = 32;
inline constexpr unsigned usual_port = 7777;

struct ConfValue {
  std::string key, value;               ///< without blanks around them
  unsigned line = 0;                    ///< from 1; 0: not from a file
  std::vector<std::string> comments{};  ///< lines before it, with their '#'
};

struct ConfSection {
  std::string kind;  ///< "cluster", "node", "heartbeat", or something newer
  unsigned line = 0;
  std::vector<ConfValue> values;
  std::vector<std::string> comments{};  ///< lines before it

  /// The value of `key`; of several the last one.
  std::optional<std::string_view> find(std::string_view key) const;
  unsigned line_of(std::string_view key) const;  ///< of that value, or of the section
  void set(std::string_view key, std::string_view value);
};

struct ConfComplaint {
  unsigned line;  ///< from 1
  std::string words;
  bool error = true;  ///< false: a warning
};

struct ConfNode {
  unsigned number;
  std::string name;
  std::string address;  ///< "192.168.1.1", empty when the file does not say
  unsigned port;        ///< 0 when the file does not say
  bool operator==(const ConfNode&) const = default;
};

struct ClusterConf {
  std::vector<ConfSection> sections;
  std::vector<ConfComplaint> complaints;  ///< about the form; check_cluster_conf tells what is meant wrongly
  std::vector<std::string> closing_comments{};

  std::vector<std::string> clusters() const;
  bool has_cluster(std::string_view cluster) const;
  /// The nodes of a cluster that have a name and a number up to 254, in the file's order.
  std::vector<ConfNode> nodes(std::string_view cluster) const;
  bool global_heartbeat(std::string_view cluster) const;
  /// UUIDs of the volumes that a cluster with global heartbeat beats on.
  std::vector<std::string> regions(std::string_view cluster) const;

  /// The sections of `kind` that belong to a cluster; of the kind "cluster" its own.
  std::vector<const ConfSection*> sections_of(std::string_view kind, std::string_view cluster) const;
  ConfSection* section_of(std::string_view cluster);  ///< its own; null when there is none

  // Changes. Whoever makes them has made sure that names are legal and new, or there.

  void add_cluster(std::string_view cluster);
  void remove_cluster(std::string_view cluster);  ///< with its nodes and regions
  void add_node(std::string_view cluster, const ConfNode& node);
  void remove_node(std::string_view cluster, std::string_view name);
  void add_region(std::string_view cluster, std::string_view region);
  void remove_region(std::string_view cluster, std::string_view region);
  void set_heartbeat_mode(std::string_view cluster, bool global);

  /// The file's text in its strict form.
  std::string text() const;

 private:
  ConfSection& append(std::string_view kind, std::vector<ConfValue> values);
  void count_nodes(std::string_view cluster);
  void remove_if(std::string_view kind, std::string_view cluster, std::string_view key,
                 std::string_view value);
};

ClusterConf parse_cluster_conf(std::string_view text);
inline constexpr char cluster_conf_path[] = "/etc/ocfs2/cluster.conf";
/// The file at `path`; empty when there is none. One that cannot be read is a complaint about line 0.
ClusterConf read_cluster_conf(const std::string& path = cluster_conf_path);

/// Whether a host of this name is the node: its name is the host's, or the host's up to a dot; the case of
/// letters does not count (spec: cluster.md A1.11).
bool names_host(std::string_view node, std::string_view host);
/// Four numbers from 0 to 255 with dots between them.
bool is_ipv4_address(std::string_view text);
bool is_loopback(std::string_view address);  ///< 127.…: only the host itself can reach it
/// 32 hexadecimal digits in upper case.
bool is_region_name(std::string_view text);
/// Why a name is none for a cluster, in the words that scripts know; empty when it is one (cluster.md A1.8).
std::string_view cluster_name_fault(std::string_view name);

}  // namespace ocfs2
