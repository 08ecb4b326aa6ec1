// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/cluster_conf_check.h"

#include <algorithm>
#include <array>
#include <map>

#include "net/words.h"

namespace ocfs2 {
namespace {

using Words = std::string_view;
constexpr std::array<Words, 3> kinds{"cluster", "node", "heartbeat"};
constexpr std::array<Words, 3> cluster_keys{"name", "node_count", "heartbeat_mode"};
constexpr std::array<Words, 5> node_keys{"name", "number", "ip_address", "ip_port", "cluster"};
constexpr std::array<Words, 2> heartbeat_keys{"region", "cluster"};
constexpr std::size_t node_name_max = 64;
constexpr unsigned port_max = 65534;

std::string quoted(Words text) { return "\"" + std::string(text) + "\""; }

std::span<const Words> keys_of(Words kind) {
  if (kind == "cluster") return cluster_keys;
  if (kind == "node") return node_keys;
  return heartbeat_keys;
}

class ConfCheck {
 public:
  explicit ConfCheck(const ClusterConf& conf) : conf_(conf), complaints_(conf.complaints) {}

  std::vector<ConfComplaint> run() {
    for (const ConfSection& section : conf_.sections) check(section);
    for (const std::string& cluster : conf_.clusters()) check_cluster(cluster);
    std::ranges::stable_sort(complaints_, {}, &ConfComplaint::line);
    return std::move(complaints_);
  }

 private:
  void error(unsigned line, std::string words) { complaints_.push_back({line, std::move(words), true}); }
  void warn(unsigned line, std::string words) { complaints_.push_back({line, std::move(words), false}); }

  void check(const ConfSection& section) {
    if (std::ranges::find(kinds, section.kind) == kinds.end()) {
      const Words meant = nearest(section.kind, kinds);
      return meant.empty() ? warn(section.line, "unknown section " + quoted(section.kind) + "; it is ignored")
                           : error(section.line, "unknown section " + quoted(section.kind) +
                                                     ", did you mean " + quoted(meant) + "?");
    }
    const std::span<const Words> keys = keys_of(section.kind);
    for (const ConfValue& value : section.values) check_key(value, keys);
    for (const Words key : keys)
      if (!section.find(key) && key != "heartbeat_mode") missing(section, key);
    if (section.kind == "cluster") return check_cluster_section(section);
    check_owner(section);
    section.kind == "node" ? check_node(section) : check_heartbeat(section);
  }

  void check_key(const ConfValue& value, std::span<const Words> keys) {
    if (std::ranges::find(keys, value.key) != keys.end()) return;
    const Words meant = nearest(value.key, keys);
    meant.empty()
        ? warn(value.line, "unknown key " + quoted(value.key) + "; it is ignored")
        : error(value.line, "unknown key " + quoted(value.key) + ", did you mean " + quoted(meant) + "?");
  }

  void missing(const ConfSection& section, Words key) {
    const std::string words = "this " + section.kind + " has no " + quoted(key);
    // only other tools want the count
    key == "node_count" ? warn(section.line, words + "; other tools refuse that")
                        : error(section.line, words);
  }

  void check_cluster_section(const ConfSection& section) {
    if (const auto name = section.find("name"); name && !cluster_name_fault(*name).empty())
      error(section.line_of("name"),
            quoted(*name) + " is no name for a cluster: 1 to 16 letters and digits, and nothing else");
    const std::string mode = lower(section.find("heartbeat_mode").value_or("local"));
    if (mode != "local" && mode != "global")
      error(section.line_of("heartbeat_mode"),
            "heartbeat_mode is \"local\" or \"global\", not " + quoted(mode));
  }

  void check_owner(const ConfSection& section) {
    const auto cluster = section.find("cluster");
    if (!cluster || conf_.has_cluster(*cluster)) return;
    const std::vector<std::string> names = conf_.clusters();
    const std::vector<Words> known(names.begin(), names.end());
    const Words meant = nearest(*cluster, known);
    error(section.line_of("cluster"),
          "there is no cluster " + quoted(*cluster) + " in this file" +
              (meant.empty() ? std::string() : ", did you mean " + quoted(meant) + "?"));
  }

  void check_node(const ConfSection& node) {
    if (const auto name = node.find("name"); name && (name->empty() || name->size() > node_name_max))
      error(node.line_of("name"), "the name of a node has 1 to 64 letters");
    if (const auto number = node.find("number"); number && small_number(*number).value_or(255) > 254)
      error(node.line_of("number"), "the number of a node is 0 to 254, not " + quoted(*number));
    if (const auto port = node.find("ip_port"); port) {
      const unsigned value = small_number(*port).value_or(0);
      if (value == 0 || value > port_max)
        error(node.line_of("ip_port"), "ip_port is 1 to 65534, not " + quoted(*port));
      else if (value != usual_port)
        warn(node.line_of("ip_port"), "the usual port is 7777: mind the firewall");
    }
    if (const auto address = node.find("ip_address")) check_address(*address, node.line_of("ip_address"));
  }

  void check_address(Words address, unsigned line) {
    if (is_loopback(address))
      warn(line, quoted(address) + " is the host itself: no other node can reach it");
    else if (address.find(':') != address.npos)
      error(line, quoted(address) + " is an IPv6 address: the kernel's o2net speaks IPv4 only");
    else if (!is_ipv4_address(address))
      error(line, quoted(address) + " is no IPv4 address; host names are not looked up here");
  }

  void check_heartbeat(const ConfSection& section) {
    const auto region = section.find("region");
    if (!region || is_region_name(*region)) return;
    error(section.line_of("region"),
          quoted(*region) +
              " is no heartbeat region: that is the volume's UUID as 32 hexadecimal "
              "digits in capital letters");
  }

  void check_cluster(const std::string& cluster) {
    const auto own = conf_.sections_of("cluster", cluster);
    if (own.size() > 1)
      error(own[1]->line,
            "cluster " + quoted(cluster) + " stands in line " + std::to_string(own[0]->line) + " already");
    const auto nodes = conf_.sections_of("node", cluster);
    for (const Words key : {Words("name"), Words("number"), Words("ip_address")}) twice(nodes, key);
    twice(conf_.sections_of("heartbeat", cluster), "region");
    check_counts(*own.front(), nodes.size(), conf_.regions(cluster).size());
  }

  void twice(const std::vector<const ConfSection*>& sections, Words key) {
    std::map<std::string, unsigned> lines;
    for (const ConfSection* section : sections) {
      const auto value = section->find(key);
      if (!value) continue;
      const auto [first, fresh] = lines.emplace(lower(*value), section->line_of(key));
      if (!fresh)
        error(section->line_of(key), std::string(key) + " " + quoted(*value) + " is taken already, in line " +
                                         std::to_string(first->second));
    }
  }

  void check_counts(const ConfSection& cluster, std::size_t nodes, std::size_t regions) {
    const std::string name(cluster.find("name").value_or(""));
    if (const auto count = cluster.find("node_count"); count && small_number(*count) != nodes)
      warn(cluster.line_of("node_count"), "node_count is " + std::string(*count) + ", but cluster " +
                                              quoted(name) + " has " + std::to_string(nodes) + " nodes");
    if (nodes == 0) warn(cluster.line, "cluster " + quoted(name) + " has no nodes");
    if (nodes > cluster_nodes_max) error(cluster.line, "a cluster has 255 nodes at most");
    if (regions > cluster_regions_max) error(cluster.line, "a cluster has 32 heartbeat regions at most");
    const bool global = conf_.global_heartbeat(name);
    if (global && regions == 0)
      warn(cluster.line_of("heartbeat_mode"),
           "the heartbeat is global, but no region is named: run: o2cb add-heartbeat " + name + " DEVICE");
    if (!global && regions > 0)
      warn(conf_.sections_of("heartbeat", name).front()->line,
           "the heartbeat of cluster " + quoted(name) +
               " is local: this region is not used; run: o2cb heartbeat-mode " + name + " global");
  }

  const ClusterConf& conf_;
  std::vector<ConfComplaint> complaints_;
};

/// What two copies must agree on, by what it is about.
std::map<std::string, std::pair<std::string, unsigned>> facts_of(const ClusterConf& conf) {
  std::map<std::string, std::pair<std::string, unsigned>> facts;
  for (const std::string& cluster : conf.clusters()) {
    facts["cluster " + cluster] = {conf.global_heartbeat(cluster) ? "global" : "local",
                                   conf.sections_of("cluster", cluster).front()->line};
    for (const ConfSection* section : conf.sections_of("node", cluster))
      facts["node " + std::string(section->find("name").value_or("?")) + " of cluster " + cluster] = {
          std::string(section->find("number").value_or("?")) + " at " +
              std::string(section->find("ip_address").value_or("?")) + ":" +
              std::string(section->find("ip_port").value_or("?")),
          section->line};
    for (const ConfSection* section : conf.sections_of("heartbeat", cluster))
      facts["heartbeat region " + std::string(section->find("region").value_or("?")) + " of cluster " +
            cluster] = {"", section->line};
  }
  return facts;
}

}  // namespace

std::vector<ConfComplaint> check_cluster_conf(const ClusterConf& conf) { return ConfCheck(conf).run(); }

std::vector<ConfComplaint> compare_cluster_confs(const ClusterConf& ours, const ClusterConf& theirs,
                                                 std::string_view name) {
  const auto here = facts_of(ours), there = facts_of(theirs);
  std::vector<ConfComplaint> complaints;
  for (const auto& [what, fact] : here) {
    const auto other = there.find(what);
    if (other == there.end())
      complaints.push_back({fact.second, what + " is not in " + std::string(name)});
    else if (other->second.first != fact.first)
      complaints.push_back({fact.second, what + " is " + fact.first + " here and " + other->second.first +
                                             " in " + std::string(name)});
  }
  for (const auto& [what, fact] : there)
    if (!here.contains(what)) complaints.push_back({0, what + " is only in " + std::string(name)});
  return complaints;
}

}  // namespace ocfs2
