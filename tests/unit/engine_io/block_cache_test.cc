// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/block_cache.h"

#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/io/memory_device.h"
#include "ondisk/check.h"
#include "tests/worlds/faulty_device.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::Message;

constexpr u32 block_size = 1024;

/// A structure as plain as can be: it says where it lies.
struct Note {
  BlockCheck check;
  le64 block;
  le64 value;
  static const BlockKind kind;
};
const BlockKind Note::kind{"note", 0, [](ConstBytes block, const Place& place, Judgement& judgement) {
                             judgement.equal("n_blkno", as<Note>(block).block, place.block.value);
                             judgement.holds(as<Note>(block).value != 13, "n_value", "must not be unlucky",
                                             13);
                           }};
/// The same bytes understood differently.
struct OtherNote : Note {
  static const BlockKind kind;
};
const BlockKind OtherNote::kind{"other note", 0, nullptr};
/// A region of four blocks, as an xattr bucket.
struct Bucket : Note {
  static const BlockKind kind;
};
const BlockKind Bucket::kind{"bucket", -8, nullptr, nullptr, 4096};

VolumeFacts facts_with(Features features) {
  return {.geometry = {.block_bits = 10, .cluster_bits = 12, .clusters = 256}, .features = features};
}

std::vector<u8> note_bytes(u64 block, u64 value, const VolumeFacts& facts) {
  std::vector<u8> bytes(block_size);
  as<Note>(Bytes(bytes)).block = block;
  as<Note>(Bytes(bytes)).value = value;
  seal(Note::kind, facts, bytes);
  return bytes;
}

/// A device of 1 MiB on which every block is a note whose value is ten times its number, and a cache of 16
/// blocks.
struct World {
  VolumeFacts facts;
  MemoryDevice memory{1 << 20, "disk"};
  FaultyDevice device{memory};
  BlockCache cache;

  explicit World(Features features = {})
      : facts(facts_with(features)), cache(device, facts, 16 * block_size) {
    for (u64 block = 0; block < 1024; ++block) put(block, note_bytes(block, 10 * block, facts));
  }
  void put(u64 block, ConstBytes bytes) { memory.write(TestKey{}, block * block_size, bytes); }
  void flip_bit(u64 byte) {
    u8 content = 0;
    memory.read(byte, {&content, 1});
    content ^= 4;
    memory.write(TestKey{}, byte, {&content, 1});
  }
  u64 reads() const { return device.calls(Call::read); }
};

TEST_CASE("a block is read once and judged", "[io][cache]") {
  World world;
  const auto note = world.cache.read<Note>(BlockNo(7));
  CHECK(note->value == 70);
  CHECK(world.cache.read<Note>(BlockNo(7))->value == 70);
  CHECK(world.reads() == 1);
}

TEST_CASE("what the judge refuses is named with block, device, field and values", "[io][cache]") {
  World world;
  world.put(9, note_bytes(17, 0, world.facts));
  world.put(10, note_bytes(11, 13, world.facts));
  world.put(11, note_bytes(11, 13, world.facts));
  CHECK_THROWS_MATCHES(world.cache.read<Note>(BlockNo(9)), Error,
                       Message("block 9 of disk: note: n_blkno must be 9 but is 17"));
  CHECK_THROWS_MATCHES(world.cache.read<Note>(BlockNo(10)), Error,
                       Message("block 10 of disk: note: n_blkno must be 10 but is 11 (and 1 more)"));
  CHECK_THROWS_MATCHES(world.cache.read<Note>(BlockNo(11)), Error,
                       Message("block 11 of disk: note: n_value: must not be unlucky (found 13)"));

  world.put(9, note_bytes(9, 0, world.facts));
  CHECK_NOTHROW(world.cache.read<Note>(BlockNo(9)));  // the refused bytes were not kept
}

TEST_CASE("a flipped bit is mended in memory, two are refused", "[io][cache]") {
  World world(feature::metaecc);
  world.flip_bit(5 * block_size + 500);
  world.flip_bit(6 * block_size + 500);
  world.flip_bit(6 * block_size + 600);

  CHECK(world.cache.read<Note>(BlockNo(4))->value == 40);
  CHECK(world.cache.mended_blocks() == 0);
  CHECK(world.cache.read<Note>(BlockNo(5)).bytes()[500] == 0);
  CHECK(world.cache.mended_blocks() == 1);
  CHECK_THROWS_MATCHES(
      world.cache.read<Note>(BlockNo(6)), Error, Catch::Matchers::Predicate<Error>([](const Error& error) {
        return error.kind() == ErrorKind::corrupt &&
               std::string(error.what()).starts_with("block 6 of disk: note: its checksum is 0x");
      }));
}

TEST_CASE("without metaecc the check fields mean nothing", "[io][cache]") {
  World world;
  std::vector<u8> bytes = note_bytes(5, 50, world.facts);
  as<Note>(Bytes(bytes)).check.crc = 12345;
  world.put(5, bytes);
  CHECK(world.cache.read<Note>(BlockNo(5))->value == 50);
  seal(Note::kind, world.facts, bytes);
  CHECK(as<Note>(ConstBytes(bytes)).check.crc == 0);
}

TEST_CASE("the cache forgets the least recently used, but never what somebody holds", "[io][cache]") {
  World world;
  const auto held = world.cache.read<Note>(BlockNo(0));
  const auto* address = held.bytes().data();
  for (u64 block = 1; block <= 100; ++block) {
    world.cache.read<Note>(BlockNo(1));  // used again and again
    if (block > 1) world.cache.read<Note>(BlockNo(block));
  }
  REQUIRE(world.reads() == 101);

  CHECK(world.cache.read<Note>(BlockNo(0)).bytes().data() == address);
  world.cache.read<Note>(BlockNo(1));
  world.cache.read<Note>(BlockNo(100));
  CHECK(world.reads() == 101);
  world.cache.read<Note>(BlockNo(50));
  CHECK(world.reads() == 102);
}

TEST_CASE("what was held beyond the budget is given back later", "[io][cache]") {
  World world;
  {
    std::vector<BlockRef<Note>> held;
    for (u64 block = 0; block < 200; ++block) held.push_back(world.cache.read<Note>(BlockNo(block)));
    for (u64 block = 0; block < 200; ++block) CHECK(held[block]->value == 10 * block);
  }
  world.cache.read<Note>(BlockNo(500));
  const u64 before = world.reads();
  for (u64 block = 0; block < 180; ++block) world.cache.read<Note>(BlockNo(block));
  CHECK(world.reads() - before >= 180 - 16);  // no more than the budget was kept
}

TEST_CASE("prefetched blocks need no reading, and bad ones fail only when asked for", "[io][cache]") {
  World world(feature::metaecc);
  world.device.fail_reads_in(21 * block_size, block_size);
  world.flip_bit(22 * block_size + 100);
  const BlockNo wanted[] = {BlockNo(23), BlockNo(20), BlockNo(22),
                            BlockNo(21), BlockNo(20), BlockNo(99999999)};

  world.cache.prefetch(wanted);
  const u64 before = world.reads();

  CHECK(world.cache.read<Note>(BlockNo(20))->value == 200);
  CHECK(world.cache.read<Note>(BlockNo(22))->value == 220);
  CHECK(world.cache.mended_blocks() == 1);
  CHECK(world.cache.read<Note>(BlockNo(23))->value == 230);
  CHECK(world.reads() == before);
  CHECK_THROWS_AS(world.cache.read<Note>(BlockNo(21)), Error);
  CHECK_THROWS_MATCHES(
      world.cache.read<Note>(BlockNo(~u64{0})), Error,
      Catch::Matchers::Predicate<Error>([](const Error& error) { return error.kind() == ErrorKind::io; }));
}

TEST_CASE("committed bytes are seen by all who hold the block", "[io][cache]") {
  World world;
  const auto held = world.cache.read<Note>(BlockNo(3));
  world.cache.replace(BlockNo(3), Note::kind, note_bytes(3, 999, world.facts));
  CHECK(held->value == 999);
  CHECK(world.cache.read<Note>(BlockNo(3))->value == 999);
  world.cache.drop(BlockNo(3));
  CHECK(world.cache.read<Note>(BlockNo(3))->value == 30);
  world.cache.drop_all();
  CHECK(world.cache.read<Note>(BlockNo(3))->value == 30);
  CHECK(held->value == 999);
}

TEST_CASE("a block asked for as another kind is judged as that, too", "[io][cache]") {
  World world;
  world.put(9, note_bytes(17, 0, world.facts));
  const auto other = world.cache.read<OtherNote>(BlockNo(9));
  CHECK_THROWS_AS(world.cache.read<Note>(BlockNo(9)), Error);
  CHECK(world.cache.read<OtherNote>(BlockNo(9)).bytes().data() == other.bytes().data());
  CHECK(world.reads() == 1);
}

TEST_CASE("a region of several blocks and its blocks do not contradict each other", "[io][cache]") {
  World world;
  CHECK(region_bytes(Bucket::kind, world.facts.geometry) == 4096);
  CHECK(world.cache.read<Bucket>(BlockNo(8)).bytes().size() == 4096);

  world.cache.replace(BlockNo(10), Note::kind, note_bytes(10, 1, world.facts));
  world.put(10, note_bytes(10, 1, world.facts));
  CHECK(as<Note>(world.cache.read<Bucket>(BlockNo(8)).bytes().subspan(2 * block_size)).value == 1);

  world.cache.read<Note>(BlockNo(11));
  world.cache.replace(BlockNo(8), Bucket::kind, std::vector<u8>(4096, 7));
  world.put(11, note_bytes(11, 2, world.facts));
  CHECK(world.cache.read<Note>(BlockNo(11))->value == 2);
}

TEST_CASE("raw blocks are read as they are, inside the device only", "[io][cache]") {
  World world;
  CHECK(world.cache.read_raw(BlockNo(2), 3).size() == 3 * block_size);
  CHECK_THROWS_MATCHES(world.cache.read_raw(BlockNo(1023), 2), Error,
                       Message("disk: cannot read 2 blocks from block 1023: the device has only 1024"));
  CHECK_THROWS_AS(world.cache.read_raw(BlockNo(2), ~u64{0}), Error);
}

}  // namespace
}  // namespace ocfs2
