// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/cluster_conf.h"

#include <catch2/catch.hpp>

#include <algorithm>

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
    if (complaint.error) lines.push_back(std::to_string(complaint.line) + ": " + complaint.words);
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

  REQUIRE(std::ranges::none_of(conf.complaints, &ConfComplaint::error));
  REQUIRE(conf.sections[0].find("name") == "c");
  REQUIRE(conf.sections[0].values[0].value == "a b");
  REQUIRE(conf.sections[0].find("node_count") == "");
  REQUIRE(conf.sections[0].find("nothing") == std::nullopt);
}

TEST_CASE("what cannot be understood is complained about by line, and the rest counts", "[cluster_conf]") {
  REQUIRE(complaints_about("node\n").size() == 1);
  REQUIRE(complaints_about("\tname = a\n") == std::vector<std::string>{"1: this line stands in no section"});
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

TEST_CASE("a file as it stands on a page that lost its tabs means what it says", "[cluster_conf]") {
  const ClusterConf conf = parse_cluster_conf(
      "cluster:\n"
      "name = cloudabc\n"
      "heartbeat_mode = global\n"
      "node_count = 1\n"
      "node:\n"
      "cluster = cloudabc\n"
      "number = 1\n"
      "\n"
      "ip_port = 7777\n"
      "ip_address = 10.1.34.125\n"
      "name = kvm1\n");

  REQUIRE(conf.global_heartbeat("cloudabc"));
  REQUIRE(conf.nodes("cloudabc").at(0).address == "10.1.34.125");
  REQUIRE(conf.complaints.size() == 2);  // the blanks, once, and the empty line
  REQUIRE(std::ranges::none_of(conf.complaints, &ConfComplaint::error));
  REQUIRE(conf.complaints[0].line == 2);
  REQUIRE(conf.complaints[1].line == 9);
}

TEST_CASE("writing gives the strict form and keeps what people wrote beside it", "[cluster_conf]") {
  ClusterConf conf = parse_cluster_conf(
      "# our SAN\r\n"
      "cluster:\r\n"
      "name=prod\r\n"
      "  # two of them\r\n"
      "  node_count=1\r\n"
      "  color = blue\r\n"
      "rack:\n"
      "  row = 7\n"
      "# the end\n");
  conf.add_node("prod", {3, "alpha", "10.0.0.1", 7777});
  conf.set_heartbeat_mode("prod", true);

  const std::string text = conf.text();

  REQUIRE(text ==
          "# our SAN\ncluster:\n\tname = prod\n# two of them\n\tnode_count = 1\n\tcolor = blue\n"
          "\theartbeat_mode = global\n\nrack:\n\trow = 7\n\n"
          "node:\n\tnumber = 3\n\tname = alpha\n\tip_address = 10.0.0.1\n\tip_port = 7777\n"
          "\tcluster = prod\n\n# the end\n");
  REQUIRE(parse_cluster_conf(text).complaints.empty());
  REQUIRE(parse_cluster_conf(text).text() == text);
}

TEST_CASE("what is removed takes nothing of others with it", "[cluster_conf]") {
  ClusterConf conf = parse_cluster_conf(two_nodes);
  conf.remove_node("prod", "alpha");
  REQUIRE(conf.nodes("prod").size() == 1);
  REQUIRE(conf.nodes("other").size() == 1);
  REQUIRE(conf.sections_of("cluster", "prod")[0]->find("node_count") == "1");

  conf.remove_region("prod", "632A924FDD844190BDA93C0DF6B94899");
  REQUIRE(conf.regions("prod").empty());

  conf.remove_cluster("prod");
  REQUIRE(conf.clusters().empty());
  REQUIRE(conf.nodes("other").size() == 1);
}

TEST_CASE("a host is the node that has its name, or its name up to a dot", "[cluster_conf]") {
  REQUIRE(names_host("kvm1", "KVM1.example.org"));
  REQUIRE(names_host("kvm1.example.org", "kvm1.example.org"));
  REQUIRE_FALSE(names_host("kvm1", "kvm12"));
  REQUIRE_FALSE(names_host("kvm1.example.org", "kvm1"));
  REQUIRE_FALSE(names_host("", "kvm1"));
}

}  // namespace ocfs2
