// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/cluster_conf_check.h"

#include <catch2/catch.hpp>

namespace ocfs2 {
namespace {

constexpr std::string_view sound =
    "cluster:\n\tname = prod\n\theartbeat_mode = local\n\tnode_count = 1\n\n"
    "node:\n\tname = alpha\n\tnumber = 0\n\tip_address = 10.0.0.1\n\tip_port = 7777\n\tcluster = prod\n\n";

/// The sound file with `old` changed, or `added` at its end; each complaint as "LINE e: words".
std::vector<std::string> complaints(std::string_view old, std::string_view fresh) {
  std::string text(sound);
  old.empty() ? text.append(fresh) : text.replace(text.find(old), old.size(), fresh);
  std::vector<std::string> lines;
  for (const ConfComplaint& complaint : check_cluster_conf(parse_cluster_conf(text)))
    lines.push_back(std::to_string(complaint.line) + (complaint.error ? " e: " : " w: ") + complaint.words);
  return lines;
}

struct Case {
  const char *old, *fresh, *complaint;
};

}  // namespace

TEST_CASE("a sound cluster.conf has no complaints", "[cluster_conf]") { REQUIRE(complaints("", "").empty()); }

TEST_CASE("each mistake in a cluster.conf is told with its line", "[cluster_conf]") {
  const Case mistake = GENERATE(
      Case{"name = alpha", "naem = alpha", "7 e: unknown key \"naem\", did you mean \"name\"?"},
      Case{"name = alpha", "color = blue", "7 w: unknown key \"color\"; it is ignored"},
      Case{"name = alpha", "", "6 e: this node has no \"name\""},
      Case{"node:", "nodes:", "6 e: unknown section \"nodes\", did you mean \"node\"?"},
      Case{"", "rack:\n\trow = 1\n", "13 w: unknown section \"rack\"; it is ignored"},
      Case{"number = 0", "number = 255", "8 e: the number of a node is 0 to 254, not \"255\""},
      Case{"number = 0", "number = one", "8 e: the number of a node is 0 to 254, not \"one\""},
      Case{"7777", "0", "10 e: ip_port is 1 to 65534, not \"0\""},
      Case{"7777", "65535", "10 e: ip_port is 1 to 65534, not \"65535\""},
      Case{"7777", "7000", "10 w: the usual port is 7777: mind the firewall"},
      Case{"10.0.0.1", "fe80::1", "9 e: \"fe80::1\" is an IPv6 address: the kernel's o2net speaks IPv4 only"},
      Case{"10.0.0.1", "127.0.1.1", "9 w: \"127.0.1.1\" is the host itself: no other node can reach it"},
      Case{"10.0.0.1", "alpha", "9 e: \"alpha\" is no IPv4 address; host names are not looked up here"},
      Case{"cluster = prod", "cluster = porod",
           "11 e: there is no cluster \"porod\" in this file, did you mean \"prod\"?"},
      Case{"name = prod", "name = my-san",
           "2 e: \"my-san\" is no name for a cluster: 1 to 16 letters and digits, and nothing else"},
      Case{"local", "globl", "3 e: heartbeat_mode is \"local\" or \"global\", not \"globl\""},
      Case{"local", "global",
           "3 w: the heartbeat is global, but no region is named: run: o2cb add-heartbeat prod DEVICE"},
      Case{"node_count = 1", "node_count = 2", "4 w: node_count is 2, but cluster \"prod\" has 1 nodes"},
      Case{"\tnode_count = 1\n", "", "1 w: this cluster has no \"node_count\"; other tools refuse that"},
      Case{"", "cluster:\n\tname = prod\n\tnode_count = 1\n",
           "13 e: cluster \"prod\" stands in line 1 already"},
      Case{"", "heartbeat:\n\tregion = 632a924fdd844190bda93c0df6b94899\n\tcluster = prod\n",
           "14 e: \"632a924fdd844190bda93c0df6b94899\" is no heartbeat region: that is the volume's UUID as "
           "32 "
           "hexadecimal digits in capital letters"},
      Case{"", "heartbeat:\n\tregion = 632A924FDD844190BDA93C0DF6B94899\n\tcluster = prod\n",
           "13 w: the heartbeat of cluster \"prod\" is local: this region is not used; run: o2cb "
           "heartbeat-mode prod global"});

  const auto found = complaints(mistake.old, mistake.fresh);

  INFO(mistake.complaint);
  for (const std::string& line : found) UNSCOPED_INFO("found: " + line);
  REQUIRE(std::ranges::find(found, mistake.complaint) != found.end());
}

TEST_CASE("a second node needs a name, a number and an address of its own", "[cluster_conf]") {
  const auto found = complaints("",
                                "node:\n\tname = ALPHA\n\tnumber = 0\n\tip_address = 10.0.0.1\n"
                                "\tip_port = 7777\n\tcluster = prod\n");

  REQUIRE(found == std::vector<std::string>{"4 w: node_count is 1, but cluster \"prod\" has 2 nodes",
                                            "14 e: name \"ALPHA\" is taken already, in line 7",
                                            "15 e: number \"0\" is taken already, in line 8",
                                            "16 e: ip_address \"10.0.0.1\" is taken already, in line 9"});
}

TEST_CASE("copies of a file on several nodes must say the same", "[cluster_conf]") {
  const ClusterConf ours = parse_cluster_conf(sound);
  std::string changed(sound);
  changed.replace(changed.find("number = 0"), 10, "number = 4");
  changed +=
      "node:\n\tname = beta\n\tnumber = 1\n\tip_address = 10.0.0.2\n\tip_port = 7777\n\tcluster = prod\n";

  const auto found = compare_cluster_confs(ours, parse_cluster_conf(changed), "beta.conf");

  REQUIRE(found.size() == 2);
  REQUIRE(found[0].words ==
          "node alpha of cluster prod is 0 at 10.0.0.1:7777 here and 4 at 10.0.0.1:7777 in beta.conf");
  REQUIRE(found[1].words == "node beta of cluster prod is only in beta.conf");
  REQUIRE(compare_cluster_confs(ours, ours, "itself").empty());
}

}  // namespace ocfs2
