// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/index.h"

#include <catch2/catch.hpp>

#include "tests/unit/ondisk/fixtures.h"

namespace ocfs2 {
using fixtures::Fields;

namespace {

constexpr std::array<u32, 4> plain_seeds{0x11111111, 0x22222222, 0x33333333, 0x44444444};

NameHash sample_hash(std::string_view name) { return index_hash(name, fixtures::sample_volume()); }

/// The beginning of a leaf of the sample volume, block 11817.
std::vector<u8> leaf_block() {
  std::vector<u8> block = fixtures::block_with({
      {0x00, "44 58 4c 45 41 46 31 00"},
      {0x10, "29 2e 00 00 00 00 00 00 44 68 55 24"},
      {0x28, "00 00 00 00 fd 00 03 00"},
      {0x30, "00 00 00 00 00 00 00 00 26 2e 00 00 00 00 00 00"},
      {0x40, "00 00 00 00 00 00 00 00 26 2e 00 00 00 00 00 00"},
      {0x50, "91 45 38 0c c7 fe 81 e4 26 2e 00 00 00 00 00 00"},
  });
  return block;
}

Fields judge_root(ConstBytes block) {
  return fixtures::faults(IndexRoot::kind, block, fixtures::sample_volume(), 8722);
}
Fields judge_leaf(ConstBytes block) {
  return fixtures::faults(IndexLeaf::kind, block, fixtures::sample_volume(), 11817);
}

}  // namespace

TEST_CASE("the hash of names with the sample volume's seeds", "[ondisk][index]") {
  CHECK(sample_hash("a") == NameHash{0x70534AB3, 0xA1869CC8});
  CHECK(sample_hash("lost+found") == NameHash{0x5323344B, 0xD213550D});
  CHECK(sample_hash("abcdefghijklmnop") == NameHash{0x1C5C2C0D, 0x09182730});
  CHECK(sample_hash("abcdefghijklmnopq") == NameHash{0x7E8ABA82, 0x78AE067A});
  CHECK(sample_hash("file-00001-abc") == NameHash{0xD777544E, 0x676B9B0B});
  CHECK(sample_hash("file-00000-a much longer name to use up space quickly") ==
        NameHash{0xF0F653CD, 0x985535BE});
  CHECK(sample_hash("\xC3\xA9t\xC3\xA9") == NameHash{0xC9304053, 0x7A89EE23});
  CHECK(sample_hash(".") == NameHash{});
  CHECK(sample_hash("..") == NameHash{});
}

TEST_CASE("the hash of names with other seeds", "[ondisk][index]") {
  CHECK(index_hash("a", plain_seeds) == NameHash{0x1495F16A, 0x7C18B786});
  CHECK(index_hash("lost+found", plain_seeds) == NameHash{0x5E05EBA5, 0x510923E3});
  CHECK(index_hash("abcdefghijklmnopqrstuvwxyz", plain_seeds) == NameHash{0x2F8DC189, 0x6B14C9EE});
}

TEST_CASE("bytes from 0x80 on hash by the sign of the writer's char", "[ondisk][index]") {
  CHECK(index_hash("\x80", plain_seeds, CharSign::plain_signed) == NameHash{0xA95EC69E, 0xBE32B6DB});
  CHECK(index_hash("\x80", plain_seeds, CharSign::plain_unsigned) == NameHash{0x5884BB87, 0x632CD6E4});
  CHECK(index_hash("plain", plain_seeds, CharSign::plain_unsigned) == index_hash("plain", plain_seeds));
}

TEST_CASE("the index root of a real volume", "[ondisk][index]") {
  const std::vector<u8> block = fixtures::index_root();
  CHECK(judge_root(block).empty());
  const auto& root = as<IndexRoot>(ConstBytes(block));
  CHECK_FALSE(root.is_inline());
  CHECK(root.clusters == 4);
  CHECK(root.entries == 602);
  CHECK(root.directory_inode == 10792);
  CHECK(root.free_block == 11814);
  const auto records = ExtentList::records(IndexRoot::list_bytes(ConstBytes(block)));
  REQUIRE(records.size() == 4);
  CHECK(records[1].cpos == 0x49E2EB58);
  CHECK(records[3].block == 11822);
}

TEST_CASE("damage in an index root", "[ondisk][index]") {
  std::vector<u8> block = fixtures::index_root();
  auto& root = as<IndexRoot>(Bytes(block));
  SECTION("whose it is and where") {
    root.signature[0] = 'X';
    root.block = 1;
    root.fs_generation = 0;
    root.directory_inode = 0;
    CHECK(judge_root(block) == Fields{"dr_signature", "dr_blkno", "dr_fs_generation", "dr_dir_blkno"});
  }
  SECTION("flags and references") {
    root.flags = 2;
    root.free_block = 1 << 20;
    root.suballoc_slot = 9;
    CHECK(judge_root(block) == Fields{"dr_suballoc_slot", "dr_flags", "dr_free_blk"});
  }
  SECTION("the tree") {
    root.clusters = 5;
    root.last_extent_block = 9000;
    root.extents.count = 200;
    CHECK(judge_root(block) == Fields{"l_count", "dr_last_eb_blk", "dr_clusters"});
  }
}

TEST_CASE("an index root that holds the entries itself", "[ondisk][index]") {
  std::vector<u8> block = fixtures::index_root();
  auto& root = as<IndexRoot>(Bytes(block));
  root.flags = IndexRoot::inline_entries;
  root.clusters = 0;
  root.entry_list = {.reserved = 0, .count = 243, .used = 2};
  const auto slots = IndexEntryList::slots(IndexRoot::list_bytes(Bytes(block)));
  REQUIRE(slots.size() == 243);
  slots[0] = {.major_hash = 0, .minor_hash = 0, .entry_block = 11814};
  slots[1] = {.major_hash = 9, .minor_hash = 1, .entry_block = 11814};
  CHECK(judge_root(block).empty());
  slots[1].entry_block = 0;
  CHECK(judge_root(block) == Fields{"dx_dirent_blk"});
  slots[1].entry_block = 11814;
  root.entry_list.count = 253;
  CHECK(judge_root(block) == Fields{"de_count"});
}

TEST_CASE("an index leaf", "[ondisk][index]") {
  std::vector<u8> block = leaf_block();
  auto& leaf = as<IndexLeaf>(Bytes(block));
  CHECK(judge_leaf(block).empty());
  const auto entries = IndexEntryList::entries(IndexLeaf::list_bytes(ConstBytes(block)));
  REQUIRE(entries.size() == 3);
  CHECK(entries[2].hash() == NameHash{0x0C384591, 0xE481FEC7});
  CHECK(entries[2].entry_block == 11814);
  SECTION("an empty leaf is legal") {
    leaf.list.used = 0;
    CHECK(judge_leaf(block).empty());
  }
  SECTION("capacity") {
    leaf.list.count = 254;
    CHECK(judge_leaf(block) == Fields{"de_count"});
    leaf.list.count = 253;
    leaf.list.used = 254;
    CHECK(judge_leaf(block).front() == "de_num_used");
  }
  SECTION("whose it is and where") {
    leaf.signature[1] = 'x';
    leaf.block = 3;
    leaf.fs_generation = 1;
    CHECK(judge_leaf(block) == Fields{"dl_signature", "dl_blkno", "dl_fs_generation"});
  }
}

TEST_CASE("which leaf of a record a hash belongs to", "[ondisk][index]") {
  const Geometry geometry{.block_bits = 10, .cluster_bits = 12, .clusters = 100000};
  const ExtentRecord record{.cpos = 1000, .clusters = 3, .reserved = 0, .flags = 0, .block = 4000};
  CHECK(index_leaf_block(record, {1000, 0}, geometry) == BlockNo(4000));
  CHECK(index_leaf_block(record, {1001, 7}, geometry) == BlockNo(4007));
  CHECK(index_leaf_block(record, {1002, 1}, geometry) == BlockNo(4009));
  CHECK(index_leaf_block(record, {0xFFFFFFFF, 2}, geometry) == BlockNo(4010));
}

}  // namespace ocfs2
