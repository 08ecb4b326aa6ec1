// SPDX-License-Identifier: GPL-2.0-or-later
//
// Volumes that become smaller: everything is where it was before, only somewhere else, and what cannot move
// is named.
#include <catch2/catch.hpp>

#include "engine/tune/shrink.h"
#include "engine/volume/directory_rewrite.h"
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

Operation to_clusters(u64 clusters) { return resize_volume(VolumeSize{clusters * 4096, false}); }

VolumeWish wish_of(u32 block_size, u64 bytes = 96 * mebibyte) {
  return {.bytes = bytes, .block_size = block_size, .features = features_of(FeatureLevel::max_features)};
}

InodeNo new_file(EditWorld& world, std::string_view name) {
  InodeNo file;
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    file = create_inode(transaction, space, {.mode = file_mode::regular | 0644});
    link_inode(transaction, space, world.volume().root(), name, file);
  });
  return file;
}

/// Fills a volume to so many percent, in clusters that are measured. Returns how many there are.
u32 fill(VolumeWorld& world, u32 percent) {
  fill_volume(world.device, percent);
  check_volume(world.device, {.force = true});  // which counts quota
  expect_sound(world.device);
  const u32 clusters = Volume::open(world.device)->geometry().clusters;
  const u64 used = clusters_in_use(world.device);
  REQUIRE(used * 100 <= u64{clusters} * percent);
  REQUIRE(used * 100 + clusters >= u64{clusters} * percent);
  return clusters;
}

/// A file that takes what is free up to `clusters` clusters, from the beginning of the volume on.
InodeNo take_lower_part(EditWorld& world, u64 clusters) {
  const InodeNo filler = new_file(world, "filler");
  while (world.used_clusters() < clusters)
    world.edit([&](Transaction& transaction) {
      Space space = world.space();
      const auto inode = transaction.read<Inode>(block_of(filler));
      const u64 cpos = inode->clusters;
      const BitRun run = space.allocate_clusters(transaction, 4096);
      ExtentEdit(transaction, space, ExtentRoot::of(inode))
          .insert({.cpos = cpos,
                   .clusters = run.count,
                   .block = world.geometry().first_block_of(ClusterNo(run.first)),
                   .flags = ExtentRecord::unwritten});
      transaction.edit<Inode>(block_of(filler)).size = (cpos + run.count) << world.geometry().cluster_bits;
    });
  return filler;
}

void change(BlockDevice& device, const std::function<void(Transaction&, Space&)>& make, u32 slot = 0) {
  const auto volume = Volume::open(device, {.read_only = false});
  InPlace in_place(device, volume->geometry().block_size());
  Transaction transaction(volume->cache(), in_place);
  Space space(*volume, slot);
  make(transaction, space);
  transaction.commit();
}

/// Everything that `furnish` makes, in the upper part of the volume. With slot 1 the inodes lie there, too.
void furnish_high(EditWorld& world, u32 slot) {
  const InodeNo filler = take_lower_part(world, world.geometry().clusters / 2);
  furnish(world, slot);
  change(world.device,
         [&](Transaction& transaction, Space& space) { truncate_inode(transaction, space, filler, 0); });
  check_volume(world.device, {.force = true});
}

/// All there are, without what shows in directories and groups in turns.
Features any_features() {
  const Features left_out[] = {{},
                               feature::metaecc,
                               feature::indexed_dirs,
                               feature::metaecc | feature::indexed_dirs | feature::inline_data,
                               feature::discontig_bg};
  return features_of(FeatureLevel::max_features).without(left_out[GENERATE(0, 1, 2, 3, 4)]);
}

std::set<u64> inodes_reached(BlockDevice& device) {
  std::set<u64> inodes;
  const auto volume = Volume::open(device);
  std::vector<InodeNo> ahead = {volume->root(), volume->system_directory()};
  while (!ahead.empty()) {
    const InodeNo number = ahead.back();
    ahead.pop_back();
    if (!inodes.insert(number.value).second || !volume->inode(number)->is_directory()) continue;
    Directory(*volume, number).each([&](const DirectoryEntry& entry, std::string_view) {
      ahead.emplace_back(entry.inode);
      return true;
    });
  }
  return inodes;
}

u32 minimum_of(BlockDevice& device) { return minimum_clusters(*Volume::open(device)); }

}  // namespace

TEST_CASE("a fresh volume shrinks to its minimum and grows back", "[tune][shrink]") {
  VolumeWorld world(wish_of(GENERATE(512u, 1024u, 4096u)));
  const u32 clusters = world.volume().geometry().clusters, minimum = minimum_of(world.device);
  REQUIRE(minimum < clusters / 2);

  REQUIRE(tune(world.device, to_clusters(minimum)).changes ==
          Lines{fmt::format("size: {} clusters -> {} clusters", clusters, minimum)});

  CHECK(Volume::open(world.device)->geometry().clusters == minimum);
  audit(*Volume::open(world.device));
  expect_sound(world.device);
  REQUIRE(tune(world.device, resize_volume({})).error == "");
  CHECK(Volume::open(world.device)->geometry().clusters == clusters);
  audit(*Volume::open(world.device));
  expect_sound(world.device);
}

TEST_CASE("a volume in long use shrinks to its minimum, and to sizes between, and grows back",
          "[tune][shrink]") {
  const u32 percent = GENERATE(30u, 60u, 85u, 97u);
  VolumeWorld world(wish_of(GENERATE(512u, 1024u, 4096u)));
  const u32 clusters = fill(world, percent), minimum = minimum_of(world.device);
  const TreeDigest before = tree_digest(world.device);
  INFO(percent << " %: " << clusters << " clusters, at least " << minimum);
  CHECK(minimum < clusters);
  MemoryDevice at_once = world.device;
  const auto shrink = [&](MemoryDevice& device, u32 end) {
    REQUIRE(tune(device, to_clusters(end)).error == "");
    CHECK(Volume::open(device)->geometry().clusters == end);
    audit(*Volume::open(device));
    expect_sound(device);
    CHECK(tree_digest(device) == before);
  };
  shrink(at_once, minimum);
  shrink(world.device, clusters - (clusters - minimum) / 3);
  shrink(world.device, minimum_of(world.device));
  REQUIRE(tune(world.device, resize_volume({})).error == "");
  expect_sound(world.device);
  CHECK(tree_digest(world.device) == before);
}

TEST_CASE("whatever a user can have moves before the new end", "[tune][shrink]") {
  VolumeWish wish = wish_of(GENERATE(512u, 1024u, 2048u, 4096u));
  wish.features = any_features();
  EditWorld world(wish);
  furnish_high(world, GENERATE(0u, 1u));
  expect_sound(world.device);
  const TreeDigest before = tree_digest(world.device);
  const u32 minimum = minimum_of(world.device);
  REQUIRE(minimum < world.geometry().clusters / 2);
  REQUIRE(tune(world.device, to_clusters(minimum)).error == "");
  audit(*Volume::open(world.device));
  expect_sound(world.device);
  CHECK(tree_digest(world.device) == before);
}

TEST_CASE("inodes behind the new end get new numbers, the system's own and orphans among them",
          "[tune][shrink]") {
  EditWorld world(wish_of(1024, 600 * mebibyte));
  const InodeNo filler = take_lower_part(world, world.geometry().clusters / 2);
  REQUIRE(tune(world.device, change_slots(40)).error == "");
  furnish(world, 38);
  change(
      world.device,
      [&](Transaction& transaction, Space& space) {
        orphan_inode(transaction, space,
                     create_inode(transaction, space, {.mode = file_mode::regular | 0600}));
        const InodeNo root = space.volume().root();
        orphan_inode(transaction, space,
                     create_directory(transaction, space, {.mode = file_mode::directory | 0700}, root));
      },
      39);
  change(world.device,
         [&](Transaction& transaction, Space& space) { truncate_inode(transaction, space, filler, 0); });
  const TreeDigest before = tree_digest(world.device);
  const std::set<u64> inodes = inodes_reached(world.device);
  const auto findings = [&] {
    auto codes = check_volume(world.device, {.read_only = true, .force = true}).codes;
    std::erase(codes, "QUOTA_USAGE");
    return codes;
  };
  const Lines found = findings();
  CHECK(std::ranges::count(found, "INODE_ORPHANED") == 2);

  const u32 minimum = minimum_of(world.device);
  REQUIRE(tune(world.device, to_clusters(minimum + 1000)).error == "");

  const std::set<u64> now = inodes_reached(world.device);
  CHECK(now.size() == inodes.size());
  const u64 end = Volume::open(world.device)->geometry().blocks();
  CHECK(*inodes.rbegin() >= end);
  CHECK(*now.rbegin() < end);
  audit(*Volume::open(world.device));
  CHECK(findings() == found);
  CHECK(tree_digest(world.device) == before);
  check_volume(world.device, {.force = true});
  expect_sound(world.device);
}

TEST_CASE("copies of the superblock behind the new end go", "[tune][shrink]") {
  VolumeWorld world({.bytes = 5 * 1024 * mebibyte});
  REQUIRE(find_backup_super(world.device, 2).has_value());
  REQUIRE(tune(world.device, to_clusters((1 << 18) + 5)).error == "");
  CHECK(find_backup_super(world.device, 1).has_value());
  CHECK_FALSE(find_backup_super(world.device, 2).has_value());
  expect_sound(world.device);
  REQUIRE(tune(world.device, to_clusters(40'000)).error == "");
  CHECK_FALSE(find_backup_super(world.device, 1).has_value());
  expect_sound(world.device);
}

TEST_CASE("a volume that is too full stays as it is, and says how small it can become", "[tune][shrink]") {
  VolumeWorld world(wish_of(4096));
  const u32 clusters = fill(world, 85), minimum = minimum_of(world.device);
  const TuneRun run = tune(world.device, {change_label("written"), to_clusters(minimum - clusters / 20)});
  CHECK_THAT(run.error, Contains("does not fit") && Contains(fmt::format("{} clusters", minimum)));
  CHECK(Volume::open(world.device)->label() == "world");
}

TEST_CASE("a directory that a run which died left without an index has one afterwards", "[tune][shrink]") {
  VolumeWorld world(wish_of(1024));
  furnish(world);
  const auto large = [&] {
    const auto volume = Volume::open(world.device);
    return *Directory(*volume, *Directory(*volume, volume->root()).lookup("wreckage")).lookup("large");
  };
  const auto indexed = [&] {
    const auto volume = Volume::open(world.device);
    return Directory(*volume, large()).indexed();
  };
  const u32 minimum = minimum_of(world.device);
  change(world.device, [&](Transaction& transaction, Space& space) {
    drop_index(transaction, space, large(), OldIndex::give_back);
  });
  REQUIRE_FALSE(indexed());
  REQUIRE(tune(world.device, to_clusters(minimum)).error == "");
  CHECK(indexed());
  expect_sound(world.device);
}

TEST_CASE("clusters that a slot has set aside stand in the way", "[tune][shrink]") {
  EditWorld world;
  world.edit([&](Transaction& transaction) {
    Inode& inode = transaction.edit<Inode>(world.volume().system_file(SystemFile::local_alloc, 1).block());
    inode.bitmap.total = 8;
    inode.local_alloc.first_cluster = 9000;
  });
  CHECK_THAT(tune(world.device, to_clusters(8000)).error, Contains("slot 1") && Contains("fsck.ocfs2"));
}

TEST_CASE("a volume whose shrinking is cut off is sound, and shrinks on", "[tune][shrink][crash]") {
  EditWorld world(wish_of(GENERATE(1024u, 4096u), 80 * mebibyte));
  furnish_high(world, GENERATE(0u, 1u));
  const u32 minimum = minimum_of(world.device);
  expect_survives_crashes(
      world.device, [&] { return std::vector<Operation>{to_clusters(minimum)}; }, {}, true);
}

}  // namespace ocfs2
