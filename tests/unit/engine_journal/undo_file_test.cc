// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/undo_file.h"

#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/journal/slot_journal.h"
#include "tests/unit/engine_journal/log_world.h"
#include "tests/worlds/recording_device.h"

namespace ocfs2::log_world {
namespace {

/// A volume and its undo file, recorded on one timeline.
struct World {
  std::shared_ptr<Timeline> timeline = std::make_shared<Timeline>();
  RecordingDevice volume{fresh_volume(facts()), timeline};
  RecordingDevice store{MemoryDevice(16 << 20, "undo"), timeline};

  /// Dies at `moment` in a way that `seed` chooses, undoes, and compares with what was in the beginning.
  bool undone_after_death(std::size_t moment, u64 seed) const {
    MemoryDevice left = volume.after_power_loss(moment, seed);
    MemoryDevice kept = store.after_power_loss(moment, seed + 1000);
    if (left.same_content(volume.initial())) return true;
    UndoReader(kept).restore(left);
    return left.same_content(volume.initial());
  }
};

void change(WriteAhead& write_ahead) {
  const std::vector<u8> once = filled(4096, 1), again = filled(4096, 2);
  const BlockImage first[] = {{some_block, once}, {some_block + 1, once}, {some_block + 9, once}};
  const BlockImage second[] = {{some_block + 1, again}, {some_block + 20, again}};
  write_ahead.write_data((some_block.value + 30) * 4096, once);
  write_ahead.zero_data((some_block.value + 31) * 4096, 4096);
  write_ahead.commit(first);
  write_ahead.commit(second);
}

}  // namespace

TEST_CASE("What went in place with an undo file is durable, and can be undone from any moment", "[journal]") {
  World world;
  UndoDevice device(world.volume, world.store);
  UndoFile undo(device, 4096);
  change(undo);
  MemoryDevice after = world.volume.after_power_loss(world.timeline->size(), 1);
  CHECK(block_on(after, 4096, some_block) == filled(4096, 1));
  CHECK(block_on(after, 4096, some_block + 1) == filled(4096, 2));
  for (std::size_t moment = 0; moment <= world.timeline->size(); ++moment)
    for (u64 seed = 0; seed < 8; ++seed) REQUIRE(world.undone_after_death(moment, seed));
}

TEST_CASE("Data is durable before what refers to it, with an undo file too", "[journal]") {
  World world;
  UndoDevice device(world.volume, world.store);
  UndoFile undo(device, 4096);
  change(undo);
  for (std::size_t moment = 0; moment <= world.timeline->size(); ++moment)
    for (u64 seed = 0; seed < 8; ++seed) {
      MemoryDevice left = world.volume.after_power_loss(moment, seed);
      if (block_on(left, 4096, some_block) == filled(4096, 1))
        REQUIRE(block_on(left, 4096, some_block + 30) == filled(4096, 1));
    }
}

TEST_CASE("An undo file lies under a slot journal as well", "[journal]") {
  World world;
  UndoDevice device(world.volume, world.store);
  BlockCache cache(device, facts());
  SlotJournal journal(cache, journal_inode, log_map(), other_journal(), "journal:0000",
                      [] { return u64{1}; });
  change(journal);
  journal.close();
  for (std::size_t moment = 0; moment <= world.timeline->size(); ++moment)
    REQUIRE(world.undone_after_death(moment, moment));
}

}  // namespace ocfs2::log_world
