// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <functional>

#include "engine/cluster/heartbeat.h"
#include "engine/error.h"
#include "engine/io/memory_device.h"
#include "ondisk/heartbeat_block.h"
#include "tests/worlds/volume_world.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

constexpr HeartbeatRegion region{.offset = 64 << 10, .block_bytes = 512, .nodes = 255};

/// A device on which nodes beat while the clock stands still for us.
class HeartbeatWorld final : public Clock {
 public:
  struct Beat {
    u64 sequence;
    u64 generation = 0x1122334455667788;
    u32 dead_ms = 62000;
  };

  u64 now_ms() override { return now_; }
  void sleep_ms(u64 duration_ms) override {
    const u64 end = now_ + duration_ms;
    for (const auto& [when, event] : events)
      if (when > now_ && when <= end) event();
    now_ = end;
  }

  void write(u32 node, const Beat& beat) {
    std::vector<u8> sector(512);
    auto& block = as<HeartbeatBlock>(Bytes(sector));
    block.sequence = beat.sequence;
    block.node = static_cast<u8>(node);
    block.generation = beat.generation;
    block.dead_ms = beat.dead_ms;
    HeartbeatBlock::seal(sector);
    device.write(TestKey{}, region.offset + node * 512, sector);
  }
  void damage(u32 node) {
    const u8 byte = 0xFF;
    device.write(TestKey{}, region.offset + node * 512 + 0xC, ConstBytes(&byte, 1));
  }

  HeartbeatEvidence watch(const WatchPolicy& policy = {}) {
    SilentReporter reporter;
    return watch_heartbeat(device, region, *this, reporter, policy);
  }

  MemoryDevice device{1 << 20};
  std::multimap<u64, std::function<void()>> events;

 private:
  u64 now_ = 1000;
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a region that nobody ever used is settled at once", "[heartbeat]") {
  HeartbeatWorld world;

  const auto evidence = world.watch();

  REQUIRE(world.now_ms() == 1000);
  REQUIRE_FALSE(evidence.anyone_alive());
  REQUIRE(evidence.words().empty());
}

TEST_CASE("nodes that said goodbye need no waiting", "[heartbeat]") {
  HeartbeatWorld world;
  world.write(2, {.sequence = 100, .generation = 0});

  const auto evidence = world.watch();

  REQUIRE(world.now_ms() == 1000);
  REQUIRE(evidence.words() == Lines{"node 2 left cleanly"});
}

TEST_CASE("a block that changes proves a living node as soon as it does", "[heartbeat]") {
  HeartbeatWorld world;
  world.write(3, {.sequence = 100});
  world.events.emplace(2500, [&] { world.write(3, {.sequence = 101}); });
  world.events.emplace(4500, [&] { world.write(3, {.sequence = 103}); });

  SECTION("one change is proof for who only wants to keep away") {
    const auto evidence = world.watch();
    REQUIRE(evidence.anyone_alive());
    REQUIRE(evidence.words() == Lines{"node 3 is alive: its heartbeat block changed once in 2 s"});
  }
  SECTION("two are what the cluster itself wants to see") {
    const auto evidence = world.watch({.proof_changes = 2});
    REQUIRE(evidence.words({{3, "alpha"}}) ==
            Lines{"node 3 (alpha) is alive: its heartbeat block changed twice in 4 s"});
  }
}

TEST_CASE("a silent node is dead after its own dead time", "[heartbeat]") {
  HeartbeatWorld world;
  world.write(1, {.sequence = 100, .dead_ms = 14000});

  const auto evidence = world.watch();

  REQUIRE(world.now_ms() == 1000 + 14000);
  REQUIRE(evidence.nodes.at(1).dead());
  REQUIRE(evidence.words() == Lines{"node 1 is dead: its heartbeat block did not change in 14 s"});
}

TEST_CASE("a block that does not say how long counts 62 s", "[heartbeat]") {
  const u32 dead_ms = GENERATE(0u, 1u, 62000u);
  HeartbeatWorld world;
  world.write(1, {.sequence = 100, .dead_ms = dead_ms});

  world.watch();

  REQUIRE(world.now_ms() == 1000 + 62000);
}

TEST_CASE("a claim of an endless dead time is not waited for", "[heartbeat]") {
  HeartbeatWorld world;
  world.write(1, {.sequence = 100, .dead_ms = 0xFFFFFFFF});

  const auto evidence = world.watch({.longest_ms = 100'000});

  REQUIRE(world.now_ms() == 1000 + 100'000);
  REQUIRE_FALSE(evidence.anyone_alive());
  REQUIRE_FALSE(evidence.nodes.at(1).dead());
  REQUIRE(
      evidence.words()[0].starts_with("node 1 may be alive: its heartbeat block did not change in 100 s"));
}

TEST_CASE("a node that leaves while we look is not alive", "[heartbeat]") {
  HeartbeatWorld world;
  world.write(1, {.sequence = 100});
  world.events.emplace(2500, [&] { world.write(1, {.sequence = 101, .generation = 0}); });

  const auto evidence = world.watch();

  REQUIRE(evidence.words() == Lines{"node 1 left cleanly"});
  REQUIRE(world.now_ms() == 2500);
}

TEST_CASE("a node that comes while we look is seen", "[heartbeat]") {
  HeartbeatWorld world;
  world.write(1, {.sequence = 100});
  world.events.emplace(9000, [&] { world.write(7, {.sequence = 500}); });

  const auto evidence = world.watch();

  REQUIRE(evidence.nodes.at(7).state == NodeSign::State::alive);
  REQUIRE(world.now_ms() == 9000);
}

TEST_CASE("blocks with a wrong checksum prove nothing, so they are watched", "[heartbeat]") {
  HeartbeatWorld world;
  world.write(1, {.sequence = 100, .dead_ms = 4000});
  world.damage(1);

  SECTION("until the default time is over") {
    const auto evidence = world.watch();
    REQUIRE(world.now_ms() == 1000 + 62000);
    REQUIRE(evidence.words() ==
            Lines{"node 1 is dead: its heartbeat block did not change in 62 s and has a wrong checksum"});
  }
  SECTION("or until the node writes a good one") {
    world.events.emplace(2500, [&] { world.write(1, {.sequence = 101}); });
    REQUIRE(world.watch().anyone_alive());
  }
}

TEST_CASE("local volumes and clusters with global heartbeat have nothing to watch", "[heartbeat]") {
  HeartbeatWorld clock;
  SilentReporter reporter;
  VolumeWorld local;
  VolumeWorld global(
      {.local = false, .cluster = ClusterInfo{.stack = "o2cb", .name = "prod", .global_heartbeat = true}});

  REQUIRE_FALSE(watch_heartbeat(local.volume(), clock, reporter).elsewhere);
  REQUIRE(watch_heartbeat(global.volume(), clock, reporter).elsewhere);
  REQUIRE(clock.now_ms() == 1000);
}

TEST_CASE("a volume's region is its heartbeat file, a sector for each node", "[heartbeat]") {
  VolumeWorld world({.local = false});
  HeartbeatWorld clock;
  SilentReporter reporter;
  const HeartbeatRegion region = heartbeat_region(world.volume());
  std::vector<u8> sector(512);
  as<HeartbeatBlock>(Bytes(sector)).sequence = 77;
  as<HeartbeatBlock>(Bytes(sector)).dead_ms = 8000;
  as<HeartbeatBlock>(Bytes(sector)).generation = 1;
  HeartbeatBlock::seal(sector);

  world.device.write(TestKey{}, region.offset + 9 * 512, sector);

  REQUIRE(region.block_bytes == 512);
  REQUIRE(region.nodes == 255);
  REQUIRE(watch_heartbeat(world.volume(), clock, reporter).nodes.at(9).dead());
}

}  // namespace ocfs2
