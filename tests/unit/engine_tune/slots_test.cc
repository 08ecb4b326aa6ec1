// SPDX-License-Identifier: GPL-2.0-or-later
//
// Slots that are taken away: what they gave out belongs to the others then, and what their nodes had not
// finished stands in the way.
#include <catch2/catch.hpp>

#include "engine/volume/extent_edit.h"
#include "engine/volume/inode_life.h"
#include "ondisk/quota.h"
#include "tests/worlds/edit_world.h"
#include "tests/worlds/tune_world.h"

namespace ocfs2 {
namespace {

using Catch::Matchers::Contains;
using Lines = std::vector<std::string>;

constexpr u64 mebibyte = 1 << 20;

u64 blocks_given_out(Volume& volume) {
  u64 blocks = 0;
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot)
    for (const SystemFile file : {SystemFile::inode_alloc, SystemFile::extent_alloc})
      blocks += allocator_of(volume, file, slot).used_bits();
  return blocks;
}

/// Changes an inode of a slot behind everybody's back.
void edit_slot(EditWorld& world, SystemFile file, u32 slot, const std::function<void(Inode&)>& change) {
  world.edit([&](Transaction& transaction) {
    change(transaction.edit<Inode>(world.volume().system_file(file, slot).block()));
  });
}

}  // namespace

TEST_CASE("a slot that goes leaves what it gave out to the others", "[tune]") {
  VolumeWish wish{.bytes = 128 * mebibyte,
                  .block_size = GENERATE(512u, 1024u, 4096u),
                  .features = features_of(FeatureLevel::max_features),
                  .slots = 4};
  VolumeWorld world(wish);
  furnish(world, 3);
  const TreeDigest before = tree_digest(world.device);
  const u64 given_out = blocks_given_out(*Volume::open(world.device));
  const u64 free = allocator_of(*Volume::open(world.device), SystemFile::global_bitmap).free_bits();

  REQUIRE(tune(world.device, change_slots(2)).changes == Lines{"slots: 4 -> 2"});

  const auto volume = Volume::open(world.device);
  CHECK(volume->facts().max_slots == 2);
  for (const SystemFileRow& row : system_files)
    if (row.per_slot) CHECK_FALSE(volume->find_system_file(row.file, 2).has_value());
  CHECK(blocks_given_out(*volume) == given_out);
  CHECK(allocator_of(*volume, SystemFile::global_bitmap).free_bits() >= free + 2 * 4 * mebibyte / 4096);
  CHECK(volume->slot_map() == std::vector<std::optional<u32>>(2));
  audit(*volume);
  expect_sound(world.device);
  CHECK(tree_digest(world.device) == before);
}

TEST_CASE("slots come back after they went", "[tune]") {
  VolumeWorld world({.slots = 3});
  furnish(world, 2);
  REQUIRE(tune(world.device, change_slots(1)).error == "");
  REQUIRE(tune(world.device, change_slots(3)).error == "");
  audit(*Volume::open(world.device));
  expect_sound(world.device);
}

TEST_CASE("a group that fills the smallest journal is moved, too", "[tune]") {
  EditWorld world;
  for (u32 i = 0; i < 1022; i += 73)
    world.edit([&](Transaction& transaction) {
      Space space = world.space(1);
      for (u32 j = i; j < i + 73; ++j)
        link_inode(transaction, space, world.volume().root(), fmt::format("{}", j),
                   create_inode(transaction, space, {.mode = file_mode::regular | 0644}));
    });
  REQUIRE(tune(world.device, change_slots(1)).error == "");
  audit(*Volume::open(world.device));
  expect_sound(world.device);
}

TEST_CASE("what a node left unfinished keeps its slot", "[tune]") {
  EditWorld world({.features = features_of(FeatureLevel::max_features)});
  SECTION("an orphan") {
    world.edit([&](Transaction& transaction) {
      Space space = world.space(1);
      orphan_inode(transaction, space, create_inode(transaction, space, {.mode = file_mode::regular | 0644}));
    });
    CHECK_THAT(tune(world.device, change_slots(1)).error, Contains("Orphan dir is not empty"));
  }
  SECTION("a window of clusters") {
    edit_slot(world, SystemFile::local_alloc, 1, [](Inode& inode) {
      inode.bitmap.total = 8;
      inode.local_alloc.first_cluster = 9000;
    });
    CHECK_THAT(tune(world.device, change_slots(1)).error, Contains("Local alloc window is in use"));
  }
  SECTION("a log of truncated files") {
    edit_slot(world, SystemFile::truncate_log, 1,
              [](Inode& inode) { inode.truncate_log.used = static_cast<u16>(1); });
    CHECK_THAT(tune(world.device, change_slots(1)).error, Contains("Truncate log is not empty"));
  }
  SECTION("changes of quota") {
    const auto file = world.volume().system_file(SystemFile::local_group_quota, 1);
    const auto head = ExtentTree::of(world.volume().cache(), file).find(0);
    REQUIRE(head);
    world.edit([&](Transaction& transaction) {
      as<LocalQuotaHead>(transaction.edit_as(head->block, LocalQuotaHead::kind)).info.flags = 0u;
    });
    CHECK_THAT(tune(world.device, change_slots(1)).error, Contains("Local group quota file has changes"));
  }
  const TuneRun run = tune(world.device, {change_label("written"), change_slots(1)});
  CHECK_THAT(run.error, Contains("slot 1") && Contains("fsck.ocfs2 -fy"));
  CHECK(Volume::open(world.device)->label() == "world");
}

}  // namespace ocfs2
