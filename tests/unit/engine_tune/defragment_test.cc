// SPDX-License-Identifier: GPL-2.0-or-later
//
// Volumes in long use are defragmented: files come to lie in one piece, free space in long runs, and
// everybody reads what was there before.
#include <catch2/catch.hpp>

#include "engine/tune/defragment.h"
#include "tests/worlds/full_volume.h"
#include "tests/worlds/tune_world.h"

namespace ocfs2 {
namespace {

constexpr u64 mebibyte = 1 << 20;

VolumeWish small_blocks() {
  return {.bytes = 32 * mebibyte, .block_size = 1024, .features = features_of(FeatureLevel::max_features)};
}
VolumeWish large_blocks() { return {.bytes = 40 * mebibyte}; }

/// A volume after years of use, so many percent full.
void wear(VolumeWorld& world, u32 percent) {
  fill_volume(world.device, percent);
  check_volume(world.device, {.force = true});  // which counts quota
  expect_sound(world.device);
}

DefragmentReport run_defragment(BlockDevice& device) {
  const auto report = std::make_shared<DefragmentReport>();
  const TuneRun run = tune(device, defragment(report));
  REQUIRE(run.error == "");
  return *report;
}

}  // namespace

TEST_CASE("pieces of files come together, and free space with them", "[tune][defragment]") {
  VolumeWorld world(GENERATE(small_blocks(), large_blocks()));
  wear(world, 60);
  const TreeDigest files = tree_digest(world.device);

  const DefragmentReport report = run_defragment(world.device);

  CHECK(report.before.broken_files > 5);
  CHECK(report.after.broken_files == 0);
  CHECK(report.after.pieces < report.before.pieces * 3 / 4);  // what is shared stays in pieces
  CHECK(report.after.longest_free > report.before.longest_free * 2);
  CHECK(report.after.free_clusters + 64 > report.before.free_clusters);
  expect_sound(world.device);
  CHECK(tree_digest(world.device) == files);
}

TEST_CASE("what was brought together is left alone", "[tune][defragment]") {
  VolumeWorld world(large_blocks());
  wear(world, GENERATE(60u, 85u));
  run_defragment(world.device);

  const DefragmentReport again = run_defragment(world.device);

  CHECK(again.moved_clusters == 0);
  CHECK(again.before.pieces == again.after.pieces);
  CHECK(tune(world.device, defragment(std::make_shared<DefragmentReport>())).changes.empty());
}

TEST_CASE("a volume that is nearly full becomes better, not worse", "[tune][defragment]") {
  VolumeWorld world(GENERATE(small_blocks(), large_blocks()));
  wear(world, 97);
  const TreeDigest files = tree_digest(world.device);

  const DefragmentReport report = run_defragment(world.device);

  CHECK(report.after.pieces < report.before.pieces);
  CHECK(report.after.broken_files <= report.before.broken_files);
  expect_sound(world.device);
  CHECK(tree_digest(world.device) == files);
}

TEST_CASE("shared clusters stay where they are, and are counted", "[tune][defragment]") {
  VolumeWorld world(large_blocks());
  furnish(world);
  const DefragmentReport report = run_defragment(world.device);
  CHECK(report.after.shared_files > 0);
  CHECK(report.after.shared_files == report.before.shared_files);
  expect_sound(world.device);
}

TEST_CASE("defragmenting survives any crash", "[tune][crash][defragment]") {
  VolumeWorld world(GENERATE(small_blocks(), large_blocks()));
  wear(world, GENERATE(60u, 85u));
  expect_survives_crashes(
      world.device, [] { return std::vector{defragment(std::make_shared<DefragmentReport>())}; }, {}, false,
      24);
}

}  // namespace ocfs2
