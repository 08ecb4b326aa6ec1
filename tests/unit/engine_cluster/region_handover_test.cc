// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/cluster/region_handover.h"

#include <catch2/catch.hpp>

#include "engine/io/memory_device.h"
#include "ondisk/heartbeat_block.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

constexpr HeartbeatRegion place{.offset = 0, .block_bytes = 512, .nodes = 8};

/// Two regions; as time goes by each node beats on those that it is said to.
class TwoRegions final : public Clock {
 public:
  MemoryDevice fresh{1 << 16}, old{1 << 16};
  std::set<u32> on_fresh{}, on_old{};
  u32 joins_later = 99;  ///< this node beats on the new region from the second 9 on
  u64 now = 0;

  void beat(BlockDevice& device, u32 node) {
    std::vector<u8> sector(512);
    auto& block = as<HeartbeatBlock>(Bytes(sector));
    block.sequence = now + 1;
    block.node = static_cast<u8>(node);
    block.generation = 7;
    block.dead_ms = 12000;
    HeartbeatBlock::seal(sector);
    device.write(TestKey{}, node * 512, sector);
  }
  void everyone_beats() {
    if (now >= 9000 && joins_later != 99) on_fresh.insert(joins_later);
    for (const u32 node : on_fresh) beat(fresh, node);
    for (const u32 node : on_old) beat(old, node);
  }

  u64 now_ms() override { return now; }
  void sleep_ms(u64 duration_ms) override {
    now += duration_ms;
    everyone_beats();
  }

  std::set<u32> missing(u64 longest_ms) {
    everyone_beats();
    const WatchedRegion regions[] = {{&fresh, place}, {&old, place}};
    SilentReporter reporter;
    return nodes_missing_on_first(regions, longest_ms, *this, reporter);
  }
};

}  // namespace

TEST_CASE("a region is given up when all nodes beat on the new one", "[region_handover]") {
  TwoRegions world;
  world.on_fresh = world.on_old = {0, 1};

  REQUIRE(world.missing(60'000).empty());
  REQUIRE(world.now <= 10'000);
}

TEST_CASE("a node that still beats only on the old region is waited for, and named", "[region_handover]") {
  TwoRegions world;
  world.on_old = {0, 3};
  world.on_fresh = {0};

  SECTION("it never comes") {
    REQUIRE(world.missing(30'000) == std::set<u32>{3});
    REQUIRE(world.now >= 30'000);
  }
  SECTION("it comes later") {
    world.joins_later = 3;
    REQUIRE(world.missing(60'000).empty());
    REQUIRE(world.now > 9'000);
    REQUIRE(world.now < 20'000);
  }
}

TEST_CASE("a node that died is waited for only until it counts as dead", "[region_handover]") {
  TwoRegions world;
  world.on_old = {0, 5};
  world.on_fresh = {0};
  world.everyone_beats();
  world.on_old.erase(5);

  REQUIRE(world.missing(60'000).empty());
  REQUIRE(world.now >= 12'000);
  REQUIRE(world.now < 20'000);
}

}  // namespace ocfs2
