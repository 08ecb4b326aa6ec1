// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every operation dies at every moment, on volumes of every kind: a check finds nothing but a log to be
// replayed, and the same command again completes what was begun.
#include <catch2/catch.hpp>

#include "engine/volume/extent_edit.h"
#include "engine/volume/inode_life.h"
#include "tests/worlds/edit_world.h"
#include "tests/worlds/file_state.h"
#include "tests/worlds/tune_world.h"

namespace ocfs2 {
namespace {

constexpr u64 mebibyte = 1 << 20;
constexpr u64 gibibyte = 1 << 30;

VolumeWish small_blocks() {
  return {.bytes = 96 * mebibyte,
          .block_size = 1024,
          .features = features_of(FeatureLevel::max_features),
          .volume_bytes = 60 * mebibyte};
}
VolumeWish large_blocks() { return {.bytes = 80 * mebibyte, .volume_bytes = 48 * mebibyte}; }

std::function<std::vector<Operation>()> just(const std::function<Operation()>& make) {
  return [make] { return std::vector<Operation>{make()}; };
}

/// A file whose extents, with old bytes in them, are unwritten every other time: more than one leaf of them.
void preallocate(EditWorld& world) {
  constexpr u32 runs = 300;
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    const InodeNo file = create_inode(transaction, space, {.mode = file_mode::regular | 0644});
    const std::vector<u8> junk(world.geometry().cluster_size(), 0xEE);
    for (u32 i = 0; i < runs; ++i) {
      const BitRun run = space.allocate_clusters(transaction, 1);
      const BlockNo block = world.geometry().first_block_of(ClusterNo(run.first));
      transaction.write_data(block, junk);
      const u8 flags = i % 2 == 0 ? ExtentRecord::unwritten : u8{0};
      ExtentEdit(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(file))))
          .insert({.cpos = i, .clusters = 1, .block = block, .flags = flags});
    }
    transaction.edit<Inode>(block_of(file)).size = u64{runs} * junk.size();
    link_inode(transaction, space, world.volume().root(), "preallocated", file);
  });
}

FileState state_of_preallocated(BlockDevice& device) {
  const auto volume = Volume::open(device);
  return state_of(*volume, volume->inode(*Directory(*volume, volume->root()).lookup("preallocated")));
}

constexpr Uuid some_uuid{1, 2, 3};

}  // namespace

TEST_CASE("changes of the superblock survive any crash", "[tune][crash]") {
  VolumeWorld world(GENERATE(small_blocks(), large_blocks()));
  furnish(world);
  SECTION("label") {
    expect_survives_crashes(world.device, just([] { return change_label("new"); }));
  }
  SECTION("UUID") {
    expect_survives_crashes(world.device, just([] { return change_uuid(some_uuid, true); }));
  }
  SECTION("features of one bit") {
    expect_survives_crashes(world.device, [] { return features("noappend-dio"); });
  }
}

TEST_CASE("slots are added whole or not at all, whenever the machine dies", "[tune][crash]") {
  VolumeWorld world(GENERATE(small_blocks(), large_blocks()));
  furnish(world);
  expect_survives_crashes(world.device, just([] { return change_slots(4); }));
}

TEST_CASE("slots are removed, and what they gave out stays, whenever the machine dies", "[tune][crash]") {
  VolumeWish wish = GENERATE(small_blocks(), large_blocks());
  wish.slots = 3;
  VolumeWorld world(wish);
  furnish(world, GENERATE(1u, 2u));
  expect_survives_crashes(world.device, just([] { return change_slots(1); }));
}

TEST_CASE("a volume whose growth is cut off is smaller, and sound", "[tune][crash]") {
  SECTION("inside its last group") {
    VolumeWorld world(large_blocks());
    furnish(world);
    expect_survives_crashes(world.device, just([] { return resize_volume({}); }));
  }
  SECTION("by groups") {
    VolumeWorld world(small_blocks());
    furnish(world);
    expect_survives_crashes(world.device, just([] { return resize_volume({}); }));
  }
  SECTION("over places of backup superblocks") {
    VolumeWorld world({.bytes = 5 * gibibyte, .volume_bytes = 900 * mebibyte});
    furnish(world);
    expect_survives_crashes(world.device, just([] { return resize_volume({}); }), {}, false, 12);
  }
}

TEST_CASE("journals survive being resized", "[tune][crash]") {
  VolumeWorld world(GENERATE(small_blocks(), large_blocks()));
  furnish(world);
  SECTION("longer") {
    expect_survives_crashes(world.device, just([] { return resize_journals(6 * mebibyte); }), {}, true);
  }
  SECTION("shorter") {
    REQUIRE(tune(world.device, resize_journals(7 * mebibyte)).error == "");
    expect_survives_crashes(world.device, just([] { return resize_journals(5 * mebibyte); }), {}, true);
  }
  SECTION("with wide block numbers and back") {
    expect_survives_crashes(world.device, just([] { return change_journal_blocks(true); }), {}, true);
    REQUIRE(tune(world.device, change_journal_blocks(true)).error == "");
    expect_survives_crashes(world.device, just([] { return change_journal_blocks(false); }), {}, true);
  }
}

TEST_CASE("features of the allocators survive any crash", "[tune][crash]") {
  SECTION("groups that may be discontiguous") {
    VolumeWish wish = large_blocks();
    wish.features = wish.features.without(feature::discontig_bg);
    VolumeWorld world(wish);
    furnish(world);
    expect_survives_crashes(world.device, [] { return features("discontig-bg"); });
    REQUIRE(tune(world.device, features("discontig-bg")).error == "");
    expect_survives_crashes(world.device, [] { return features("nodiscontig-bg"); });
  }
  SECTION("backups of the superblock") {
    VolumeWorld world({.bytes = 1200 * mebibyte});
    furnish(world);
    expect_survives_crashes(world.device, [] { return features("nobackup-super"); });
    REQUIRE(tune(world.device, features("nobackup-super")).error == "");
    expect_survives_crashes(world.device, [] { return features("backup-super"); });
  }
}

TEST_CASE("directories with and without index survive any crash", "[tune][crash]") {
  VolumeWish wish = small_blocks();
  wish.features = wish.features.without(feature::indexed_dirs | feature::inline_data);
  VolumeWorld world(wish);
  furnish(world);
  expect_survives_crashes(
      world.device, [] { return features("indexed-dirs"); }, {}, true);
  REQUIRE(tune(world.device, features("indexed-dirs")).error == "");
  expect_survives_crashes(
      world.device, [] { return features("noindexed-dirs"); }, {}, true);
}

TEST_CASE("unwritten extents become zeros, whenever the machine dies", "[tune][crash]") {
  EditWorld world(GENERATE(small_blocks(), large_blocks()));
  preallocate(world);
  furnish(world);
  const FileState before = state_of_preallocated(world.device);
  expect_survives_crashes(world.device, [] { return features("nounwritten"); });
  REQUIRE(tune(world.device, features("nounwritten")).changes.size() == 1);
  CHECK(state_of_preallocated(world.device) == before);
}

TEST_CASE("features that show in every file are given up, whenever the machine dies", "[tune][crash]") {
  VolumeWish wish = GENERATE(small_blocks(), large_blocks());
  VolumeWorld world(wish);
  furnish(world);
  const bool quota = wish.features.has(feature::usrquota);  // is counted again at the end
  SECTION("data inside inodes") {
    expect_survives_crashes(
        world.device, [] { return features("noinline-data"); }, {}, quota);
  }
  SECTION("holes") {
    expect_survives_crashes(
        world.device, [] { return features("nosparse"); }, {}, quota);
  }
  SECTION("shared clusters") {
    expect_survives_crashes(world.device, [] { return features("norefcount"); });
  }
  SECTION("attributes") {
    expect_survives_crashes(
        world.device, [] { return features("noxattr"); }, {}, true);
  }
}

TEST_CASE("checksums are given up with one bit", "[tune][crash]") {
  VolumeWorld world(small_blocks());
  furnish(world);
  expect_survives_crashes(world.device, [] { return features("nometaecc"); });
}

TEST_CASE("every block has its checksum before checksums count, whenever the machine dies", "[tune][crash]") {
  VolumeWish wish = GENERATE(small_blocks(), large_blocks());
  wish.features = wish.features.without(feature::metaecc);
  SECTION("with indexes") {}
  SECTION("in directories without trailers") { wish.features = wish.features.without(feature::indexed_dirs); }
  VolumeWorld world(wish);
  furnish(world);
  const bool quota = wish.features.has(feature::usrquota);  // is counted again when directories have grown
  expect_survives_crashes(
      world.device, [] { return features("metaecc"); }, {}, quota);
}

TEST_CASE("quota comes with all its files or not at all, whenever the machine dies", "[tune][crash]") {
  VolumeWish wish = GENERATE(small_blocks(), large_blocks());
  wish.features = wish.features.without(feature::usrquota | feature::grpquota);
  VolumeWorld world(wish);
  furnish(world);
  expect_survives_crashes(world.device, [] { return features("usrquota,grpquota"); });
  REQUIRE(tune(world.device, features("usrquota,grpquota")).error == "");
  expect_survives_crashes(world.device, [] { return features("nousrquota,nogrpquota"); });
}

TEST_CASE("features that only allow something survive any crash", "[tune][crash]") {
  VolumeWorld world({.features = features_of(FeatureLevel::max_compat)});
  furnish(world);
  for (const char* const name :
       {"sparse", "unwritten", "inline-data", "xattr", "refcount", "append-dio", "extended-slotmap"}) {
    INFO(name);
    expect_survives_crashes(
        world.device, [&] { return features(name); }, {}, false, 8);
    REQUIRE(tune(world.device, features(name)).error == "");
  }
}

TEST_CASE("the intervals of quota survive any crash", "[tune][crash]") {
  VolumeWorld world(small_blocks());
  expect_survives_crashes(world.device, [] {
    return std::vector<Operation>{change_quota_sync(QuotaType::user, 500),
                                  change_quota_sync(QuotaType::group, 600)};
  });
}

TEST_CASE("the record of the cluster survives any crash", "[tune][crash]") {
  VolumeWorld world(large_blocks());
  TuneWish wish{.running_cluster = global_cluster("prod")};
  REQUIRE(tune(world.device, features("nolocal"), wish).error == "");
  SECTION("another cluster") {
    wish.running_cluster = global_cluster("other");
    expect_survives_crashes(world.device, just([] { return change_cluster(); }), wish);
  }
  SECTION("its old form and back") {
    expect_survives_crashes(
        world.device, [] { return features("noclusterinfo"); }, wish);
    REQUIRE(tune(world.device, features("noclusterinfo"), wish).error == "");
    expect_survives_crashes(
        world.device, [] { return features("clusterinfo"); }, wish);
  }
  SECTION("none") {
    expect_survives_crashes(
        world.device, [] { return features("local"); }, wish);
  }
}

TEST_CASE("many operations of one command survive any crash", "[tune][crash]") {
  VolumeWorld world(small_blocks());
  furnish(world);
  expect_survives_crashes(
      world.device,
      [] {
        return std::vector<Operation>{change_label("new"), resize_volume({}), change_slots(3),
                                      resize_journals(5 * mebibyte), features("noappend-dio").front()};
      },
      {}, true);
}

TEST_CASE("a clone gets both of its new names or none, whenever the machine dies", "[tune][crash]") {
  VolumeWorld world(large_blocks());
  RecordingDevice device(world.device);
  REQUIRE(tune(device, separate_clone(some_uuid, "copy")).error == "");
  for (std::size_t moment = 0; moment <= device.events(); ++moment) {
    MemoryDevice left = device.after_power_loss(moment, moment);
    check_volume(left, {.force = true});
    const auto volume = Volume::open(left);
    CHECK((volume->label() == "copy") == (volume->super().uuid == some_uuid));
    expect_sound(left);
  }
  expect_way_back(world.device, just([] { return separate_clone(some_uuid, "copy"); }), {}, 24);
}

TEST_CASE("a block of the system directory that power failure tore comes back from the log",
          "[tune][crash]") {
  VolumeWish wish = small_blocks();
  wish.features = wish.features.without(feature::usrquota | feature::grpquota);
  VolumeWorld world(wish);
  const auto directory = world.volume().inode(world.volume().system_directory());
  const auto entries = ExtentTree::of(world.volume().cache(), directory).find(0);
  REQUIRE(entries);
  const u64 begin = world.volume().geometry().byte_of(entries->block), end = begin + directory->size;
  RecordingDevice device(world.device);
  REQUIRE(tune(device, features("usrquota")).error == "");
  u32 torn = 0;
  for (std::size_t moment = 0; moment < device.events(); ++moment) {
    const DeviceEvent& event = device.timeline()[moment];
    if (event.what != DeviceEvent::What::write || event.offset < begin || event.offset >= end) continue;
    for (const u64 half : {0u, 512u}) {
      MemoryDevice left = device.after(moment);
      left.write(TestKey{}, event.offset + half, ConstBytes(event.bytes).subspan(half, 512));
      CHECK(check_volume(left, {.force = true}).texts == std::vector<std::string>());
      expect_sound(left);
    }
    ++torn;
  }
  CHECK(torn > 0);
}

TEST_CASE("the form of the slot map survives any crash", "[tune][crash]") {
  VolumeWorld world(large_blocks());
  expect_survives_crashes(world.device, [] { return features("noextended-slotmap"); });
  REQUIRE(tune(world.device, features("noextended-slotmap")).error == "");
  expect_survives_crashes(world.device, [] { return features("extended-slotmap"); });
  expect_survives_crashes(world.device, [] { return features("nolocal"); },
                          {.running_cluster = global_cluster("prod")});
}

}  // namespace ocfs2
