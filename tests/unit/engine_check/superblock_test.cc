// SPDX-License-Identifier: GPL-2.0-or-later
//
// The superblock and its backups, as fsck finds and leaves them.
#include <catch2/catch.hpp>

#include "engine/check/super_choice.h"
#include "tests/worlds/check_world.h"
#include "tests/worlds/faulty_device.h"
#include "tests/worlds/repair_crash.h"
#include "tests/worlds/volume_world.h"

namespace ocfs2 {
namespace {

using Catch::Contains;
using Codes = std::vector<std::string>;

constexpr u64 gibibyte = u64{1} << 30;

/// A volume and a pencil for its superblock.
class Damaged : public VolumeWorld {
 public:
  explicit Damaged(const VolumeWish& wish = {}) : VolumeWorld(wish), block_size_(wish.block_size) {}

  std::vector<u8> block(u64 offset) {
    std::vector<u8> bytes(block_size_);
    device.read(offset, bytes);
    return bytes;
  }
  void edit(const std::function<void(SuperInode&)>& change, bool with_checksum = true) {
    std::vector<u8> bytes = block(primary());
    const VolumeFacts facts = *facts_from(as<SuperInode>(ConstBytes(bytes)));
    change(as<SuperInode>(Bytes(bytes)));
    if (with_checksum) seal(SuperInode::kind, facts, bytes);
    device.write(TestKey{}, primary(), bytes);
  }
  void wipe() { device.zero(TestKey{}, 0, 3 * u64{block_size_}); }
  u64 primary() const { return 2 * u64{block_size_}; }

 private:
  u32 block_size_;
};

struct FieldCase {
  std::string_view name;
  std::function<void(SuperInode&)> damage;
};

const FieldCase field_cases[] = {
    {"i_signature", [](SuperInode& super) { super.signature[0] = 'X'; }},
    {"i_blkno", [](SuperInode& super) { super.block = 77; }},
    {"s_major_rev_level", [](SuperInode& super) { super.super.major_revision = static_cast<u16>(9); }},
    {"s_minor_rev_level", [](SuperInode& super) { super.super.minor_revision = static_cast<u16>(1); }},
    {"s_blocksize_bits", [](SuperInode& super) { super.super.block_bits = 31; }},
    {"s_clustersize_bits", [](SuperInode& super) { super.super.cluster_bits = 5; }},
    {"s_clustersize_bits", [](SuperInode& super) { super.super.cluster_bits = 20; }},
    {"s_first_cluster_group", [](SuperInode& super) { super.super.first_cluster_group = 99'999'999; }},
    {"s_root_blkno", [](SuperInode& super) { super.super.root_inode = 0; }},
    {"s_root_blkno", [](SuperInode& super) { super.super.root_inode = 1000; }},
    {"s_system_dir_blkno", [](SuperInode& super) { super.super.system_dir_inode = u64{1} << 60; }},
    {"s_max_slots", [](SuperInode& super) { super.super.max_slots = static_cast<u16>(0); }},
    {"s_max_slots", [](SuperInode& super) { super.super.max_slots = static_cast<u16>(4096); }},
    {"s_root_blkno",
     [](SuperInode& super) { super.super.root_inode = 0, super.super.max_slots = static_cast<u16>(1); }},
    {"s_system_dir_blkno",
     [](SuperInode& super) {
       super.super.system_dir_inode = 0, super.super.max_slots = static_cast<u16>(999);
     }},
    {"i_fs_generation", [](SuperInode& super) { super.fs_generation = 12; }},
    {"i_fs_generation",
     [](SuperInode& super) { super.fs_generation = 12, super.super.first_cluster_group = 3; }},
    {"i_fs_generation", [](SuperInode& super) { super.fs_generation = 12, super.super.root_inode = 1000; }},
};

}  // namespace

TEST_CASE("A field of the superblock is put right where the volume proves it", "[fsck][super]") {
  const u32 block_size = GENERATE(1024u, 4096u);
  for (const FieldCase& field : field_cases) {
    INFO(field.name);
    Damaged world(
        {.block_size = block_size, .features = features_of(FeatureLevel::max_features), .slots = 3});
    const std::vector<u8> before = world.block(world.primary());
    const bool checksum = field.name != "s_blocksize_bits" && field.name != "s_clustersize_bits";
    world.edit(field.damage, checksum);

    const CheckRun told = check_volume(world.device, {.read_only = true});
    REQUIRE_FALSE(told.codes.empty());
    CHECK(told.codes[0] == "SUPERBLOCK_FIELD");
    CHECK_THAT(told.texts[0], Contains(std::string(field.name)));

    const CheckRun run = check_volume(world.device);
    CHECK(run.outcome.clean());
    std::vector<u8> after = world.block(world.primary());
    as<SuperInode>(Bytes(after)).super.last_check = as<SuperInode>(ConstBytes(before)).super.last_check;
    as<SuperInode>(Bytes(after)).check = as<SuperInode>(ConstBytes(before)).check;
    CHECK(after == before);
    CHECK(check_volume(world.device).codes == Codes{});
  }
}

TEST_CASE("A superblock that is not mended is not written", "[fsck][super]") {
  Damaged world;
  world.edit([](SuperInode& super) { super.block = 77; });
  const std::vector<u8> before = world.block(world.primary());
  const CheckRun run = check_volume(world.device, {.answers = Reply::no});
  CHECK(run.outcome.left == 1);
  CHECK(world.block(world.primary()) == before);
}

TEST_CASE("A flipped bit of the superblock is put right", "[fsck][super]") {
  Damaged world({.features = features_of(FeatureLevel::max_features)});
  const std::vector<u8> before = world.block(world.primary());
  world.edit([](SuperInode& super) { super.super.label[3] ^= 0x10; }, false);
  const CheckRun run = check_volume(world.device);
  CHECK(run.codes == Codes{"BAD_CRC32"});
  CHECK(run.outcome.clean());
  CHECK(Volume::open(world.device)->label() == "world");
  CHECK(check_volume(world.device).codes == Codes{});
}

TEST_CASE("A lost superblock is brought back from a backup", "[fsck][super]") {
  const u32 block_size = GENERATE(1024u, 4096u);
  Damaged world({.bytes = gibibyte + (64 << 20),
                 .block_size = block_size,
                 .features = features_of(FeatureLevel::max_features)});
  const auto uuid = world.volume().uuid();

  SECTION("that was overwritten") {
    world.wipe();
    const CheckRun run = check_volume(world.device);
    CHECK(run.codes == Codes{"RECOVER_BACKUP_SUPERBLOCK"});
    CHECK_THAT(run.texts[0], Contains("backup superblock 1 (at 1 GiB) is intact"));
    CHECK(run.outcome.clean());
    CHECK(Volume::open(world.device)->uuid() == uuid);
    CHECK(check_volume(world.device).codes == Codes{});
  }
  SECTION("whose place cannot be read") {
    FaultyDevice faulty(world.device);
    faulty.fail_reads_in(world.primary(), block_size);
    const CheckRun run = check_volume(faulty, {.read_only = true});
    CHECK(run.codes == Codes{"RECOVER_BACKUP_SUPERBLOCK"});
    CHECK(run.outcome.left == 1);
  }
  SECTION("only if the volume agrees with it") {
    Damaged stranger({.bytes = gibibyte + (64 << 20), .block_size = block_size});
    std::vector<u8> strange = stranger.block(gibibyte);
    as<SuperInode>(Bytes(strange)).fs_generation = 12345;
    world.device.write(TestKey{}, gibibyte, strange);
    world.wipe();
    CHECK_THROWS_AS(check_volume(world.device), Error);
  }
  SECTION("or one that was asked for, when its user agrees") {
    world.edit([](SuperInode& super) { set_text(super.super.label, "newer"); });
    CHECK(check_volume(world.device, {.answers = Reply::no, .super = {.backup = 1}}).outcome.left == 1);
    CHECK(Volume::open(world.device)->label() == "newer");
    CHECK(check_volume(world.device, {.super = {.backup = 1}}).outcome.clean());
    CHECK(Volume::open(world.device)->label() == "world");
  }
  SECTION("also when the machine dies meanwhile") {
    world.wipe();
    CHECK(crash_repair(world.device).fault == "");
  }
}

TEST_CASE("Backup superblocks are examined and kept up to date by a full check", "[fsck][super]") {
  Damaged world({.bytes = gibibyte + (64 << 20)});
  SECTION("one that is only behind is refreshed without a word") {
    world.edit([](SuperInode& super) { set_text(super.super.label, "newer"); });
    CHECK(check_volume(world.device, {.force = true}).codes == Codes{});
    CHECK(text_of(find_backup_super(world.device, 1)->super().label) == "newer");
  }
  SECTION("a damaged one is told and written anew") {
    world.device.zero(TestKey{}, gibibyte, 4096);
    CHECK(check_volume(world.device, {.read_only = true, .force = true}).codes == Codes{"BACKUP_SUPERBLOCK"});
    CHECK(check_volume(world.device, {.force = true}).outcome.clean());
    CHECK(find_backup_super(world.device, 1).has_value());
    CHECK(check_volume(world.device, {.force = true}).codes == Codes{});
  }
}

TEST_CASE("What the superblock says decides whether a check is due", "[fsck][super]") {
  Damaged world;
  const auto reason = [&](const std::function<void(SuperBlock&)>& change, u64 now = 1'900'000'000) {
    world.edit([&](SuperInode& super) { change(super.super); });
    return check_volume(world.device, {.read_only = true, .now_seconds = now}).reason.value_or("");
  };
  CHECK(reason([](SuperBlock&) {}) == "");
  CHECK(reason([](SuperBlock& super) { super.check_interval = 86400, super.last_check = 1'000'000u; },
               1'000'000 + 3 * 86400) == "has gone 3 days without being checked");
  CHECK(reason([](SuperBlock& super) { super.check_interval = 0; }) == "");
  CHECK(reason([](SuperBlock& super) {
          super.max_mount_count = static_cast<u16>(20);
          super.mount_count = static_cast<u16>(21);
        }) == "has been mounted 21 times without being checked");
  CHECK(reason([](SuperBlock& super) { super.state = static_cast<u16>(1); }) ==
        "contains a file system with errors");
  CHECK(reason([](SuperBlock& super) { super.set_features(super.features() | feature::aborted_resize); }) ==
        "incomplete volume resize detected");
  CHECK(reason([](SuperBlock& super) {
          super.set_features(super.features().without(feature::aborted_resize) | feature::aborted_tunefs);
        }) == "incomplete tunefs operation detected");

  const CheckRun run = check_volume(world.device, {.now_seconds = 2'000'000'000});

  CHECK(run.outcome.clean());
  const auto open = Volume::open(world.device);
  CHECK(open->super().last_check == 2'000'000'000u);
  CHECK(open->super().mount_count == 0);
  CHECK(open->super().state == 0);
  CHECK_FALSE(open->has(feature::aborted_tunefs));
  CHECK(check_volume(world.device).next_check == "after 20 additional mounts");
}

}  // namespace ocfs2
