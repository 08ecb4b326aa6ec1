// SPDX-License-Identifier: GPL-2.0-or-later
//
// o2cb_ctl: the older face of o2cb, which scripts and installers still call (spec: commands.md 8). It
// creates, shows, changes and deletes clusters and nodes, in the configuration and, where asked, in the
// kernel.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cmd/applets.h"
#include "cmd/o2cb.h"
#include "cmd/o2cb_kernel.h"
#include "cmd/options.h"
#include "engine/error.h"
#include "net/cluster_conf_check.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

struct CtlWords {
  bool create = false, remove = false, info = false, change = false;
  bool in_kernel = false, compact = false, headless = false;
  std::vector<std::string> names, attributes;
  std::string type;
  O2cbRun run{};

  std::map<std::string, std::string> values() const {
    std::map<std::string, std::string> values;
    for (const std::string& attribute : attributes) {
      const std::size_t equals = std::min(attribute.find('='), attribute.size());
      values[attribute.substr(0, equals)] = attribute.substr(std::min(equals + 1, attribute.size()));
    }
    return values;
  }
  std::optional<std::string> value(const std::string& key) const {
    const auto all = values();
    const auto found = all.find(key);
    return found == all.end() ? std::nullopt : std::optional(found->second);
  }
  bool clusters() const { return type == "cluster"; }
};

/// A node, with the name of its cluster.
struct Member {
  std::string cluster;
  ConfNode node;
};

std::vector<Member> members(const ClusterConf& conf) {
  std::vector<Member> all;
  for (const std::string& cluster : conf.clusters())
    for (const ConfNode& node : conf.nodes(cluster)) all.push_back({cluster, node});
  return all;
}

Member member_named(const ClusterConf& conf, const std::string& name) {
  for (const Member& member : members(conf))
    if (member.node.name == name) return member;
  fail(ErrorKind::not_found, "Node \"{}\" does not exist", name);
}

std::string status_of(const Member& member) {
  SystemTree tree;
  const auto known = KernelCluster(tree, member.cluster).nodes();
  const bool active = std::ranges::find(known, member.node.name, &ConfNode::name) != known.end();
  return active ? "active" : "configured";
}

void print_object(const CtlWords& words, const char* kind,
                  const std::vector<std::pair<const char*, std::string>>& values) {
  std::string text = words.compact ? "" : fmt::format("{}:\n", kind);
  for (const auto& [key, value] : values)
    text += words.compact ? value + ":" : fmt::format("\t{} = {}\n", key, value);
  if (words.compact) text.pop_back();
  fmt::print("{}\n", text);
}

/// False when an attribute was asked for that the object does not have so.
bool wanted(const CtlWords& words, const std::vector<std::pair<const char*, std::string>>& values) {
  return std::ranges::all_of(words.values(), [&](const auto& wish) {
    return std::ranges::any_of(
        values, [&](const auto& value) { return value.first == wish.first && value.second == wish.second; });
  });
}

void show_clusters(const CtlWords& words, const ClusterConf& conf) {
  if (words.compact && !words.headless) fmt::print("#name:count:status\n");
  for (const std::string& name : words.names.empty() ? conf.clusters() : words.names) {
    if (!conf.has_cluster(name)) fail(ErrorKind::not_found, "Cluster \"{}\" does not exist", name);
    SystemTree tree;
    const bool active = KernelCluster(tree, name).registered();
    const std::vector<std::pair<const char*, std::string>> values = {
        {"name", name},
        {"node_count", std::to_string(conf.nodes(name).size())},
        {"status", active ? "active" : "configured"}};
    if (wanted(words, values)) print_object(words, "cluster", values);
  }
}

void show_nodes(const CtlWords& words, const ClusterConf& conf) {
  if (words.compact && !words.headless) fmt::print("#name:cluster:number:ip_address:ip_port:status\n");
  std::vector<Member> all;
  if (words.names.empty()) all = members(conf);
  for (const std::string& name : words.names) all.push_back(member_named(conf, name));
  for (const Member& member : all) {
    const std::vector<std::pair<const char*, std::string>> values = {
        {"name", member.node.name},
        {"cluster", member.cluster},
        {"number", std::to_string(member.node.number)},
        {"ip_address", member.node.address},
        {"ip_port", std::to_string(member.node.port)},
        {"status", status_of(member)}};
    if (wanted(words, values)) print_object(words, "node", values);
  }
}

void show(const CtlWords& words) {
  const ClusterConf conf = usable_conf(words.run);
  const bool named = !words.names.empty();
  const bool all_clusters = named && std::ranges::all_of(words.names, [&](const std::string& name) {
                              return conf.has_cluster(name);
                            });
  if (words.clusters() || (words.type.empty() && (!named || all_clusters))) show_clusters(words, conf);
  if (words.type == "node" || (words.type.empty() && !all_clusters)) show_nodes(words, conf);
}

void create_cluster(const CtlWords& words) {
  const std::string& name = words.names.front();
  if (const auto fault = cluster_name_fault(name); !fault.empty())
    fail(ErrorKind::invalid_argument, "Cluster name is invalid ; {}", fault);
  change_conf(words.run, [&](ClusterConf& conf) {
    if (conf.has_cluster(name)) fail(ErrorKind::invalid_argument, "Cluster \"{}\" already exists", name);
    conf.add_cluster(name);
  });
  fmt::print("Cluster {} created\n", name);
}

/// Where the cluster is registered the kernel learns of the node at once.
void create_node(const CtlWords& words) {
  NodeWords node{words.value("cluster").value_or(""), words.names.front(), words.value("ip_address"),
                 words.value("number"), words.value("ip_port")};
  for (const char* needed : {"cluster", "ip_address", "ip_port"})
    if (!words.value(needed)) fail(ErrorKind::invalid_argument, "a node needs -a {}=VALUE", needed);
  ConfNode made{};
  change_conf(words.run, [&](ClusterConf& conf) {
    require_cluster(conf, words.run, node.cluster);
    for (const ConfNode& other : conf.nodes(node.cluster))
      if (other.name == node.name) fail(ErrorKind::invalid_argument, "Node \"{}\" already exists", node.name);
    made = new_node(node, conf.nodes(node.cluster));
    conf.add_node(node.cluster, made);
  });
  fmt::print("Node {} created\n", made.name);
  if (!words.in_kernel) return;
  SystemTree tree;
  KernelCluster kernel(tree, node.cluster);
  if (const auto refusal = kernel.add_node(made, names_host(made.name, host_name())))
    throw_refusal(*refusal, node.cluster);
  fmt::print("Node {} added\n", made.name);
}

void remove(const CtlWords& words) {
  for (const std::string& name : words.names)
    change_conf(words.run, [&](ClusterConf& conf) {
      if (conf.has_cluster(name) && words.type != "node") {
        conf.remove_cluster(name);
        return;
      }
      const Member member = member_named(conf, name);
      SystemTree tree;
      KernelCluster kernel(tree, member.cluster);
      if (words.in_kernel)
        if (const auto refusal = kernel.remove_node(name)) throw_refusal(*refusal, member.cluster);
      conf.remove_node(member.cluster, name);
    });
}

void change_online(const CtlWords& words, const std::string& cluster, const std::string& online) {
  SystemTree tree;
  KernelCluster kernel(tree, cluster);
  const ClusterConf conf = usable_conf(words.run);
  require_cluster(conf, words.run, cluster);
  if (online == "yes") return register_cluster(kernel, conf, cluster);
  if (online != "no") fail(ErrorKind::invalid_argument, "online is yes or no, not '{}'", online);
  if (const auto refusal = kernel.unregister()) throw_refusal(*refusal, cluster);
}

/// Changes what may be changed of a node; the file must be sound afterwards.
void change_node(const CtlWords& words, const std::string& name) {
  change_conf(words.run, [&](ClusterConf& conf) {
    const Member member = member_named(conf, name);
    for (ConfSection& section : conf.sections) {
      if (section.kind != "node" || section.find("name") != name || section.find("cluster") != member.cluster)
        continue;
      for (const auto& [key, value] : words.values()) {
        if (key != "number" && key != "ip_address" && key != "ip_port")
          fail(ErrorKind::invalid_argument, "'{}' of a node cannot be changed", key);
        section.set(key, value);
      }
    }
    for (const ConfComplaint& complaint : check_cluster_conf(conf))
      if (complaint.error) fail(ErrorKind::invalid_argument, "{}", complaint.words);
  });
}

void change(const CtlWords& words) {
  const ClusterConf conf = usable_conf(words.run);
  for (const std::string& name : words.names) {
    const bool cluster = words.clusters() || (words.type.empty() && conf.has_cluster(name));
    if (!cluster) {
      change_node(words, name);
    } else if (const auto online = words.value("online")) {
      change_online(words, name, *online);
    } else {
      fail(ErrorKind::invalid_argument, "of a cluster only \"online\" can be changed");
    }
  }
}

void act(const CtlWords& words) {
  if (words.info) return show(words);
  if (words.remove) return remove(words);
  if (words.change) return change(words);
  words.clusters() ? create_cluster(words) : create_node(words);
}

}  // namespace

int run_o2cb_ctl(std::span<char*> arguments) {
  CtlWords words;
  Options options(arguments, "Create, show, change and delete clusters and nodes; o2cb(8) does the same.");
  options.flag("-C", words.create, "Create an object of the type -t with the name -n");
  options.flag("-D", words.remove, "Delete the object -n");
  options.flag("-I", words.info, "Show objects: all, or those that -n, -t and -a tell");
  options.flag("-H", words.change, "Change attributes of the objects -n");
  options.list("-n NAME", words.names, "The name of a cluster or a node; may be repeated");
  options.text("-t TYPE", words.type, "cluster or node");
  options.list("-a ATTRIBUTE", words.attributes,
               "name=value: cluster, number, ip_address, ip_port of a node; online=yes|no of a cluster");
  options.flag("-i", words.in_kernel, "Tell the kernel, too");
  options.flag("-u", words.in_kernel, "With -D: take it out of the kernel, too");
  options.flag("-o", words.compact, "With -I: a line each, with a header");
  options.flag("-z", words.headless, "The same without the header");
  if (const auto status = options.parse()) return *status;
  if (words.create + words.remove + words.info + words.change != 1)
    options.misuse("one of -C, -D, -I and -H is needed, and one only");
  if (words.compact && words.headless) options.misuse("-o and -z exclude each other");
  words.compact |= words.headless;
  if (!words.type.empty() && words.type != "cluster" && words.type != "node")
    options.misuse(fmt::format("'{}' is no type: cluster or node", words.type));
  if (!words.info && words.names.empty()) options.misuse("-n is missing");
  if (words.create && words.type.empty()) options.misuse("-t is missing");
  if (words.create && words.names.size() > 1) options.misuse("-C makes one object at a time");
  act(words);
  return 0;
}

}  // namespace ocfs2
