// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/replayed_view.h"

#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/journal/slot_journal.h"
#include "tests/unit/engine_journal/log_world.h"
#include "tests/worlds/faulty_device.h"

namespace ocfs2::log_world {
namespace {

using Catch::Contains;

struct Kind {
  std::string_view name;
  u32 block_bits = 12;
  u32 incompat = 0, compat = 0;
  std::function<void(Pencil&, u32 block_size)> write{};
};

std::vector<u8> with_magic(u32 block_size, u8 byte) {
  std::vector<u8> bytes = filled(block_size, byte);
  as<be32>(Bytes(bytes)) = journal_magic;
  return bytes;
}

void two_transactions(Pencil& pencil, u32 block_size) {
  pencil.begin(2, 10)
      .log({{200, filled(block_size, 1)}, {201, filled(block_size, 2)}, {400, with_magic(block_size, 3)}})
      .commit()
      .log({{201, filled(block_size, 4)}, {202, with_magic(block_size, 5)}})
      .commit();
}

const Kind kinds[] = {
    {.name = "plain", .write = two_transactions},
    {.name = "small blocks", .block_bits = 9, .write = two_transactions},
    {.name = "64-bit tags", .incompat = journal_feature::wide_blocks, .write = two_transactions},
    {.name = "checksums v1", .compat = journal_feature::compat_checksum, .write = two_transactions},
    {.name = "checksums v2", .incompat = journal_feature::checksum_v2, .write = two_transactions},
    {.name = "checksums v3", .incompat = journal_feature::checksum_v3, .write = two_transactions},
    {.name = "revokes",
     .incompat = journal_feature::revoke,
     .write =
         [](Pencil& pencil, u32 size) {
           two_transactions(pencil, size);
           pencil.revoke({200, 201}).log({{201, filled(size, 9)}}).commit();
         }},
    {.name = "wrapped round",
     .write =
         [](Pencil& pencil, u32 size) {
           pencil.begin(log_blocks - 3, 7).log({{200, filled(size, 1)}, {201, filled(size, 2)}}).commit();
           pencil.log({{300, filled(size, 3)}}).commit();
         }},
    {.name = "a torn end",
     .write =
         [](Pencil& pencil, u32 size) {
           two_transactions(pencil, size);
           pencil.log({{200, filled(size, 9)}});
         }},
    {.name = "async commit, torn",
     .incompat = journal_feature::async_commit,
     .compat = journal_feature::compat_checksum,
     .write =
         [](Pencil& pencil, u32 size) {
           two_transactions(pencil, size);
           pencil.log({{200, filled(size, 9)}}).commit(2000).damage(pencil.last_descriptor + 1, 0);
         }},
};

struct World {
  explicit World(const Kind& kind)
      : volume(facts(kind.block_bits)), block_size(volume.geometry.block_size()) {
    device = fresh_volume(volume, kind.incompat, kind.compat);
    const auto noise = filled(block_size, 0xAA);
    for (u64 block = 200; block < 500; ++block) device.write(TestKey{}, block * block_size, noise);
    Pencil pencil(device, block_size, kind.incompat, kind.compat);
    kind.write(pencil, block_size);
  }
  void replay_for_real() {
    std::vector<u8> inode = block_on(device, block_size, block_of(journal_inode));
    as<Inode>(Bytes(inode)).journal.flags |= JournalState::dirty;
    device.write(TestKey{}, journal_inode.value * block_size, inode);
    BlockCache cache(device, volume);
    SlotJournal journal(cache, journal_inode, log_map(), other_journal(), "journal:0000",
                        [] { return u64{0}; });
    journal.replay(journal.reader().scan());
  }

  VolumeFacts volume;
  u32 block_size;
  MemoryDevice device{0};
};

void show_log(ReplayedView& view, BlockDevice& device, u32 block_size) {
  JournalReader reader = reader_of(device, block_size);
  view.add(reader, reader.scan());
}

std::vector<u8> all_of(BlockDevice& device, u64 from, u64 bytes) {
  std::vector<u8> content(bytes);
  device.read(from, content);
  return content;
}

}  // namespace

TEST_CASE("A view shows what a replay makes of the volume, and writes nothing", "[journal][view]") {
  for (const Kind& kind : kinds) {
    INFO(kind.name);
    World world(kind);
    const MemoryDevice before = world.device;
    ReplayedView view(world.device, world.block_size);
    show_log(view, world.device, world.block_size);
    REQUIRE(view.blocks() > 0);
    const u64 from = some_block.value * world.block_size;
    const u64 bytes = 400 * world.block_size;
    const std::vector<u8> shown = all_of(view, from, bytes);
    CHECK(world.device.same_content(before));
    REQUIRE(shown != all_of(world.device, from, bytes));

    world.replay_for_real();

    CHECK(shown == all_of(world.device, from, bytes));
  }
}

TEST_CASE("A view is read in pieces of any size, one by one or together", "[journal][view]") {
  World world(kinds[0]);
  ReplayedView view(world.device, world.block_size);
  show_log(view, world.device, world.block_size);
  const u64 from = 199 * world.block_size;
  const std::vector<u8> whole = all_of(view, from, 300 * world.block_size);

  for (const u64 step : {1u, 3u, 511u, 512u, 4095u, 4097u, 10000u}) {
    const u64 length = step < 512 ? 12 * world.block_size : whole.size();
    std::vector<u8> one_by_one(length), together(length);
    std::vector<ReadRequest> requests;
    for (u64 at = 0; at < length; at += step) {
      const u64 size = std::min(step, length - at);
      view.read(from + at, Bytes(one_by_one).subspan(at, size));
      requests.push_back({from + at, Bytes(together).subspan(at, size)});
    }
    view.read_many(requests);
    const std::vector<u8> expected(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    CHECK(one_by_one == expected);
    CHECK(together == expected);
  }
}

TEST_CASE("Of two logs the one added last counts", "[journal][view]") {
  World first(kinds[0]);
  ReplayedView view(first.device, 4096);
  show_log(view, first.device, 4096);
  Pencil(first.device).begin(500, 90).log({{201, filled(4096, 0x77)}}).commit();
  show_log(view, first.device, 4096);
  CHECK(block_on(view, 4096, BlockNo(201)) == filled(4096, 0x77));
  CHECK(block_on(view, 4096, BlockNo(200)) == filled(4096, 1));
}

TEST_CASE("A view of a damaged log is refused, and one that the device cannot read fails",
          "[journal][view]") {
  World world({.name = "", .compat = journal_feature::compat_checksum, .write = two_transactions});
  ReplayedView view(world.device, 4096);
  Pencil(world.device).damage(3, 100);
  CHECK_THROWS_WITH(show_log(view, world.device, 4096), Contains("wrong checksum"));

  World other(kinds[0]);
  FaultyDevice faulty(other.device);
  ReplayedView shown(faulty, 4096);
  show_log(shown, faulty, 4096);
  faulty.fail_reads_in(log_map().at(3).value * 4096, 4096);
  std::vector<u8> bytes(4096);
  CHECK_THROWS_AS(shown.read(200 * 4096, bytes), Error);
  ReadRequest requests[] = {{200 * 4096, bytes}};
  shown.read_many(requests);
  CHECK(requests[0].error == EIO);
}

TEST_CASE("A view cannot be written", "[journal][view]") {
  World world(kinds[0]);
  ReplayedView view(world.device, 4096);
  const std::vector<u8> bytes(4096);
  CHECK_THROWS_WITH(view.write(TestKey{}, 0, bytes), Contains("cannot be changed"));
  CHECK_THROWS_AS(view.zero(TestKey{}, 0, 4096), Error);
  CHECK_FALSE(view.discard(TestKey{}, 0, 4096));
}

}  // namespace ocfs2::log_world
