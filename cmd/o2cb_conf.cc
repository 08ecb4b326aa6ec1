// SPDX-License-Identifier: GPL-2.0-or-later
//
// The subcommands of o2cb that read and change cluster.conf.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>

#include "cmd/o2cb.h"
#include "cmd/o2cb_live.h"
#include "cmd/options.h"
#include "cmd/volume_guard.h"
#include "engine/error.h"
#include "engine/refusal.h"
#include "engine/io/file_device.h"
#include "engine/volume/volume.h"
#include "net/cluster_conf_check.h"
#include "net/config_file.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

void say(const O2cbRun& run, const std::string& words) {
  if (run.verbosity > 0) fmt::print("{}\n", words);
}

/// The first IPv4 address that this host's resolver knows a name by. It is asked through getent: a statically
/// linked program has no resolver of its own to trust.
std::string address_of(const std::string& name) {
  if (!std::ranges::all_of(
          name, [](char letter) { return is_word_letter(letter) || letter == '.' || letter == '-'; }))
    return {};
  const std::string command = "getent ahostsv4 " + name + " 2>/dev/null";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> answer(popen(command.c_str(), "re"), pclose);
  char line[128];
  if (!answer || !std::fgets(line, sizeof line, answer.get())) return {};
  const std::string_view words(line);
  return std::string(words.substr(0, words.find_first_of(" \t\n")));
}

unsigned free_number(const std::vector<ConfNode>& nodes) {
  for (unsigned number = 0; number < cluster_nodes_max; ++number)
    if (std::ranges::find(nodes, number, &ConfNode::number) == nodes.end()) return number;
  fail(ErrorKind::no_space, "the cluster has {} nodes already: no number is left", cluster_nodes_max);
}

unsigned node_number(const std::string& words) {
  const auto number = small_number(words);
  if (!number || *number >= cluster_nodes_max)
    fail(ErrorKind::invalid_argument, "Nodenum should be >=0 and < 255 but is {}", words);
  return *number;
}

void print_section(const char* kind, bool oneline, const std::string& line,
                   std::initializer_list<std::pair<const char*, std::string>> values) {
  if (oneline) return fmt::print("{}: {}\n", kind, line);
  fmt::print("{}:\n", kind);
  for (const auto& [key, value] : values) fmt::print("\t{} = {}\n", key, value);
  fmt::print("\n");
}

void print_regions(const ClusterConf& conf, const std::string& cluster, bool oneline) {
  for (const std::string& region : conf.regions(cluster))
    print_section("heartbeat", oneline, region + " " + cluster, {{"region", region}, {"cluster", cluster}});
}

void print_nodes(const ClusterConf& conf, const std::string& cluster, bool oneline) {
  for (const ConfNode& node : conf.nodes(cluster))
    print_section("node", oneline,
                  fmt::format("{} {} {}:{} {}", node.number, node.name, node.address, node.port, cluster),
                  {{"number", std::to_string(node.number)},
                   {"name", node.name},
                   {"ip_address", node.address},
                   {"ip_port", std::to_string(node.port)},
                   {"cluster", cluster}});
}

void print_cluster(const ClusterConf& conf, const std::string& cluster, bool oneline) {
  print_regions(conf, cluster, oneline);
  print_nodes(conf, cluster, oneline);
  const std::string count = std::to_string(conf.nodes(cluster).size());
  const std::string mode = conf.global_heartbeat(cluster) ? "global" : "local";
  print_section("cluster", oneline, fmt::format("{} {} {}", count, mode, cluster),
                {{"node_count", count}, {"heartbeat_mode", mode}, {"name", cluster}});
}

int list(const O2cbRun& run, std::span<char*> arguments, std::string_view summary,
         void (*print)(const ClusterConf&, const std::string&, bool)) {
  std::string cluster;
  bool oneline = false;
  Options options(arguments, summary);
  options.flag("--oneline", oneline, "A line each");
  options.positional("CLUSTER", cluster, "The cluster's name");
  if (const auto status = options.parse()) return *status;
  const ClusterConf conf = usable_conf(run);
  require_cluster(conf, run, cluster);
  print(conf, cluster, oneline);
  return 0;
}

/// Changes of one name within a cluster.
struct PairWords {
  std::string cluster, name;
  std::optional<int> parse(std::span<char*> arguments, std::string_view summary, std::string_view what) {
    Options options(arguments, summary);
    options.positional("CLUSTER", cluster, "The cluster's name");
    options.positional(what, name, "");
    return options.parse();
  }
};

int cluster_word(std::span<char*> arguments, std::string_view summary, std::string& cluster) {
  Options options(arguments, summary);
  options.positional("CLUSTER", cluster, "The cluster's name");
  return options.parse().value_or(-1);
}

}  // namespace

int change_conf(const O2cbRun& run, const std::function<void(ClusterConf&)>& change) {
  const ConfigLock lock(run.conf_path);
  ClusterConf conf = usable_conf(run);
  change(conf);
  if (const auto refusal = replace_file(run.conf_path, conf.text()))
    fail_refused(*refusal);
  return 0;
}

ConfNode new_node(const NodeWords& words, const std::vector<ConfNode>& nodes) {
  if (words.name.empty() || words.name.size() > 64 ||
      words.name.find_first_of(" \t/=:#") != std::string::npos)
    fail(ErrorKind::invalid_argument, "'{}' is no name for a node: it is the host's name", words.name);
  ConfNode node{0, words.name, words.address.value_or(""), usual_port};
  node.number = words.number ? node_number(*words.number) : free_number(nodes);
  if (words.port) {
    node.port = small_number(*words.port).value_or(0);
    if (node.port == 0 || node.port >= 65535)
      fail(ErrorKind::invalid_argument, "the port is 1 to 65534, not '{}'", *words.port);
  }
  if (!words.address) node.address = address_of(words.name);
  if (node.address.empty())
    fail(ErrorKind::not_found,
         "Bad IP Address '{}': this host does not know an address by that name; give --ip", words.name);
  if (!words.address && is_loopback(node.address))
    fail(ErrorKind::invalid_argument,
         "Bad IP Address '{}': that is what this host knows '{}' by, but no other node can reach it; give "
         "--ip",
         node.address, words.name);
  if (!is_ipv4_address(node.address))
    fail(ErrorKind::invalid_argument, "Bad IP Address '{}'{}", node.address,
         node.address.find(':') != std::string::npos ? ": the kernel's o2net speaks IPv4 only" : "");
  for (const ConfNode& other : nodes) {
    if (other.number == node.number)
      fail(ErrorKind::invalid_argument, "Choose another node number as '{}' is in use", node.number);
    if (other.address == node.address)
      fail(ErrorKind::invalid_argument, "IP address {} is that of node '{}' already", node.address,
           other.name);
  }
  return node;
}

ClusterConf usable_conf(const O2cbRun& run) {
  ClusterConf conf = read_cluster_conf(run.conf_path);
  for (const ConfComplaint& complaint : conf.complaints)
    if (complaint.error)
      fail(ErrorKind::invalid_argument, "{}, line {}: {}; to see all that is wrong, run: o2cb check-config",
           run.conf_path, complaint.line, complaint.words);
  return conf;
}

void require_cluster(const ClusterConf& conf, const O2cbRun& run, const std::string& cluster) {
  if (conf.has_cluster(cluster)) return;
  const std::vector<std::string> names = conf.clusters();
  fail(ErrorKind::not_found, "Unknown cluster '{}'; {} has {}", cluster, run.conf_path,
       names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
}

std::string uuid_digits(const std::string& words) {
  std::string digits;
  for (const char letter : words)
    if (letter != '-') digits += letter >= 'a' && letter <= 'f' ? static_cast<char>(letter - 32) : letter;
  return digits;
}

std::string region_named(const std::string& words) {
  std::error_code ignored;
  if (std::filesystem::exists(words, ignored)) {
    const auto device = FileDevice::open(words, Access::read_only);
    return look_into(*device)->uuid();
  }
  const std::string region = uuid_digits(words);
  if (!is_region_name(region))
    fail(ErrorKind::invalid_argument, "'{}' is neither a device that is here nor the UUID of a volume",
         words);
  return region;
}

int o2cb_add_cluster(const O2cbRun& run, std::span<char*> arguments) {
  std::string cluster;
  if (const int status = cluster_word(arguments, "Add a cluster without nodes.", cluster); status >= 0)
    return status;
  if (const auto fault = cluster_name_fault(cluster); !fault.empty())
    fail(ErrorKind::invalid_argument, "Cluster name is invalid ; {}", fault);
  return change_conf(run, [&](ClusterConf& conf) {
    if (conf.has_cluster(cluster)) fail(ErrorKind::invalid_argument, "Cluster '{}' already exists", cluster);
    conf.add_cluster(cluster);
    say(run, fmt::format("Added cluster '{}'", cluster));
  });
}

int o2cb_remove_cluster(const O2cbRun& run, std::span<char*> arguments) {
  std::string cluster;
  if (const int status = cluster_word(arguments, "Remove a cluster, its nodes and regions.", cluster);
      status >= 0)
    return status;
  return change_conf(run, [&](ClusterConf& conf) {
    require_cluster(conf, run, cluster);
    conf.remove_cluster(cluster);
    say(run, fmt::format("Removed cluster '{}'", cluster));
  });
}

int o2cb_add_node(const O2cbRun& run, std::span<char*> arguments) {
  NodeWords words;
  bool file_only = false;
  Options options(arguments,
                  "Add a node to a cluster, also to the one that runs on this host. Its name must be the one "
                  "that the host has.");
  options.text("--ip=ADDRESS", words.address, "Its IPv4 address; without: what this host knows it by");
  options.text("--port=PORT", words.port, "Its TCP port, 7777 unless said");
  options.text("--number=NUMBER", words.number, "Its number, 0 to 254; without: the lowest that is free");
  options.flag("--config-only", file_only, "Leave the cluster that runs on this host as it is");
  options.positional("CLUSTER", words.cluster, "The cluster's name");
  options.positional("NODE", words.name, "The node's name");
  if (const auto status = options.parse()) return *status;
  ConfNode node;
  change_conf(run, [&](ClusterConf& conf) {
    require_cluster(conf, run, words.cluster);
    const std::vector<ConfNode> nodes = conf.nodes(words.cluster);
    if (std::ranges::any_of(nodes,
                            [&](const ConfNode& other) { return lower(other.name) == lower(words.name); }))
      fail(ErrorKind::invalid_argument, "Node '{}' already exists", words.name);
    node = new_node(words, nodes);
    conf.add_node(words.cluster, node);
    say(run, fmt::format("Added node '{}' in cluster '{}' having number '{}', ip '{}' and port '{}'",
                         node.name, words.cluster, node.number, node.address, node.port));
  });
  if (!file_only) add_to_running(words.cluster, node);
  return 0;
}

int o2cb_remove_node(const O2cbRun& run, std::span<char*> arguments) {
  std::string cluster, name;
  bool file_only = false;
  Options options(arguments,
                  "Remove a node from a cluster, also from the one that runs on this host: the node must "
                  "have left it, or be dead. Run it on all nodes that stay.");
  options.flag("--config-only", file_only, "Leave the cluster that runs on this host as it is");
  options.positional("CLUSTER", cluster, "The cluster's name");
  options.positional("NODE", name, "The node's name");
  if (const auto status = options.parse()) return *status;
  if (!file_only) require_removable(cluster, name);
  change_conf(run, [&](ClusterConf& conf) {
    require_cluster(conf, run, cluster);
    const auto nodes = conf.sections_of("node", cluster);
    if (std::ranges::none_of(nodes, [&](const auto* node) { return node->find("name") == name; }))
      fail(ErrorKind::not_found, "Unknown node '{}' in cluster '{}'", name, cluster);
    conf.remove_node(cluster, name);
    say(run, fmt::format("Removed node '{}' from cluster '{}'", name, cluster));
  });
  if (!file_only) remove_from_running(cluster, name);
  return 0;
}

int o2cb_add_heartbeat(const O2cbRun& run, std::span<char*> arguments) {
  PairWords words;
  if (const auto status =
          words.parse(arguments, "Add a heartbeat region: the UUID of a volume, or a device.", "UUID|DEVICE"))
    return *status;
  return change_conf(run, [&](ClusterConf& conf) {
    require_cluster(conf, run, words.cluster);
    const std::string region = region_named(words.name);
    const auto regions = conf.regions(words.cluster);
    if (std::ranges::find(regions, region) != regions.end())
      fail(ErrorKind::invalid_argument, "Heartbeat region '{}' already exists", region);
    if (regions.size() >= cluster_regions_max)
      fail(ErrorKind::no_space, "cluster '{}' has {} heartbeat regions already", words.cluster,
           regions.size());
    conf.add_region(words.cluster, region);
    say(run, fmt::format("Added heartbeat region '{}' to cluster '{}'", region, words.cluster));
  });
}

int o2cb_remove_heartbeat(const O2cbRun& run, std::span<char*> arguments) {
  PairWords words;
  if (const auto status = words.parse(arguments, "Remove a heartbeat region.", "UUID|DEVICE")) return *status;
  return change_conf(run, [&](ClusterConf& conf) {
    require_cluster(conf, run, words.cluster);
    const auto regions = conf.regions(words.cluster);
    const bool known = std::ranges::find(regions, words.name) != regions.end();  // however it is written
    const std::string region = known ? words.name : region_named(words.name);
    if (std::ranges::find(regions, region) == regions.end())
      fail(ErrorKind::not_found, "Unknown heartbeat region '{}'", region);
    conf.remove_region(words.cluster, region);
    say(run, fmt::format("Removed heartbeat region '{}' from cluster '{}'", region, words.cluster));
  });
}

int o2cb_heartbeat_mode(const O2cbRun& run, std::span<char*> arguments) {
  PairWords words;
  if (const auto status = words.parse(arguments,
                                      "Say where a cluster beats: local, on each volume that is mounted; "
                                      "global, on regions of its own.",
                                      "MODE"))
    return *status;
  const std::string mode = lower(words.name);
  if (mode != "local" && mode != "global")
    fail(ErrorKind::invalid_argument, "Could not change heartbeat mode to '{}': it is local or global",
         words.name);
  return change_conf(run, [&](ClusterConf& conf) {
    require_cluster(conf, run, words.cluster);
    conf.set_heartbeat_mode(words.cluster, mode == "global");
    say(run, fmt::format("Changed heartbeat mode in cluster '{}' to '{}'", words.cluster, mode));
  });
}

int o2cb_list_clusters(const O2cbRun& run, std::span<char*> arguments) {
  Options options(arguments, "List the names of all clusters in the configuration.");
  if (const auto status = options.parse()) return *status;
  for (const std::string& cluster : usable_conf(run).clusters()) fmt::print("{}\n", cluster);
  return 0;
}

int o2cb_list_cluster(const O2cbRun& run, std::span<char*> arguments) {
  return list(run, arguments, "Show a cluster's heartbeat regions, its nodes, and itself.", print_cluster);
}

int o2cb_list_nodes(const O2cbRun& run, std::span<char*> arguments) {
  return list(run, arguments, "Show a cluster's nodes.", print_nodes);
}

int o2cb_list_heartbeats(const O2cbRun& run, std::span<char*> arguments) {
  return list(run, arguments, "Show a cluster's heartbeat regions.", print_regions);
}

int o2cb_check_config(const O2cbRun& run, std::span<char*> arguments) {
  std::vector<std::string> files;
  Options options(arguments,
                  "Tell what is wrong with cluster.conf. Of several files, which are copies from several "
                  "nodes, also where they differ from the first.");
  options.positional("FILE", files, "The files; without: the configuration of this host");
  if (const auto status = options.parse()) return *status;
  if (files.empty()) files.push_back(run.conf_path);
  std::size_t errors = 0, warnings = 0;
  const auto tell = [&](const std::string& file, const std::vector<ConfComplaint>& complaints) {
    for (const ConfComplaint& complaint : complaints) {
      ++(complaint.error ? errors : warnings);
      const std::string place = complaint.line == 0 ? file : fmt::format("{}:{}", file, complaint.line);
      fmt::print("{}: {}: {}\n", place, complaint.error ? "error" : "warning", complaint.words);
    }
  };
  std::vector<ClusterConf> confs;
  for (const std::string& file : files) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) fail(ErrorKind::not_found, "{} does not exist", file);
    confs.push_back(read_cluster_conf(file));
    tell(file, check_cluster_conf(confs.back()));
  }
  for (std::size_t i = 1; i < confs.size(); ++i)
    tell(files[0], compare_cluster_confs(confs[0], confs[i], files[i]));
  fmt::print("{} errors, {} warnings\n", errors, warnings);
  return errors == 0 ? 0 : 1;
}

}  // namespace ocfs2
