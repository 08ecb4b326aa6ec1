// SPDX-License-Identifier: GPL-2.0-or-later
//
// What dead nodes left beside their journals: windows, truncate logs, orphans, their slots.
#include <catch2/catch.hpp>

#include "engine/volume/directory.h"
#include "engine/volume/file_data.h"
#include "engine/volume/inode_life.h"
#include "tests/worlds/check_world.h"
#include "tests/worlds/edit_world.h"
#include "tests/worlds/repair_crash.h"

namespace ocfs2 {
namespace {

using Codes = std::vector<std::string>;

class Left : public EditWorld {
 public:
  using EditWorld::EditWorld;

  /// Slot `slot` has reserved `clusters` clusters and handed out the first `used`, which nobody else knows.
  BitRun reserve(u32 slot, u32 clusters, u32 used) {
    BitRun run;
    edit([&](Transaction& transaction) {
      Space own = space(slot);
      run = own.allocate_clusters(transaction, clusters);
      const auto inode = volume().system_file(SystemFile::local_alloc, slot);
      const Bytes block = transaction.edit_bytes(inode);
      as<Inode>(block).bitmap = {used, static_cast<u32>(run.count)};
      as<Inode>(block).local_alloc.first_cluster = static_cast<u32>(run.first);
      for (u32 bit = 0; bit < used; ++bit) set_bit(LocalAlloc::bitmap(Inode::body(block)), bit);
    });
    return run;
  }
  void log_truncated(u32 slot, u32 count) {
    edit([&](Transaction& transaction) {
      Space own = space(slot);
      const auto inode = volume().system_file(SystemFile::truncate_log, slot);
      for (u32 i = 0; i < count; ++i) {
        const BitRun run = own.allocate_clusters(transaction, 3);
        const Bytes block = transaction.edit_bytes(inode);
        TruncateLog::slots(Inode::body(block))[i] = {static_cast<u32>(run.first),
                                                     static_cast<u32>(run.count)};
        as<Inode>(block).truncate_log.used = static_cast<u16>(i + 1);
      }
    });
  }
  InodeNo orphan(u32 slot, u16 type = file_mode::regular) {
    InodeNo number;
    edit([&](Transaction& transaction) {
      Space own = space(slot);
      InodeBirth birth{};
      birth.mode = type | 0644;
      number = create_inode(transaction, own, birth);
      orphan_inode(transaction, own, number);
    });
    return number;
  }
  u64 entries(SystemFile file, u32 slot) {
    u64 count = 0;
    const auto open = Volume::open(device);
    Directory(*open, *open->find_system_file(file, slot)).each([&](const DirectoryEntry&, std::string_view) {
      return ++count, true;
    });
    return count;
  }
};

}  // namespace

TEST_CASE("A window that a node had reserved goes back", "[fsck][recovery]") {
  Left world;
  const u64 before = world.used_clusters();
  const BitRun run = world.reserve(1, 200, 0);
  REQUIRE(world.used_clusters() == before + run.count);

  const CheckRun check = check_volume(world.device);

  CHECK(check.said("Slot 1's local alloc replayed successfully"));
  CHECK(check.codes == Codes{});
  world.audit();
  CHECK(world.used_clusters() == before);
  CHECK(world.volume().system_file(SystemFile::local_alloc, 1)->bitmap.total == 0);
  CHECK(world.volume().system_file(SystemFile::local_alloc, 1)->local_alloc.bitmap_bytes != 0);
}

TEST_CASE("What was handed out of a window stays taken", "[fsck][recovery]") {
  Left world;
  const u64 before = world.used_clusters();
  world.reserve(0, 200, 37);
  check_volume(world.device);
  world.audit();
  CHECK(world.used_clusters() == before + 37);
}

TEST_CASE("A truncate log is worked off", "[fsck][recovery]") {
  Left world;
  const u64 before = world.used_clusters();
  world.log_truncated(0, 100);
  const CheckRun check = check_volume(world.device);
  CHECK(check.said("Slot 0's truncate log replayed successfully"));
  world.audit();
  CHECK(world.used_clusters() == before);
  CHECK(world.volume().system_file(SystemFile::truncate_log, 0)->truncate_log.used == 0);
}

TEST_CASE("-n only says that there is something to recover", "[fsck][recovery]") {
  Left world;
  world.reserve(0, 200, 0);
  RecordingDevice device(world.device);
  CHECK(check_volume(device, {.read_only = true}).said("** Skipping slot recovery because -n was given. **"));
  CHECK(device.events() == 0);
}

TEST_CASE("Orphans of a volume that needs no check are deleted", "[fsck][recovery]") {
  Left world;
  const u64 before = world.entries(SystemFile::orphan_dir, 1);
  std::vector<InodeNo> orphans;
  for (int i = 0; i < 5; ++i) orphans.push_back(world.orphan(1));
  REQUIRE(world.entries(SystemFile::orphan_dir, 1) == before + 5);
  const CheckRun check = check_volume(world.device);
  CHECK(check.said("Slot 1's orphan dir replayed successfully"));
  CHECK(world.entries(SystemFile::orphan_dir, 1) == before);
  world.volume().cache().drop_all();
  for (const InodeNo orphan : orphans)
    CHECK_FALSE(world.volume().any_inode(orphan)->has_flag(inode_flag::valid));
}

TEST_CASE("The slots of dead nodes are free afterwards", "[fsck][recovery]") {
  const bool extended = GENERATE(false, true);
  Features features = features_of(FeatureLevel::default_features);
  features = extended ? features | feature::extended_slotmap : features.without(feature::extended_slotmap);
  Left world({.features = features, .slots = 4});
  FileData map(world.volume(), world.volume().system_file(SystemFile::slot_map));
  const auto tree = ExtentTree::of(world.volume().cache(), world.volume().system_file(SystemFile::slot_map));
  const u64 offset = world.geometry().byte_of(tree.find(0)->block);
  std::vector<u8> bytes(4096);
  world.device.read(offset, bytes);
  set_slot(bytes, extended, 2, 7u);
  world.device.write(TestKey{}, offset, bytes);
  REQUIRE(Volume::open(world.device)->slot_map()[2] == 7u);
  CHECK(check_volume(world.device).outcome.clean());
  CHECK_FALSE(Volume::open(world.device)->slot_map()[2]);
}

TEST_CASE("Recovery may die at any moment", "[fsck][recovery]") {
  Left world;
  world.reserve(0, 200, 0);
  world.log_truncated(0, 70);
  world.reserve(1, 50, 0);
  world.orphan(1);
  CHECK(crash_repair(world.device, {.force = false}).fault == "");
}

}  // namespace ocfs2
