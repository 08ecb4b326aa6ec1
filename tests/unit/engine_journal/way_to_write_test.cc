// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/way_to_write.h"

#include <catch2/catch.hpp>

#include "engine/journal/transaction.h"
#include "engine/volume/volume_journal.h"
#include "tests/worlds/recording_device.h"
#include "tests/worlds/scratch_directory.h"
#include "tests/worlds/volume_world.h"

namespace ocfs2 {
namespace {

/// A volume to be written through the journals that are trusted.
struct Written {
  Written() : way(world.device, 4096, nullptr, scratch / "undo") {
    OpenOptions options;
    options.read_only = false;
    volume = Volume::open(world.device, options);
  }
  void trust(u32 slot, bool was_dirty = false) {
    way.trust(open_slot_journal(*volume, slot, [] { return u64{5}; }), was_dirty);
  }
  /// Commits a new mtime of an inode.
  void touch(InodeNo inode, u64 mtime) {
    Transaction transaction(volume->cache(), way);
    transaction.edit<Inode>(block_of(inode)).mtime = mtime;
    transaction.commit();
  }
  InodeNo journal(u32 slot) { return *volume->find_system_file(SystemFile::journal, slot); }
  bool dirty(u32 slot) { return Volume::open(world.device)->journal_dirty(slot); }
  bool keeps_old_bytes() const { return std::filesystem::exists(scratch / "undo"); }
  u64 mtime(InodeNo inode) { return Volume::open(world.device)->inode(inode)->mtime; }

  VolumeWorld world{{.slots = 3}};
  ScratchDirectory scratch;
  WayToWrite way;
  std::unique_ptr<Volume> volume;
};

}  // namespace

TEST_CASE("Without a journal the old bytes are kept first, until there is one", "[fsck][way]") {
  Written written;
  CHECK_FALSE(written.keeps_old_bytes());
  written.touch(written.volume->root(), 1);
  CHECK(written.keeps_old_bytes());
  CHECK_FALSE(written.dirty(0));

  written.trust(0);

  CHECK_FALSE(written.keeps_old_bytes());
  written.touch(written.volume->root(), 2);
  CHECK(written.dirty(0));
  CHECK_FALSE(written.keeps_old_bytes());
  written.way.finish(true);
  CHECK_FALSE(written.dirty(0));
  CHECK(written.mtime(written.volume->root()) == 2);
}

TEST_CASE("A journal is not used for a change of itself, nor afterwards", "[fsck][way]") {
  Written written;
  written.trust(0);
  written.trust(1);
  written.touch(written.volume->root(), 1);
  REQUIRE(written.dirty(0));

  written.touch(written.journal(0), 2);

  CHECK(written.dirty(1));
  CHECK_FALSE(written.keeps_old_bytes());
  written.touch(written.journal(1), 3);
  CHECK(written.keeps_old_bytes());
  written.way.finish(true);
  CHECK_FALSE(written.dirty(0));
  CHECK_FALSE(written.dirty(1));
  CHECK_FALSE(written.keeps_old_bytes());
  CHECK(written.mtime(written.journal(0)) == 2);
  CHECK(written.mtime(written.journal(1)) == 3);
}

TEST_CASE("Nothing is written through a journal that lies where the data goes", "[fsck][way]") {
  Written written;
  written.trust(0);
  written.trust(1);
  const BlockNo inside = journal_map(*written.volume, 0).at(5);
  written.way.zero_data(inside.value * 4096, 4096);
  written.touch(written.volume->root(), 1);
  CHECK_FALSE(written.dirty(0));
  CHECK(written.dirty(1));
  const BlockRun run{journal_map(*written.volume, 1).at(9), 1};
  written.way.distrust({&run, 1});
  CHECK_FALSE(written.way.trusts_a_journal());
}

TEST_CASE("A journal that was dirty before stays so while faults are left", "[fsck][way]") {
  const bool sound = GENERATE(false, true);
  Written written;
  written.trust(0, true);
  written.touch(written.volume->root(), 1);
  written.way.finish(sound);
  CHECK(written.dirty(0) == !sound);
  CHECK(open_journal_reader(*Volume::open(written.world.device), 0).empty());
}

TEST_CASE("A change that no log can hold at once leaves no undo file when it is in place", "[fsck][way]") {
  Written written;
  written.trust(0);
  written.touch(written.volume->root(), 1);
  const BlockKind kind{.name = "data"};
  Transaction transaction(written.volume->cache(), written.way);
  for (u32 i = 0; i < 1100; ++i)
    std::ranges::fill(transaction.create_bytes(BlockNo(5000 + i), kind), u8{0xAB});

  transaction.commit();

  CHECK_FALSE(written.keeps_old_bytes());
  CHECK(written.volume->cache().read_raw(BlockNo(6099), 1) == std::vector<u8>(4096, 0xAB));
  written.touch(written.volume->root(), 2);
  CHECK(written.dirty(0));
  written.way.finish(true);
  CHECK(written.mtime(written.volume->root()) == 2);
}

TEST_CASE("Without a journal and without a place for old bytes nothing is written", "[fsck][way]") {
  VolumeWorld world;
  WayToWrite way(world.device, 4096, nullptr, "");
  const std::vector<u8> bytes(4096);
  CHECK_THROWS_WITH(way.write_data(1 << 20, bytes), Catch::Contains("--undo"));
}

}  // namespace ocfs2
