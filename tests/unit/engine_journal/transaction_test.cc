// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/transaction.h"

#include <catch2/catch.hpp>

#include "engine/error.h"
#include "tests/unit/engine_journal/log_world.h"

namespace ocfs2::log_world {

using Catch::Contains;

namespace {

/// Remembers what it was given; fails when told to.
class Witness final : public WriteAhead {
 public:
  void commit(std::span<const BlockImage> blocks) override {
    if (failing) fail(ErrorKind::io, "no");
    for (const BlockImage& image : blocks)
      seen[image.block.value].assign(image.bytes.begin(), image.bytes.end());
    ++commits;
  }
  void write_data(u64 offset, ConstBytes bytes) override { data.emplace_back(offset, bytes.size()); }
  void zero_data(u64 offset, u64 length) override { data.emplace_back(offset, length); }
  std::vector<std::pair<u64, u64>> data;
  std::map<u64, std::vector<u8>> seen;
  u32 commits = 0;
  bool failing = false;
};

struct World {
  explicit World(Features features = {}) : volume(facts(12, features)), device(fresh_volume(volume)) {}

  BlockRef<Inode> inode() { return cache.read<Inode>(block_of(journal_inode)); }

  VolumeFacts volume;
  MemoryDevice device;
  BlockCache cache{device, volume};
  Witness witness;
  Transaction transaction{cache, witness};
};

}  // namespace

TEST_CASE("An edited block reaches the write-ahead and then the cache", "[transaction]") {
  World world;
  const BlockRef<Inode> before = world.inode();
  world.transaction.edit(before).uid = 1000;
  CHECK(world.inode()->uid == 0);
  CHECK(world.transaction.blocks() == 1);

  world.transaction.commit();

  CHECK(as<Inode>(ConstBytes(world.witness.seen.at(100))).uid == 1000);
  CHECK(world.inode()->uid == 1000);
  CHECK(world.transaction.blocks() == 0);
  world.transaction.commit();  // nothing more to do
  CHECK(world.witness.commits == 1);
}

TEST_CASE("A block edited twice is one copy", "[transaction]") {
  World world;
  world.transaction.edit(world.inode()).uid = 1000;
  world.transaction.edit(world.inode()).gid = 50;
  CHECK(world.transaction.edit(world.inode()).uid == 1000);
  CHECK(world.transaction.blocks() == 1);
}

TEST_CASE("A transaction sees its own changes, and nobody else does before the commit", "[transaction]") {
  World world;
  world.transaction.edit<Inode>(block_of(journal_inode)).uid = 1000;
  CHECK(world.transaction.read<Inode>(block_of(journal_inode))->uid == 1000);
  CHECK(world.inode()->uid == 0);
  world.transaction.forget(block_of(journal_inode));
  CHECK(world.transaction.read<Inode>(block_of(journal_inode))->uid == 0);
  CHECK(world.transaction.blocks() == 0);
}

TEST_CASE("A block that is two things at once is damage, not a mistake of ours", "[transaction]") {
  World world;
  world.transaction.edit<Inode>(block_of(journal_inode));
  CHECK_THROWS_WITH(world.transaction.read<ExtentBlock>(block_of(journal_inode)),
                    Contains("used as inode and as extent block"));
}

TEST_CASE("Data takes the place of what the cache and the transaction knew", "[transaction]") {
  World world;
  const BlockNo block = block_of(journal_inode);
  world.transaction.edit(world.inode()).uid = 1000;
  world.transaction.write_data(block, std::vector<u8>(100, 7));
  world.transaction.zero_data(block + 1, 2);
  CHECK(world.transaction.blocks() == 0);
  CHECK(world.witness.data == std::vector<std::pair<u64, u64>>{{100 * 4096, 100}, {101 * 4096, 8192}});
}

TEST_CASE("An aborted change never was", "[transaction]") {
  World world;
  world.transaction.edit(world.inode()).uid = 1000;
  world.transaction.abort();
  world.transaction.commit();
  CHECK(world.witness.commits == 0);
  CHECK(world.inode()->uid == 0);
}

TEST_CASE("A change that would leave a damaged block is refused by block, kind and field", "[transaction]") {
  World world;
  world.transaction.edit(world.inode()).block = 17;
  CHECK_THROWS_WITH(world.transaction.commit(), Contains("inode at block 100") &&
                                                    Contains("i_blkno must be 100 but is 17") &&
                                                    Contains("nothing was written"));
  CHECK(world.witness.commits == 0);
  CHECK(world.inode()->block == 100);
}

TEST_CASE("A change that could not be made safe is not shown to the cache", "[transaction]") {
  World world;
  world.witness.failing = true;
  world.transaction.edit(world.inode()).uid = 1000;
  CHECK_THROWS_AS(world.transaction.commit(), Error);
  CHECK(world.inode()->uid == 0);
}

TEST_CASE("Blocks are sealed as the volume has it", "[transaction]") {
  const bool metaecc = GENERATE(false, true);
  World world(metaecc ? feature::metaecc : Features{});
  world.transaction.edit(world.inode()).uid = 1000;
  world.transaction.commit();
  const std::vector<u8>& bytes = world.witness.seen.at(100);
  CHECK((as<Inode>(ConstBytes(bytes)).check.crc != 0) == metaecc);
  CHECK((!metaecc || verify_check(bytes, Inode::check_offset)));
}

TEST_CASE("A created block begins with zeros, whatever was there", "[transaction]") {
  World world;
  Inode& inode = world.transaction.create<Inode>(BlockNo(200));
  CHECK(inode.block == 0);
  inode.block = 200;
  CHECK(world.transaction.create<Inode>(BlockNo(200)).block == 200);  // the same copy
  world.transaction.edit(world.inode());
  CHECK(world.transaction.create<Inode>(block_of(journal_inode)).block == 0);  // freed, and used anew
}

}  // namespace ocfs2::log_world
