// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/kernel_cluster.h"

#include <catch2/catch.hpp>

#include "tests/worlds/fake_kernel.h"

namespace ocfs2 {
namespace {

ClusterConf two_nodes() {
  ClusterConf conf;
  conf.add_cluster("prod");
  conf.add_node("prod", {20, "alpha", "10.0.0.1", 7777});
  conf.add_node("prod", {16, "beta.lan", "10.0.0.2", 7777});
  return conf;
}

KernelCluster prod(FakeKernel& kernel) { return {kernel, "prod", FakeKernel::clusters}; }

}  // namespace

TEST_CASE("a cluster is registered with all its nodes, and this host is one of them", "[kernel_cluster]") {
  FakeKernel kernel;
  KernelCluster cluster = prod(kernel);
  REQUIRE(cluster.possible());
  REQUIRE(cluster.active().empty());

  REQUIRE_FALSE(cluster.register_nodes(two_nodes(), "Alpha.example.org"));

  REQUIRE(cluster.active() == "prod");
  REQUIRE(cluster.local_node() == "alpha");
  REQUIRE(cluster.nodes().size() == 2);
  REQUIRE(cluster.nodes()[1].number == 16);
  REQUIRE(cluster.nodes()[1].address == "10.0.0.2");
  REQUIRE(cluster.nodes()[1].port == 7777);
  REQUIRE_FALSE(cluster.global_heartbeat());
}

TEST_CASE("registering again changes only what has changed", "[kernel_cluster]") {
  FakeKernel kernel;
  KernelCluster cluster = prod(kernel);
  ClusterConf conf = two_nodes();
  REQUIRE_FALSE(cluster.register_nodes(conf, "alpha"));

  const int before = kernel.changes;
  REQUIRE_FALSE(cluster.register_nodes(conf, "alpha"));
  REQUIRE(kernel.changes == before + 1);  // to make the cluster, which is there

  conf.remove_node("prod", "beta.lan");
  conf.add_node("prod", {3, "gamma", "10.0.0.2", 7777});
  REQUIRE_FALSE(cluster.register_nodes(conf, "alpha"));
  REQUIRE(cluster.nodes().size() == 2);
  REQUIRE(cluster.nodes()[1].name == "gamma");
}

TEST_CASE("a node that is connected stays, and a new one comes all the same", "[kernel_cluster]") {
  FakeKernel kernel;
  KernelCluster cluster = prod(kernel);
  ClusterConf conf = two_nodes();
  REQUIRE_FALSE(cluster.register_nodes(conf, "alpha"));
  kernel.pinned.insert(cluster.folder() + "/node/beta.lan");

  conf.remove_node("prod", "beta.lan");
  conf.add_node("prod", {3, "gamma", "10.0.0.3", 7777});
  const auto refusal = cluster.register_nodes(conf, "alpha");

  REQUIRE(refusal->number == EBUSY);
  REQUIRE(cluster.nodes().size() == 3);
}

TEST_CASE("wherever registering fails, nothing of the cluster is left", "[kernel_cluster]") {
  ClusterConf conf = two_nodes();
  conf.set_heartbeat_mode("prod", true);
  int failed = 0;
  for (int at = 1;; ++at) {
    FakeKernel kernel;
    kernel.refuse_at = at;
    KernelCluster cluster = prod(kernel);
    const auto refusal = cluster.register_nodes(conf, "alpha");
    if (!refusal) {
      REQUIRE(kernel.changes < at);
      break;
    }
    REQUIRE(refusal->number == EIO);
    REQUIRE(kernel.left() == 0);
    ++failed;
  }
  REQUIRE(failed == 12);  // the cluster, its mode, and five steps for each node
}

TEST_CASE("what the kernel ignores in silence is noticed", "[kernel_cluster]") {
  FakeKernel kernel;
  KernelCluster cluster = prod(kernel);
  ClusterConf conf = two_nodes();
  REQUIRE_FALSE(cluster.register_nodes(conf, "alpha"));
  REQUIRE_FALSE(cluster.set_time(o2cb_times[0], 61));
  REQUIRE(cluster.time(o2cb_times[0]) == 61);
  REQUIRE_FALSE(kernel.make_folder(cluster.folder() + "/heartbeat/632A924FDD844190BDA93C0DF6B94899"));

  conf.set_heartbeat_mode("prod", true);

  REQUIRE(cluster.register_nodes(conf, "alpha")->number == EBUSY);
  REQUIRE(cluster.set_time(o2cb_times[0], 7)->number == EBUSY);
  REQUIRE_FALSE(cluster.set_time(o2cb_times[0], 61));  // it is so already
  REQUIRE(cluster.unregister()->number == EBUSY);
}

TEST_CASE("a second cluster, an address twice and a number twice are refused as the kernel does",
          "[kernel_cluster]") {
  FakeKernel kernel;
  REQUIRE_FALSE(prod(kernel).register_nodes(two_nodes(), "alpha"));
  ClusterConf other;
  other.add_cluster("test");
  REQUIRE(KernelCluster(kernel, "test", FakeKernel::clusters).register_nodes(other, "alpha")->number ==
          ENOSPC);

  REQUIRE(prod(kernel).add_node({5, "gamma", "10.0.0.2", 7777}, false)->number == EEXIST);
  REQUIRE(prod(kernel).add_node({20, "gamma", "10.0.0.9", 7777}, false)->number == EEXIST);
  REQUIRE(prod(kernel).nodes().size() == 2);

  REQUIRE_FALSE(prod(kernel).unregister());
  REQUIRE(kernel.left() == 0);
}

}  // namespace ocfs2
