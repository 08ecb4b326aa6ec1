// SPDX-License-Identifier: GPL-2.0-or-later
//
// o2cb push and o2cb join: cluster.conf must be the same on all nodes, and so it goes there over ssh.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "cmd/o2cb.h"
#include "cmd/o2cb_kernel.h"
#include "cmd/options.h"
#include "engine/error.h"
#include "engine/refusal.h"
#include "net/config_file.h"
#include "net/o2cb_settings.h"
#include "net/remote_host.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

/// Puts what comes in the place of a file, as a whole or not at all, and says "same" or "written".
std::string receiving_command(const std::string& path) {
  const std::string file = shell_word(path), fresh = shell_word(path + ".pushed");
  return fmt::format(
      "mkdir -p \"$(dirname {0})\" && dd of={1} conv=fsync 2>/dev/null && chmod 644 {1} && "
      "if cmp -s {1} {0}; then rm -f {1} && echo same; else mv -f {1} {0} && echo written; fi",
      file, fresh);
}

/// Has the kernel of a host on which a cluster runs take what its file says.
std::string registering_command(const std::vector<std::string>& clusters) {
  std::string command;
  for (const std::string& cluster : clusters)
    command += fmt::format(" && {{ [ ! -d {}/{} ] || o2cb register-cluster {}; }}", clusters_folder, cluster,
                           cluster);
  return command;
}

std::string as_user(const std::string& host) {
  return host.find('@') == std::string::npos ? "root@" + host : host;
}

struct Peer {
  std::string name, host;
};

/// All nodes but this host, or those that are named: by a node's name, or as ssh knows a host.
std::vector<Peer> peers_of(const ClusterConf& conf, const std::vector<std::string>& wanted) {
  std::vector<Peer> all, chosen;
  for (const std::string& cluster : conf.clusters())
    for (const ConfNode& node : conf.nodes(cluster))
      if (!names_host(node.name, host_name())) all.push_back({node.name, node.address});
  for (const std::string& word : wanted) {
    const auto node = std::ranges::find(all, word, &Peer::name);
    chosen.push_back(node == all.end() ? Peer{word, word} : *node);
  }
  return wanted.empty() ? all : chosen;
}

/// Whether the remote command did what it should; what stands in the way is said.
bool tell_of(const Peer& peer, const RemoteAnswer& answer) {
  if (answer.good()) {
    const auto lines = pieces(answer.output, "\n");
    fmt::print("{} ({}): {}\n", peer.name, peer.host, lines.empty() ? "done" : lines.front());
    return true;
  }
  fmt::print(stderr, "{} ({}): {}\n", peer.name, peer.host,
             answer.status == 255 ? "ssh did not reach it"
                                  : fmt::format("the command there ended with status {}", answer.status));
  return false;
}

/// This host's address in the network of another one; empty when there is no way there. Nothing is sent.
std::string address_towards(const std::string& other) {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(usual_port);
  if (inet_pton(AF_INET, other.c_str(), &place.sin_addr) != 1) return {};
  const int file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in own{};
  socklen_t length = sizeof own;
  const bool known = file >= 0 && connect(file, reinterpret_cast<sockaddr*>(&place), sizeof place) == 0 &&
                     getsockname(file, reinterpret_cast<sockaddr*>(&own), &length) == 0;
  if (file >= 0) close(file);
  char text[INET_ADDRSTRLEN] = {};
  if (known) inet_ntop(AF_INET, &own.sin_addr, text, sizeof text);
  return text;
}

std::string remote_text(const RemoteShell& shell, const std::string& host, const std::string& command,
                        std::string_view what) {
  RemoteAnswer answer = shell.run(as_user(host), command);
  if (answer.good()) return std::move(answer.output);
  fail(ErrorKind::io, "could not read {} of {} (status {})", what, host, answer.status);
}

/// The configuration of the host that is asked to let us in.
ClusterConf remote_conf(const RemoteShell& shell, const O2cbRun& run, const std::string& host) {
  ClusterConf conf =
      parse_cluster_conf(remote_text(shell, host, "cat " + shell_word(run.conf_path), run.conf_path));
  for (const ConfComplaint& complaint : conf.complaints)
    if (complaint.error)
      fail(ErrorKind::invalid_argument,
           "{}, line {} of {}: {}; to see all that is wrong, run there: o2cb "
           "check-config",
           run.conf_path, complaint.line, host, complaint.words);
  return conf;
}

struct JoinWords {
  NodeWords node;
  std::string host, ssh = "ssh";
};

std::string cluster_to_join(const ClusterConf& conf, const JoinWords& words) {
  const std::vector<std::string> clusters = conf.clusters();
  if (!words.node.cluster.empty() && conf.has_cluster(words.node.cluster)) return words.node.cluster;
  if (words.node.cluster.empty() && clusters.size() == 1) return clusters.front();
  fail(ErrorKind::not_found, "{} knows {}; say which with --cluster", words.host,
       clusters.empty() ? "no cluster" : fmt::format("the clusters {}", fmt::join(clusters, ", ")));
}

/// What this host knows of other clusters would be lost.
void require_nothing_of_its_own(const O2cbRun& run, const ClusterConf& theirs) {
  for (const std::string& cluster : read_cluster_conf(run.conf_path).clusters())
    if (!theirs.has_cluster(cluster))
      fail(ErrorKind::invalid_argument,
           "{} of this host has the cluster '{}', which would be lost; if it is not needed: o2cb "
           "remove-cluster {}",
           run.conf_path, cluster, cluster);
}

/// This host as a node, new or as it stands there already, from an earlier attempt.
ConfNode own_node(const ClusterConf& conf, JoinWords& words) {
  const std::vector<ConfNode> nodes = conf.nodes(words.node.cluster);
  const auto there =
      std::ranges::find_if(nodes, [](const ConfNode& node) { return names_host(node.name, host_name()); });
  if (there != nodes.end()) return *there;
  words.node.name = host_name();
  if (!words.node.address && !nodes.empty()) words.node.address = address_towards(nodes.front().address);
  if (words.node.address && (words.node.address->empty() || is_loopback(*words.node.address)))
    fail(ErrorKind::not_found, "this host has no address in the network of node '{}', {}; give --ip",
         nodes.front().name, nodes.front().address);
  if (!words.node.port && !nodes.empty()) words.node.port = std::to_string(nodes.front().port);
  return new_node(words.node, nodes);
}

std::string adding_command(const std::string& cluster, const ConfNode& node) {
  return fmt::format(
      "o2cb list-nodes --oneline {0} | grep -qF {1} || o2cb add-node --ip {2} --port {3} --number {4} {0} "
      "{5}",
      shell_word(cluster),
      shell_word(fmt::format("{} {} {}:{} ", node.number, node.name, node.address, node.port)), node.address,
      node.port, node.number, shell_word(node.name));
}

void put_file(const std::string& path, const std::string& text) {
  const ConfigLock lock(path);
  if (const auto refusal = replace_file(path, text))
    fail_refused(*refusal);
}

/// The times must be the same on all nodes.
void take_times(const O2cbSettings& theirs, const std::string& cluster) {
  O2cbSettings ours = read_o2cb_settings();
  for (const O2cbTime& time : o2cb_times) ours.set(time.variable, theirs.get(time.variable));
  ours.set("O2CB_BOOTCLUSTER", cluster);
  put_file(o2cb_settings_path(), ours.text());
}

/// Has all of them know the node. Returns the exit status.
int introduce(const RemoteShell& shell, const std::vector<Peer>& peers, const std::string& cluster,
              const ConfNode& node) {
  int status = 0;
  for (const Peer& peer : peers) {
    if (tell_of(peer, shell.run(as_user(peer.host), adding_command(cluster, node)))) continue;
    fmt::print(stderr, "  run there: o2cb add-node --ip {} --port {} --number {} {} {}\n", node.address,
               node.port, node.number, cluster, node.name);
    status = 1;
  }
  return status;
}

int join(const O2cbRun& run, JoinWords& words) {
  const RemoteShell shell(words.ssh);
  ClusterConf conf = remote_conf(shell, run, words.host);
  const O2cbSettings settings(remote_text(
      shell, words.host, "cat /etc/sysconfig/o2cb 2>/dev/null || cat /etc/default/o2cb 2>/dev/null || :",
      "the settings of o2cb"));
  words.node.cluster = cluster_to_join(conf, words);
  const std::string& cluster = words.node.cluster;
  require_nothing_of_its_own(run, conf);
  const ConfNode node = own_node(conf, words);
  const int status = introduce(shell, peers_of(conf, {}), cluster, node);
  const auto nodes = conf.nodes(cluster);
  if (std::ranges::find(nodes, node) == nodes.end()) conf.add_node(cluster, node);
  put_file(run.conf_path, conf.text());
  take_times(settings, cluster);
  fmt::print("Joined cluster '{}' as node '{}', number {}, {}:{}\nNext: o2cb enable\n", cluster, node.name,
             node.number, node.address, node.port);
  return status;
}

}  // namespace

int o2cb_push(const O2cbRun& run, std::span<char*> arguments) {
  std::string ssh = "ssh";
  bool registering = false;
  std::vector<std::string> wanted;
  Options options(arguments,
                  "Send cluster.conf to the other nodes over ssh, as root. The exit status is 1 when one of "
                  "them did not take it.");
  options.flag("--register", registering, "Have the clusters that run there take it, too");
  options.text("--ssh=COMMAND", ssh, "The program to reach them by, \"ssh\" unless said");
  options.positional("NODE", wanted, "Names of nodes, or hosts as ssh knows them; without: all other nodes");
  if (const auto status = options.parse()) return *status;
  const ClusterConf conf = usable_conf(run);
  const auto text = whole_file(run.conf_path);
  if (!text)
    fail(ErrorKind::not_found, "{} does not exist: there is nothing to send; run: o2cb add-cluster NAME",
         run.conf_path);
  const RemoteShell shell(ssh);
  const std::string command =
      receiving_command(run.conf_path) + (registering ? registering_command(conf.clusters()) : "");
  bool all = true;
  for (const Peer& peer : peers_of(conf, wanted))
    all = tell_of(peer, shell.run(as_user(peer.host), command, *text)) && all;
  return all ? 0 : 1;
}

int o2cb_join(const O2cbRun& run, std::span<char*> arguments) {
  JoinWords words;
  Options options(arguments,
                  "Make this host a node of the cluster that another host is in. It and all nodes that it "
                  "knows learn of this one over ssh, as root; a cluster that runs takes it in as it runs.");
  options.text("--cluster=NAME", words.node.cluster, "Which one, if the host knows several");
  options.text("--ip=ADDRESS", words.node.address, "This host's address; without: the one in their network");
  options.text("--port=PORT", words.node.port, "Its TCP port; without: that of the other nodes");
  options.text("--number=NUMBER", words.node.number, "Its number; without: the lowest that is free");
  options.text("--ssh=COMMAND", words.ssh, "The program to reach them by, \"ssh\" unless said");
  options.positional("HOST", words.host, "A node of the cluster, as ssh knows it");
  if (const auto status = options.parse()) return *status;
  return join(run, words);
}

}  // namespace ocfs2
