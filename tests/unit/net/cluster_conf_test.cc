// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/cluster_conf.h"

#include <catch2/catch.hpp>

#include "tests/worlds/scratch_directory.h"

namespace ocfs2 {
namespace {

constexpr std::string_view two_nodes =
    "heartbeat:\n"
    "\tregion = 632A924FDD844190BDA93C0DF6B94899\n"
    "\tcluster = prod\n"
    "\n"
    "# the left rack\n"
    "node:\n"
    "\tip_port = 7777\n"
    "# does not end the section\n"
    "\tip_address = 10.0.0.10\n"
    "\tnumber = 0\n"
    "\tname = alpha\n"
    "\tcluster = prod\n"
    "\n"
    "node:\n"
    "\tnumber = 254\n"
    "\tname = beta\n"
    "\tcluster = prod\n"
    "\n"
    "node:\n"
    "\tnumber = 1\n"
    "\tname = stranger\n"
    "\tcluster = other\n"
    "\n"
    "cluster:\n"
    "\tnode_count = 2\n"
    "\theartbeat_mode = GLOBAL\n"
    "\tname = prod";

std::vector<std::string> complaints_about(std::string_view text) {
  std::vector<std::string> lines;
  for (const ConfComplaint& complaint : parse_cluster_conf(text).complaints)
    lines.push_back(std::to_string(complaint.line) + ": " + complaint.words);
  return lines;
}

}  // namespace

TEST_CASE("cluster.conf tells a cluster's nodes, heartbeat mode and regions", "[cluster_conf]") {
  const ClusterConf conf = parse_cluster_conf(two_nodes);

  REQUIRE(conf.complaints.empty());
  REQUIRE(conf.clusters() == std::vector<std::string>{"prod"});
  REQUIRE(conf.global_heartbeat("prod"));
  REQUIRE(conf.regions("prod") == std::vector<std::string>{"632A924FDD844190BDA93C0DF6B94899"});
  const auto nodes = conf.nodes("prod");
  REQUIRE(nodes.size() == 2);
  REQUIRE(nodes[0].number == 0);
  REQUIRE(nodes[0].name == "alpha");
  REQUIRE(nodes[0].address == "10.0.0.10");
  REQUIRE(nodes[0].port == 7777);
  REQUIRE(nodes[1].number == 254);
  REQUIRE(nodes[1].port == 0);
}

TEST_CASE("a cluster that is not in the file has nothing", "[cluster_conf]") {
  const ClusterConf conf = parse_cluster_conf(two_nodes);

  REQUIRE(conf.nodes("test").empty());
  REQUIRE(conf.regions("test").empty());
  REQUIRE_FALSE(conf.global_heartbeat("test"));
}

TEST_CASE("heartbeat is local unless the file says global", "[cluster_conf]") {
  REQUIRE_FALSE(parse_cluster_conf("cluster:\n\tname = a\n").global_heartbeat("a"));
  REQUIRE_FALSE(parse_cluster_conf("cluster:\n\tname = a\n\theartbeat_mode = local\n").global_heartbeat("a"));
}

TEST_CASE("blanks and carriage returns around a value do not count, and the last of two does",
          "[cluster_conf]") {
  const ClusterConf conf =
      parse_cluster_conf("cluster:\r\n  name  =   a b \t\r\n\tname=c\r\n\tnode_count =\n");

  REQUIRE(conf.complaints.empty());
  REQUIRE(conf.sections[0].find("name") == "c");
  REQUIRE(conf.sections[0].values[0].second == "a b");
  REQUIRE(conf.sections[0].find("node_count") == "");
  REQUIRE(conf.sections[0].find("nothing") == std::nullopt);
}

TEST_CASE("what cannot be understood is complained about by line, and the rest counts", "[cluster_conf]") {
  REQUIRE(complaints_about("node\n").size() == 1);
  REQUIRE(complaints_about("\tname = a\n") == std::vector<std::string>{"1: this line stands in no section"});
  REQUIRE(complaints_about("node:\n\tname = a\n\n\tnumber = 1\n") ==
          std::vector<std::string>{"4: this line stands in no section"});
  REQUIRE(complaints_about("node:\n\tname a\n") ==
          std::vector<std::string>{"2: a line of a section reads like \"name = value\""});
  REQUIRE(parse_cluster_conf("cluster:\n\t???\n\tname = a\n").clusters() == std::vector<std::string>{"a"});
}

TEST_CASE("a node without a usable number is none", "[cluster_conf]") {
  const std::string number = GENERATE("", "255", "-1", "7x", "99999999999999999999");

  const ClusterConf conf =
      parse_cluster_conf("node:\n\tname = a\n\tcluster = c\n\tnumber = " + number + "\n");

  REQUIRE(conf.sections.size() == 1);
  REQUIRE(conf.nodes("c").empty());
}

TEST_CASE("no file is no cluster, and an unreadable one is a complaint", "[cluster_conf]") {
  const ScratchDirectory scratch;

  REQUIRE(read_cluster_conf(scratch / "cluster.conf").sections.empty());
  REQUIRE(read_cluster_conf(scratch / "cluster.conf").complaints.empty());
  REQUIRE(read_cluster_conf(scratch.text_file("c", std::string(two_nodes))).nodes("prod").size() == 2);
}

}  // namespace ocfs2
