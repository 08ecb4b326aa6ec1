// SPDX-License-Identifier: GPL-2.0-or-later
//
// Operations whose room is gone when they come to need it: they stop half-way, the volume is sound, and with
// room again the same command completes them.
#include <catch2/catch.hpp>

#include "engine/tune/shrink.h"
#include "engine/volume/extent_edit.h"
#include "engine/volume/inode_life.h"
#include "tests/worlds/edit_world.h"
#include "tests/worlds/full_volume.h"
#include "tests/worlds/tune_world.h"

namespace ocfs2 {
namespace {

using Catch::Matchers::Contains;
using Lines = std::vector<std::string>;

constexpr u64 mebibyte = 1 << 20;

/// Somebody who takes space that was free when shrinking was planned.
Operation eat_all_but(u64 left) {
  const auto eat = [left](Tuning& tuning) {
    Space space(tuning.volume(), 0);
    InodeNo glutton;
    tuning.change([&](Transaction& transaction) {
      glutton = create_inode(transaction, space, {.mode = file_mode::regular | 0644});
      link_inode(transaction, space, tuning.volume().root(), "glutton", glutton);
    });
    const auto free = [&] { return allocator_of(tuning.volume(), SystemFile::global_bitmap).free_bits(); };
    while (free() > left + 2)  // two for extent blocks
      tuning.change([&](Transaction& transaction) {
        const auto inode = transaction.read<Inode>(block_of(glutton));
        const u64 cpos = inode->clusters;
        const u64 wanted = std::min<u64>(free() - left - 2, 4096);
        const BitRun run = space.allocate_clusters(transaction, static_cast<u32>(wanted));
        const BlockNo block = tuning.geometry().first_block_of(ClusterNo(run.first));
        ExtentEdit(transaction, space, ExtentRoot::of(inode))
            .insert({cpos, run.count, block, ExtentRecord::unwritten});
        transaction.edit<Inode>(block_of(glutton)).size = (cpos + run.count)
                                                          << tuning.geometry().cluster_bits;
      });
  };
  return {.name = "glutton", .turn = Operation::Turn::first, .plan = [eat](Tuning& tuning) -> Plan {
            return {Change{.what = "glutton",
                           .from = "",
                           .to = "",
                           .question = "",
                           .after = tuning.prospect,
                           .carry_out = [&tuning, eat] { eat(tuning); }}};
          }};
}

/// What a check finds, and mends: all but the quota of the glutton.
Lines found_after(BlockDevice& device) {
  Lines found = check_volume(device, {.force = true}).codes;
  std::erase(found, "QUOTA_USAGE");
  return found;
}

void starve_glutton(BlockDevice& device) {
  const auto volume = Volume::open(device, {.read_only = false});
  InPlace in_place(device, volume->geometry().block_size());
  Transaction transaction(volume->cache(), in_place);
  Space space(*volume, 0);
  truncate_inode(transaction, space, *Directory(*volume, volume->root()).lookup("glutton"), 0);
  transaction.commit();
}

/// A change, and what the volume has not when it begins.
struct Greedy {
  const char* features;
  Features without;
  bool leaves_clusters;  ///< that belong to nobody: an index that was not finished
};

}  // namespace

TEST_CASE("shrinking that runs out of room half-way leaves everything as sound as it was", "[tune][shrink]") {
  VolumeWorld world({.bytes = 96 * mebibyte,
                     .block_size = GENERATE(1024u, 4096u),
                     .features = features_of(FeatureLevel::max_features)});
  fill_volume(world.device, 60);
  check_volume(world.device, {.force = true});  // which counts quota
  const u32 clusters = Volume::open(world.device)->geometry().clusters;
  const u32 minimum = minimum_clusters(*Volume::open(world.device));
  const TreeDigest before = tree_digest(world.device);
  const u64 left = GENERATE(0, 10, 500, 2000);  // less than has to move
  const TuneRun run =
      tune(world.device, {eat_all_but(left), resize_volume(VolumeSize{u64{minimum} * 4096, false})});
  CHECK_THAT(run.error, Contains("no cluster is free") || Contains("does not fit into the free space"));
  CHECK(Volume::open(world.device)->geometry().clusters == clusters);
  audit(*Volume::open(world.device));
  CHECK(found_after(world.device) == Lines());
  expect_sound(world.device);
  CHECK(lost_of(before, tree_digest(world.device)) == "");
}

TEST_CASE("features that run out of room half-way leave a sound volume, and go on with more", "[tune]") {
  const Greedy greedy = GENERATE(
      Greedy{"nosparse", {}, false}, Greedy{"norefcount", {}, false}, Greedy{"noinline-data", {}, false},
      Greedy{"metaecc", feature::metaecc | feature::indexed_dirs, false},
      Greedy{"indexed-dirs", feature::indexed_dirs, true}, Greedy{"usrquota", feature::usrquota, false});
  const u64 left = GENERATE(0, 4, 30);
  INFO(greedy.features << " with " << left << " clusters");
  VolumeWorld world({.bytes = 96 * mebibyte,
                     .block_size = 1024,
                     .features = features_of(FeatureLevel::max_features).without(greedy.without)});
  furnish(world);
  const TreeDigest before = tree_digest(world.device);
  std::vector<Operation> wished = features(greedy.features);
  wished.insert(wished.begin(), eat_all_but(left));
  const TuneRun run = tune(world.device, wished);
  INFO(run.error);
  if (run.error != "")
    CHECK_THAT(run.error,
               Contains("free") && (Contains("no cluster is") || Contains("space") || Contains("clusters")));
  const Lines found = found_after(world.device);
  if (!greedy.leaves_clusters) CHECK(found == Lines());
  audit(*Volume::open(world.device));
  expect_sound(world.device);
  CHECK(lost_of(before, tree_digest(world.device)) == "");

  starve_glutton(world.device);
  found_after(world.device);
  CHECK(tune(world.device, features(greedy.features)).error == "");
  expect_sound(world.device);
  CHECK(lost_of(before, tree_digest(world.device)) == "");
}

}  // namespace ocfs2
