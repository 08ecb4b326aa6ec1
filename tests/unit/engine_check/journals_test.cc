// SPDX-License-Identifier: GPL-2.0-or-later
//
// Journals, from the outside: a volume whose nodes died, as fsck finds and leaves it.
#include <catch2/catch.hpp>

#include "engine/journal/journal_writer.h"
#include "engine/volume/directory.h"
#include "engine/volume/volume_journal.h"
#include "tests/unit/engine_check/journal_world.h"
#include "tests/worlds/repair_crash.h"

namespace ocfs2 {
namespace {

using Catch::Contains;

constexpr u64 news = 1'234'567;  ///< the root's mtime that only a log knows

/// A volume whose slots can die.
class Crashed : public JournalWorld {
 public:
  using JournalWorld::JournalWorld;

  /// The node of `slot` commits a new mtime of the root to its log, and dies before it is in place.
  void die(u32 slot, u64 mtime = news) {
    OpenOptions options;
    options.read_only = false;
    const auto open = Volume::open(device, options);
    const auto journal = open_slot_journal(*open, slot, [] { return u64{1'700'000'000}; });
    const BlockRef<Inode> root = open->inode(open->root());
    const std::vector<u8> before(root.bytes().begin(), root.bytes().end());
    Transaction transaction(open->cache(), *journal);
    transaction.edit(root).mtime = mtime;
    transaction.commit();
    device.write(TestKey{}, open->geometry().byte_of(root.block()), before);
  }
  u64 root_mtime() { return Volume::open(device)->inode(volume().root())->mtime; }
};

}  // namespace

TEST_CASE("A clean volume is left alone", "[fsck]") {
  const u32 block_size = GENERATE(512u, 1024u, 4096u);
  VolumeWorld world({.block_size = block_size, .features = features_of(FeatureLevel::max_features)});
  RecordingDevice device(world.device);
  const CheckRun run = check_volume(device);
  CHECK(run.codes == Codes{});
  CHECK(run.notes == Codes{});
  CHECK_FALSE(run.reason);
  CHECK(device.events() == 0);
}

TEST_CASE("The journals of dead nodes are replayed and marked clean", "[fsck]") {
  const u32 block_size = GENERATE(512u, 1024u, 4096u);
  Crashed world({.block_size = block_size, .features = features_of(FeatureLevel::max_features), .slots = 4});
  world.die(1);
  world.die(3, news + 1);
  REQUIRE(world.root_mtime() != news);

  const CheckRun run = check_volume(world.device);

  CHECK(run.outcome.journals_replayed == 2);
  CHECK(run.said("Replaying slot 1's journal."));
  CHECK(run.said("Slot 3's journal replayed successfully."));
  CHECK(run.said("Slot 3's journal dirty flag removed"));
  CHECK(run.codes == Codes{});
  CHECK(world.root_mtime() == news + 1);
  CHECK_FALSE(world.dirty(1));
  CHECK_FALSE(world.dirty(3));
  check_clean(world.device);
}

TEST_CASE("-n sees what a replay would make of the volume and writes nothing", "[fsck]") {
  Crashed world;
  world.die(0);
  RecordingDevice device(world.device);
  CheckRun run;
  ListeningReporter reporter(run);
  VolumeCheck check(device, {}, {.read_only = true},
                    {.reporter = reporter,
                     .ask = [](const Finding&) { return Reply::no; },
                     .now_seconds = [] { return u64{0}; }});
  check.prepare();
  CHECK(check.volume().inode(check.volume().root())->mtime == news);
  const CheckOutcome outcome = check.finish();
  CHECK(outcome.journals_replayed == 1);
  CHECK(device.events() == 0);
}

TEST_CASE("A log without its superblock", "[fsck]") {
  Crashed world({.slots = 3});
  const bool died = GENERATE(false, true);
  if (died) world.die(1);
  world.edit_log(1, [](JournalSuperBlock& super) { super.header.magic = 0x12345678; });
  const std::string code = died ? "JOURNAL_LOST" : "JOURNAL_FILE_INVALID";

  SECTION("is told by -n") {
    const CheckRun run = check_volume(world.device, {.read_only = true});
    CHECK(run.codes == Codes{code});
    CHECK_THAT(run.texts[0], Contains("slot 1"));
    CHECK(run.outcome.left == 1);
  }
  SECTION("is made anew") {
    const CheckRun run = check_volume(world.device);
    CHECK(run.codes == Codes{code});
    CHECK(run.outcome.clean());
    CHECK(run.reason);
    CHECK_FALSE(world.dirty(1));
    CHECK(open_journal_reader(*Volume::open(world.device), 1).scan().transactions.empty());
    check_clean(world.device);
  }
  SECTION("stays when that is refused, and the volume is not marked clean") {
    const CheckRun run = check_volume(world.device, {.answers = Reply::no});
    CHECK(run.outcome.left == 1);
    CHECK(world.dirty(1) == died);
    CHECK((Volume::open(world.device)->super().state & SuperBlock::state_errors) != 0);
    CHECK(check_volume(world.device, {.read_only = true}).reason == "contains a file system with errors");
  }
}

TEST_CASE("A log of an unknown kind is kept unless told otherwise", "[fsck]") {
  Crashed world;
  world.edit_log(1, [](JournalSuperBlock& super) { super.feature_incompat = 0x40; });
  CHECK(check_volume(world.device, {.read_only = true}).codes == Codes{"JOURNAL_UNKNOWN_FEATURE"});
  CHECK(check_volume(world.device).outcome.mended == 1);
  check_clean(world.device);
}

TEST_CASE("All logs can hold 64-bit block numbers, or none", "[fsck]") {
  Crashed world({.slots = 3});
  world.edit_log(1, [](JournalSuperBlock& super) { super.feature_incompat = journal_feature::wide_blocks; });
  const bool died = GENERATE(false, true);
  if (died) world.die(0);
  const CheckRun run = check_volume(world.device);
  CHECK(run.codes == Codes{"JOURNAL_MISSING_FEATURE", "JOURNAL_MISSING_FEATURE"});
  CHECK(run.outcome.clean());
  if (died) CHECK(world.root_mtime() == news);
  check_clean(world.device);
}

TEST_CASE("Logs may differ in what each mount sets by itself", "[fsck]") {
  Crashed world;
  world.edit_log(1, [](JournalSuperBlock& super) {
    super.feature_compat = journal_feature::compat_checksum;
    super.feature_incompat = journal_feature::async_commit | journal_feature::revoke;
  });
  check_clean(world.device);
}

TEST_CASE("A journal inode that says less than its extents hold", "[fsck]") {
  Crashed world;
  const bool died = GENERATE(false, true);
  if (died) world.die(1);
  world.edit_inode(1, [](Inode& inode) { inode.clusters = 0; });
  const CheckRun run = check_volume(world.device);
  CHECK(run.codes == Codes{"JOURNAL_TOO_SMALL"});
  CHECK(run.outcome.clean());
  CHECK(run.outcome.journals_replayed == died);
  if (died) CHECK(world.root_mtime() == news);
  check_clean(world.device);
}

TEST_CASE("A journal that is smaller than the others grows", "[fsck]") {
  Crashed world({.block_size = 1024});
  world.edit_inode(1, [&](Inode& inode) {
    const u16 half = static_cast<u16>(inode.clusters / 2);
    ExtentRecord& record = ExtentList::record_slots({reinterpret_cast<u8*>(&inode.extents), 64})[0];
    record.clusters = half;
    inode.clusters = half;
    inode.size = u64{half} << 12;
  });
  world.edit_log(1, [](JournalSuperBlock& super) { super.blocks = super.blocks / 2; });
  const CheckRun run = check_volume(world.device);
  CHECK(run.codes == Codes{"JOURNAL_TOO_SMALL", "CLUSTER_ALLOC_BIT"});  // what was cut off is nobody's
  CHECK(run.outcome.clean());
  const auto open = Volume::open(world.device);
  CHECK(journal_map(*open, 1).blocks() == journal_map(*open, 0).blocks());
  check_clean(world.device);
}

TEST_CASE("What a damaged log holds before its damage can be had", "[fsck]") {
  Crashed world;
  world.edit_log(0,
                 [](JournalSuperBlock& super) { super.feature_compat = journal_feature::compat_checksum; });
  world.die(0, news);
  // a second transaction behind it, and a third: the second is damaged
  {
    OpenOptions options;
    options.read_only = false;
    const auto open = Volume::open(world.device, options);
    JournalReader reader = open_journal_reader(*open, 0);
    const LogScan scan = reader.scan();
    REQUIRE(scan.transactions.size() == 1);
    const JournalSuperBlock super = reader.super();
    const JournalWriter writer(super, reader.map());
    u32 at = super.start + 3;
    for (u32 i = 0; i < 2; ++i) {
      const auto root = open->inode(open->root());
      std::vector<u8> bytes(root.bytes().begin(), root.bytes().end());
      as<Inode>(Bytes(bytes)).mtime = news + 1 + i;
      const BlockImage image{root.block(), bytes};
      const LaidTransaction laid = writer.lay_out({&image, 1}, at, scan.end_sequence + i, 1'800'000'000 + i);
      for (const BlockImage& block : laid.body)
        world.device.write(TestKey{}, open->geometry().byte_of(block.block), block.bytes);
      world.device.write(TestKey{}, open->geometry().byte_of(laid.commit.block), laid.commit.bytes);
      at = laid.next_log_block;
    }
    u8 noise[] = {0x77};
    world.device.write(TestKey{}, open->geometry().byte_of(reader.map().at(super.start + 4)) + 200, noise);
  }
  SECTION("on a yes") {
    const CheckRun run = check_volume(world.device);
    CHECK(run.codes == Codes{"JOURNAL_DAMAGED"});
    CHECK_THAT(run.texts[0], Contains("after 1 whole"));
    CHECK(world.root_mtime() == news);
    check_clean(world.device);
  }
  SECTION("else nothing of it is, and the journal stays dirty") {
    const CheckRun run = check_volume(world.device, {.answers = Reply::no});
    CHECK(run.said("Slot 0's journal can not be replayed."));
    CHECK(run.outcome.left == 1);
    CHECK(world.root_mtime() != news);
    CHECK(world.dirty(0));
  }
}

TEST_CASE("What the kernel noted in a log is told, forces a check, and is cleared", "[fsck]") {
  Crashed world;
  world.edit_log(0, [](JournalSuperBlock& super) { super.error_number = static_cast<u32>(-5); });
  const CheckRun run = check_volume(world.device);
  CHECK(run.said("Found jbd2 super block error status -5 on slot 0."));
  CHECK(run.reason);
  CHECK(run.said("Clear jbd2 super block errno (-5) on slot 0"));
  CHECK(run.outcome.clean());
  CHECK(open_journal_reader(*Volume::open(world.device), 0).error_number() == 0);
  check_clean(world.device);
}

TEST_CASE("Two journals in the same place are neither replayed nor written", "[fsck]") {
  Crashed world({.slots = 3});
  world.die(0);
  std::vector<u8> extents(32);
  world.edit_inode(0, [&](Inode& inode) { std::memcpy(extents.data(), &inode.extents, extents.size()); });
  world.edit_inode(1, [&](Inode& inode) { std::memcpy(&inode.extents, extents.data(), extents.size()); });
  const CheckRun run = check_volume(world.device, {.answers = Reply::no});
  CHECK(Codes(run.codes.begin(), run.codes.begin() + 2) == Codes{"JOURNAL_LOST", "JOURNAL_FILE_INVALID"});
  CHECK(run.found("DUP_CLUSTERS_SYSFILE_CLONE"));
  CHECK(run.outcome.journals_replayed == 0);
  CHECK(world.root_mtime() != news);
}

TEST_CASE("A journal that lies partly over another one is made anew beside it", "[fsck]") {
  Crashed world({.block_size = GENERATE(1024u, 4096u), .slots = 3});
  const u64 second_cluster =
      journal_map(world.volume(), 1).at(0).value + world.volume().geometry().blocks_per_cluster();
  world.edit_inode(0, [&](Inode& inode) {
    as<ExtentRecord>(Bytes(inode.body_start).subspan(sizeof(ExtentList))).block = second_cluster;
  });
  const CheckRun run = check_volume(world.device);
  CAPTURE(run.texts, run.warnings);
  CHECK(run.found("JOURNAL_FILE_INVALID"));
  CHECK(run.found("DUP_CLUSTERS_SYSFILE_CLONE"));
  CHECK(run.outcome.clean());
  CHECK(journal_map(world.volume(), 0).at(0) != journal_map(world.volume(), 1).at(0));
  check_clean(world.device);
}

TEST_CASE("The repair of journals may die at any moment", "[fsck][crash]") {
  Crashed world({.block_size = 1024, .slots = 3});
  world.die(0);
  SECTION("when one log is lost") {
    world.die(1);
    world.edit_log(1, [](JournalSuperBlock& super) { super.header.magic = 0; });
  }
  SECTION("when all logs are lost") {
    for (u32 slot = 0; slot < 3; ++slot)
      world.edit_log(slot, [](JournalSuperBlock& super) { super.header.magic = 0; });
  }
  SECTION("when one is too small") {
    world.edit_inode(2, [](Inode& inode) { inode.clusters = 0; });
  }
  SECTION("when one has no extents") {
    world.edit_inode(1, [](Inode& inode) {
      inode.clusters = 0;
      inode.size = 0;
      inode.extents.used = static_cast<u16>(0);
    });
  }
  CHECK(crash_repair(world.device).fault == "");
}

TEST_CASE("While no journal is sound, old bytes are kept in an undo file, which is gone in the end",
          "[fsck]") {
  Crashed world;
  for (u32 slot = 0; slot < 2; ++slot)
    world.edit_log(slot, [](JournalSuperBlock& super) { super.header.magic = 0; });
  ScratchDirectory scratch;
  CHECK(check_volume(world.device, {.undo_path = scratch / "undo"}).outcome.clean());
  CHECK_FALSE(std::filesystem::exists(scratch / "undo"));

  for (u32 slot = 0; slot < 2; ++slot)
    world.edit_log(slot, [](JournalSuperBlock& super) { super.header.magic = 0; });
  const CheckRun nowhere = check_volume(world.device, {.undo_path = scratch / "missing/undo"});
  CHECK(nowhere.outcome.left > 0);
}

}  // namespace ocfs2
