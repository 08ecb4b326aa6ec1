// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/heartbeat_delay.h"

#include <catch2/catch.hpp>

#include "net/kernel_cluster.h"
#include "tests/worlds/scratch_directory.h"

namespace ocfs2 {

TEST_CASE("how long ago each region of the running cluster was written", "[heartbeat_delay]") {
  const ScratchDirectory scratch;
  SystemTree tree;
  REQUIRE(heartbeat_delays(tree, scratch / "").empty());
  const std::string cluster = "sys/kernel/config/cluster/prod/heartbeat/";
  scratch.text_file(cluster + "dead_threshold", "31\n");
  REQUIRE(heartbeat_delays(tree, scratch / "").empty());
  scratch.text_file(cluster + "A/dev", "sdb1\n");
  scratch.text_file(cluster + "B/dev", "dm-3\n");
  scratch.text_file("sys/kernel/debug/o2hb/A/elapsed_time_in_ms", "1999\n");
  scratch.text_file("sys/kernel/debug/o2hb/B/elapsed_time_in_ms", "30000\n");

  const auto delays = heartbeat_delays(tree, scratch / "");

  REQUIRE(delays.size() == 2);
  REQUIRE(delays[0].region == "A");
  REQUIRE(delays[0].device == "sdb1");
  REQUIRE(delays[0].percent() == 3);
  REQUIRE(delays[1].elapsed_ms == 30000);
  REQUIRE(delays[1].limit_ms == 60000);
  REQUIRE(delays[1].percent() == 50);
}

TEST_CASE("where this host beats is what the kernel says of each region", "[heartbeat_delay]") {
  const ScratchDirectory scratch;
  SystemTree tree;
  const std::string region = "cluster/prod/heartbeat/A/";
  scratch.text_file(region + "dev", "sdb1\n");
  scratch.text_file(region + "block_bytes", "4096\n");
  scratch.text_file(region + "blocks", "255\n");
  scratch.text_file(region + "start_block", "5000000000\n");
  const KernelCluster cluster(tree, "prod", scratch / "cluster");

  const auto place = cluster.place("A");

  REQUIRE(place);
  REQUIRE(place->device == "/dev/sdb1");
  REQUIRE(place->block_bytes == 4096);
  REQUIRE(place->blocks == 255);
  REQUIRE(place->start_block == 5'000'000'000);
  REQUIRE_FALSE(cluster.place("B"));
}

}  // namespace ocfs2
