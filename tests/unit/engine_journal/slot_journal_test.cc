// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/slot_journal.h"

#include <catch2/catch.hpp>

#include "engine/error.h"
#include "tests/unit/engine_journal/log_world.h"
#include "tests/worlds/faulty_device.h"
#include "tests/worlds/recording_device.h"

namespace ocfs2::log_world {

using Catch::Contains;

namespace {

/// A volume opened for writing through its journal.
struct Open {
  Open(BlockDevice& device, const VolumeFacts& facts)
      : cache(device, facts), journal(cache, journal_inode, log_map(), other_journal(), "journal:0000", [] {
          return u64{1700000000};
        }) {}

  /// Commits `count` blocks from `first` on, all filled with `byte`.
  void commit(BlockNo first, u32 count, u8 byte) {
    const std::vector<u8> bytes = filled(cache.facts().geometry.block_size(), byte);
    std::vector<BlockImage> images;
    for (u32 i = 0; i < count; ++i) images.push_back({first + i, bytes});
    journal.commit(images);
  }
  u32 recovery_generation() {
    return cache.read<Inode>(block_of(journal_inode))->journal.recovery_generation;
  }

  BlockCache cache;
  SlotJournal journal;
};

/// Opens what a crash left, as the next mount would.
void recover(BlockDevice& device, const VolumeFacts& facts) {
  Open next(device, facts);
  if (next.journal.dirty()) {
    next.journal.replay(next.journal.reader().scan());
    next.journal.close();
  }
  CHECK_FALSE(next.journal.dirty());
}

/// The byte that all of `count` blocks are filled with, or nothing when they are not of one piece.
std::optional<u8> content(BlockDevice& device, const VolumeFacts& facts, BlockNo first, u32 count) {
  const u32 block_size = facts.geometry.block_size();
  const u8 byte = block_on(device, block_size, first)[0];
  for (u32 i = 0; i < count; ++i)
    if (block_on(device, block_size, first + i) != filled(block_size, byte)) return {};
  return byte;
}

/// A device to which some rounds are committed, each filling the same blocks with its number, and what every
/// crash of it must leave: all of the blocks of one round, and of no earlier one than was promised.
struct Rounds {
  Rounds(const VolumeFacts& facts, u32 block_count)
      : volume(facts), blocks(block_count), device(fresh_volume(facts)) {}

  void commit(Open& open) {
    open.commit(some_block, blocks, static_cast<u8>(returned.size() + 1));
    returned.push_back(device.events());
  }
  void check(MemoryDevice left, std::size_t moment) const {
    recover(left, volume);
    const std::optional<u8> found = content(left, volume, some_block, blocks);
    REQUIRE(found);
    const auto promised =
        std::count_if(returned.begin(), returned.end(), [moment](std::size_t at) { return at <= moment; });
    REQUIRE(*found >= promised);
    REQUIRE(*found <= promised + 1);
  }
  void check_every_death(std::size_t from, u64 seeds) const {
    for (std::size_t moment = from; moment <= device.events(); ++moment) {
      check(device.after(moment), moment);
      for (u64 seed = 0; seed < seeds; ++seed) check(device.after_power_loss(moment, seed), moment);
    }
  }

  VolumeFacts volume;
  u32 blocks;
  RecordingDevice device;
  std::vector<std::size_t> returned;  ///< the moment when each commit had returned
};

}  // namespace

TEST_CASE("A commit is in the log and in place, and the journal is dirty until it is closed", "[journal]") {
  MemoryDevice device = fresh_volume(facts());
  Open open(device, facts());
  CHECK_FALSE(open.journal.dirty());

  open.commit(some_block, 3, 0x11);

  CHECK(content(device, facts(), some_block, 3) == 0x11);
  Open other(device, facts());
  CHECK(other.journal.dirty());
  REQUIRE(other.journal.reader().scan().transactions.size() == 1);
  CHECK(other.journal.reader().scan().transactions[0].blocks == 3);
  CHECK(other.journal.reader().scan().transactions[0].commit_seconds == 1700000000);

  open.journal.close();
  Open after(device, facts());
  CHECK_FALSE(after.journal.dirty());
  CHECK(after.journal.reader().empty());
  CHECK(after.recovery_generation() == 0);
}

TEST_CASE("A journal that nothing was committed to is left alone", "[journal]") {
  RecordingDevice device(fresh_volume(facts()));
  Open open(device, facts());
  open.journal.commit({});
  open.journal.checkpoint();
  open.journal.close();
  CHECK(device.events() == 0);
}

TEST_CASE("A dirty journal takes no commit before it was replayed", "[journal]") {
  MemoryDevice device = fresh_volume(facts());
  Open(device, facts()).commit(some_block, 1, 0x11);  // not closed
  device.write(TestKey{}, some_block.value * 4096, filled(4096, 0));

  Open open(device, facts());
  CHECK_THROWS_WITH(open.commit(some_block, 1, 0x22), Contains("run fsck.ocfs2"));
  CHECK(open.journal.replay(open.journal.reader().scan()) == 1);
  CHECK(content(device, facts(), some_block, 1) == 0x11);
  open.commit(some_block, 1, 0x22);
  CHECK(open.journal.dirty());
  open.journal.close();
  CHECK(content(device, facts(), some_block, 1) == 0x22);
  CHECK_FALSE(open.journal.dirty());
  CHECK(open.recovery_generation() == 1);
}

TEST_CASE("The log of a closed journal is never replayed, even when it was not emptied", "[journal]") {
  // What a tool leaves that clears the flag only: transaction 10 is complete, and stale.
  MemoryDevice device = fresh_volume(facts());
  Pencil(device).begin(1, 10).log({{some_block.value, filled(4096, 0xBD)}}).commit();
  RecordingDevice recorded(std::move(device));
  Open(recorded, facts()).commit(some_block + 1, 1, 0x11);
  for (std::size_t moment = 0; moment <= recorded.events(); ++moment) {
    MemoryDevice left = recorded.after_power_loss(moment, moment);
    recover(left, facts());
    CHECK(content(left, facts(), some_block, 1) == 0);
  }
}

TEST_CASE("Dying at any moment leaves each commit whole or not begun", "[journal]") {
  const u32 block_bits = GENERATE(9u, 12u);
  const bool metaecc = GENERATE(false, true);
  const VolumeFacts volume = facts(block_bits, metaecc ? feature::metaecc : Features{});
  Rounds rounds(volume, 40);
  {
    Open open(rounds.device, volume);
    for (u32 round = 1; round <= 3; ++round) rounds.commit(open);
    open.journal.checkpoint();
    rounds.commit(open);
    open.journal.close();
  }
  rounds.check_every_death(0, 8);
}

TEST_CASE("Dying while a journal is replayed changes nothing about the outcome", "[journal]") {
  MemoryDevice died = fresh_volume(facts());
  Pencil(died)
      .begin(1000, 10)
      .log({{200, filled(4096, 1)}, {201, filled(4096, 1)}})
      .commit()
      .log({{200, filled(4096, 2)}, {300, filled(4096, 2)}})
      .commit();
  {
    BlockCache cache(died, facts());
    std::vector<u8> inode = block_on(died, 4096, block_of(journal_inode));
    as<Inode>(Bytes(inode)).journal.flags = JournalState::dirty;
    died.write(TestKey{}, journal_inode.value * 4096, inode);
  }
  RecordingDevice device(died);
  recover(device, facts());
  for (std::size_t moment = 0; moment <= device.events(); ++moment) {
    for (u64 seed = 0; seed < 8; ++seed) {
      MemoryDevice left = device.after_power_loss(moment, seed);
      recover(left, facts());
      REQUIRE(content(left, facts(), BlockNo(200), 1) == 2);
      REQUIRE(content(left, facts(), BlockNo(201), 1) == 1);
      REQUIRE(content(left, facts(), BlockNo(300), 1) == 2);
    }
  }
}

TEST_CASE("A full log is checkpointed and begun anew", "[journal]") {
  const u32 blocks = GENERATE(400u, 600u);  // two fit, or one
  Rounds rounds(facts(9), blocks);
  Open open(rounds.device, rounds.volume);
  for (u32 round = 1; round <= 4; ++round) rounds.commit(open);
  rounds.check_every_death(rounds.returned[0], 12);
}

TEST_CASE("A change that does not fit the log is refused with the figures", "[journal]") {
  RecordingDevice device(fresh_volume(facts()));
  Open open(device, facts());
  CHECK_THROWS_WITH(open.commit(some_block, 1020, 1),
                    Contains("1020 blocks") && Contains("the log has 1023"));
  CHECK(device.events() == 0);
  open.commit(some_block, 1019, 1);  // 3 descriptors, 1019 blocks, a commit block: all of the log
  Open after(device, facts());
  CHECK(after.journal.reader().scan().transactions.at(0).blocks == 1019);
}

TEST_CASE("Blocks that look like a part of the log are escaped", "[journal]") {
  MemoryDevice device = fresh_volume(facts());
  std::vector<u8> bytes = filled(4096, 5);
  as<be32>(Bytes(bytes)) = journal_magic;
  const BlockImage image{some_block, bytes};
  Open(device, facts()).journal.commit({&image, 1});
  CHECK(block_on(device, 4096, log_map().at(2))[0] == 0);
  device.write(TestKey{}, some_block.value * 4096, filled(4096, 0));
  recover(device, facts());
  CHECK(block_on(device, 4096, some_block) == bytes);
}

TEST_CASE("An image of several blocks is logged block by block", "[journal]") {
  const VolumeFacts volume = facts(10);
  MemoryDevice device = fresh_volume(volume);
  const std::vector<u8> bucket = filled(4096, 5);
  const BlockImage image{some_block, bucket};
  Open(device, volume).journal.commit({&image, 1});
  device.write(TestKey{}, some_block.value * 1024, filled(4096, 0));
  recover(device, volume);
  CHECK(content(device, volume, some_block, 4) == 5);
}

TEST_CASE("Data is durable before what refers to it", "[journal]") {
  RecordingDevice device(fresh_volume(facts()));
  const u64 data_block = some_block.value + 100;
  {
    Open open(device, facts());
    open.journal.write_data(data_block * 4096, filled(4096, 0xDA));
    open.commit(some_block, 1, 0x11);
    open.journal.close();
  }
  for (std::size_t moment = 0; moment <= device.events(); ++moment)
    for (u64 seed = 0; seed < 8; ++seed) {
      MemoryDevice left = device.after_power_loss(moment, seed);
      recover(left, facts());
      if (content(left, facts(), some_block, 1) == 0x11)
        REQUIRE(content(left, facts(), BlockNo(data_block), 1) == 0xDA);
    }
}

TEST_CASE("Data that took the place of a logged block survives a replay", "[journal]") {
  MemoryDevice device = fresh_volume(facts());
  const bool zeros = GENERATE(false, true);
  {
    Open open(device, facts());
    open.commit(some_block, 2, 0x11);
    if (zeros)
      open.journal.zero_data((some_block.value + 1) * 4096, 4096);
    else
      open.journal.write_data((some_block.value + 1) * 4096, filled(4096, 0xDA));
    open.commit(some_block + 5, 1, 0x22);
  }
  recover(device, facts());
  CHECK(content(device, facts(), some_block + 1, 1) == (zeros ? 0 : 0xDA));
}

TEST_CASE("Data is refused while a replay could overwrite it", "[journal]") {
  MemoryDevice device = fresh_volume(facts());
  Open(device, facts()).commit(some_block, 1, 0x11);  // not closed
  Open open(device, facts());
  CHECK_THROWS_WITH(open.journal.write_data(0, filled(4096, 1)), Contains("run fsck.ocfs2"));
}

TEST_CASE("A log that has checksums of version 1 gets them", "[journal]") {
  MemoryDevice device =
      fresh_volume(facts(), journal_feature::async_commit, journal_feature::compat_checksum);
  Open(device, facts()).commit(some_block, 600, 5);
  CHECK(reader_of(device).scan().transactions.size() == 1);
  Pencil(device).damage(500, 0);
  CHECK(reader_of(device).scan().transactions.empty());  // with async commit: its data had not arrived
}

TEST_CASE("After the device failed nothing more is committed, and a replay tells what happened",
          "[journal]") {
  MemoryDevice good = fresh_volume(facts());
  FaultyDevice device(good);
  const Call call = GENERATE(Call::write, Call::flush);
  const u64 nth = GENERATE(1, 2, 3);
  Open open(device, facts());
  open.commit(some_block, 2, 1);
  device.fail_call(call, nth, EIO);
  bool failed = false;
  for (u8 round = 2; round <= 4 && !failed; ++round) try {
      open.commit(some_block, 2, round);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::io);
      failed = true;
    }
  REQUIRE(failed);
  CHECK_THROWS_WITH(open.commit(some_block, 2, 9), Contains("nothing more is written"));
  CHECK_THROWS_AS(open.journal.close(), Error);
  recover(good, facts());
  CHECK(content(good, facts(), some_block, 2).value_or(0) >= 1);
}

TEST_CASE("An error number in the log stays until it is cleared", "[journal]") {
  MemoryDevice device = fresh_volume(facts());
  JournalSuperBlock super = reader_of(device).super();
  super.error_number = static_cast<u32>(-5);
  Pencil(device).write_super(super);
  Open open(device, facts());
  CHECK(open.journal.reader().error_number() == -5);
  open.commit(some_block, 1, 1);
  open.journal.close();
  CHECK(reader_of(device).error_number() == -5);
  open.journal.clear_error();
  CHECK(reader_of(device).error_number() == 0);
}

}  // namespace ocfs2::log_world
