// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ledgers against the simplest thing that could do the same.
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

#include "engine/check/block_ledger.h"
#include "engine/check/cluster_ledger.h"
#include "engine/check/usage.h"
#include "engine/error.h"

namespace ocfs2 {
namespace {

BitRun next_run_of(const std::vector<bool>& model, u64 first, u64 end) {
  end = std::min<u64>(end, model.size());
  while (first < end && !model[first]) ++first;
  BitRun run{first, 0};
  while (first + run.count < end && model[first + run.count]) ++run.count;
  return run;
}

BitRun any_run(std::mt19937& dice, u64 bits) {
  const u64 first = dice() % (bits + 10);
  const u64 most = dice() % 3 == 0 ? 2 * SparseBitmap::chunk_bits : 100;
  return {first, dice() % most};
}

TEST_CASE("a sparse bitmap holds what a plain one holds", "[check][ledger]") {
  const u64 bits = GENERATE(1, 1000, 32768, 100'000, 3 * 32768);
  std::mt19937 dice(7);
  SparseBitmap sparse(bits);
  std::vector<bool> model(bits);
  for (u32 step = 0; step < 300; ++step) {
    BitRun run = any_run(dice, bits);
    const u32 what = dice() % 3;
    if (what == 2) run.first = run.first / 8 * 8;
    std::vector<u8> source(divide_up(run.count, 8));
    for (u8& byte : source) byte = static_cast<u8>(step % 5 == 0 ? 0xFF : step % 5 == 1 ? 0 : dice());
    if (what == 0) sparse.set(run);
    if (what == 1) sparse.clear(run);
    if (what == 2) sparse.assign(run.first, source, run.count);
    for (u64 i = 0; i < run.count && run.first + i < bits; ++i)
      model[run.first + i] = what == 0 || (what == 2 && test_bit(source, i));

    const BitRun window = any_run(dice, bits);
    CHECK(sparse.next_run(window.first, window.first + window.count) ==
          next_run_of(model, std::min(window.first, std::min(window.first + window.count, bits)),
                      window.first + window.count));
    const u64 bit = dice() % bits;
    CHECK(sparse.test(bit) == model[bit]);
    REQUIRE(sparse.count() == static_cast<u64>(std::ranges::count(model, true)));
  }
  u64 at = 0;
  for (BitRun run; (run = sparse.next_run(at, bits)).count != 0; at = run.first + run.count)
    REQUIRE(run == next_run_of(model, at, bits));
}

TEST_CASE("what was claimed once is expected when its bits are set after all", "[check][ledger]") {
  ClusterLedger ledger(100);
  ledger.claim(ClusterNo(5), 3);
  ledger.claim(ClusterNo(6), 1);
  ledger.allow({5, 3});
  CHECK(ledger.next_unexpected(ClusterNo(), ClusterNo(100)) == BitRun{6, 1});
}

TEST_CASE("parts of a sparse bitmap that are all the same cost nothing", "[check][ledger]") {
  SparseBitmap bitmap(100'000);
  const u64 empty = bitmap.memory_bytes();
  bitmap.set({0, 50'000});
  CHECK(bitmap.memory_bytes() > empty);
  bitmap.set({50'000, 50'000});
  CHECK(bitmap.memory_bytes() == empty);
  bitmap.clear({99'999, 1});
  CHECK(bitmap.memory_bytes() > empty);
  for (u64 bit = 0; bit < 99'999; ++bit) bitmap.clear({bit, 1});
  CHECK(bitmap.memory_bytes() == empty);
  CHECK(bitmap.count() == 0);
}

TEST_CASE("a cluster ledger tells what nobody claimed from what nobody allocated", "[check][ledger]") {
  ClusterLedger ledger(1000);
  const std::vector<u8> used{0xFF, 0x0F};  // clusters 0 to 11
  ledger.record_allocated(ClusterNo(0), used, 16);

  ledger.claim(ClusterNo(2), 4);     // as it should be
  ledger.claim(ClusterNo(4), 3);     // 4 and 5 a second time
  ledger.claim(ClusterNo(11), 3);    // 12 and 13 are free
  ledger.claim(ClusterNo(13), 1);    // once more
  ledger.claim(ClusterNo(998), 10);  // beyond the end

  CHECK(ledger.next_unclaimed(ClusterNo(0), ClusterNo(1000)) == BitRun{0, 2});
  CHECK(ledger.next_unclaimed(ClusterNo(2), ClusterNo(1000)) == BitRun{7, 4});
  CHECK(ledger.next_unclaimed(ClusterNo(11), ClusterNo(1000)).count == 0);
  CHECK(ledger.next_unexpected(ClusterNo(0), ClusterNo(1000)) == BitRun{4, 2});
  CHECK(ledger.next_unexpected(ClusterNo(6), ClusterNo(1000)) == BitRun{12, 2});
  CHECK(ledger.next_unexpected(ClusterNo(14), ClusterNo(1000)) == BitRun{998, 2});
  CHECK(ledger.repeated(ClusterNo(13)));
  CHECK_FALSE(ledger.repeated(ClusterNo(12)));
  CHECK_FALSE(ledger.repeated(ClusterNo(4)));
}

TEST_CASE("random claims leave a cluster ledger as sets would be", "[check][ledger]") {
  constexpr u64 clusters = 70'000;
  std::mt19937 dice(3);
  ClusterLedger ledger(clusters);
  std::vector<u8> bitmap(clusters / 8);
  for (u8& byte : bitmap) byte = static_cast<u8>(dice());
  ledger.record_allocated(ClusterNo(0), bitmap, clusters);
  std::map<u64, u32> claims;
  for (u32 step = 0; step < 2000; ++step) {
    const u64 first = dice() % clusters;
    const u64 count = dice() % 200;
    ledger.claim(ClusterNo(first), count);
    for (u64 i = first; i < std::min(first + count, clusters); ++i) ++claims[i];
  }
  for (u64 i = 0; i < clusters; ++i) {
    const u32 surplus = claims[i] - std::min<u32>(claims[i], test_bit(bitmap, i));
    REQUIRE((ledger.next_unclaimed(ClusterNo(i), ClusterNo(i + 1)).count != 0) ==
            (test_bit(bitmap, i) && claims[i] == 0));
    REQUIRE((ledger.next_unexpected(ClusterNo(i), ClusterNo(i + 1)).count != 0) == (surplus > 0));
    REQUIRE(ledger.repeated(ClusterNo(i)) == (surplus > 1));
  }
}

TEST_CASE("a block ledger finds each block of each group, pieces or not", "[check][ledger]") {
  const std::vector<u8> bitmap{0x03, 0x80, 0x00};
  const GroupPiece whole[] = {{BlockNo(5000), 20, 0}};
  const GroupPiece scattered[] = {{BlockNo(300), 8, 0}, {BlockNo(9000), 4, 8}, {BlockNo(100), 8, 12}};
  BlockLedger ledger;
  ledger.add({.descriptor = BlockNo(5000), .allocator = InodeNo(7), .slot = 1, .bits = 20}, whole, bitmap);
  ledger.add({.descriptor = BlockNo(300), .allocator = InodeNo(8), .slot = 0, .bits = 20}, scattered, bitmap);
  ledger.seal();

  REQUIRE(ledger.groups().size() == 2);
  CHECK(ledger.groups()[0].descriptor == BlockNo(300));
  CHECK(ledger.pieces(0).size() == 3);
  CHECK(ledger.pieces(0)[2].first == BlockNo(100));
  std::set<u32> ordinals;
  u32 blocks = 0;
  for (u64 block = 0; block < 10'000; ++block) {
    const auto spot = ledger.find(BlockNo(block));
    const bool inside = (block >= 5000 && block < 5020) || (block >= 300 && block < 308) ||
                        (block >= 9000 && block < 9004) || (block >= 100 && block < 108);
    REQUIRE(spot.has_value() == inside);
    if (!spot) continue;
    ++blocks;
    CHECK(ledger.block_of(*spot) == BlockNo(block));
    CHECK(ledger.allocated(*spot) == (spot->bit < 2 || spot->bit == 15));
    CHECK(spot->ordinal < ledger.ordinals());
    ordinals.insert(spot->ordinal);
  }
  CHECK(ordinals.size() == blocks);

  const auto spot = *ledger.find(BlockNo(9003));
  CHECK(spot.bit == 11);
  CHECK(ledger.claim(spot));
  CHECK_FALSE(ledger.claim(spot));
  CHECK(ledger.claimed(spot));
  ledger.unclaim(spot);
  CHECK(ledger.claim(spot));
}

TEST_CASE("usage is summed up by owner, in whatever order it comes", "[check][usage]") {
  UsageTable table;
  std::map<u32, u64> expected;
  u32 id = 1;
  for (u32 batch = 0; batch < 40; ++batch) {
    std::map<u32, Usage> some;
    for (u32 i = 0; i < 500; ++i) {
      id = (id * 1103515245 + 12345) & 0x1FFF;
      some[id].space += i;
      some[id].inodes += 1;
      expected[id] += i;
    }
    table.add(some);
  }
  table[70'000].space = 5;  // nobody else's
  expected[70'000] = 5;
  const auto all = table.all();
  REQUIRE(all.size() == expected.size());
  auto next = expected.begin();
  u64 inodes = 0;
  for (const Usage& usage : all) {
    CHECK(std::pair(usage.id, usage.space) == std::pair(next->first, next->second));
    inodes += usage.inodes;
    ++next;
  }
  CHECK(inodes == 40 * 500);
  CHECK(table.find(70'000)->space == 5);
  CHECK(table.find(69'999) == nullptr);
}

}  // namespace
}  // namespace ocfs2
