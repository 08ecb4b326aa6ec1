// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/extent.h"

#include <catch2/catch.hpp>

#include "tests/unit/ondisk/fixtures.h"

namespace ocfs2 {
using fixtures::Fields;

namespace {

/// A leaf with two records, at block 9000.
std::vector<u8> leaf_block() {
  std::vector<u8> block(4096);
  auto& leaf = as<ExtentBlock>(Bytes(block));
  stamp(leaf.signature, ExtentBlock::signature_text);
  leaf.fs_generation = fixtures::sample_volume().generation;
  leaf.block = 9000;
  leaf.suballoc_slot = 1;
  leaf.next_leaf = 9001;
  leaf.list.count = 252;
  leaf.list.used = 2;
  const auto records = ExtentList::records(ExtentBlock::list_bytes(Bytes(block)));
  records[0] = {.cpos = 10, .clusters = 5, .reserved = 0, .flags = 0, .block = 20000};
  records[1] = {.cpos = 15, .clusters = 1, .reserved = 0, .flags = ExtentRecord::refcounted, .block = 30000};
  return block;
}

Fields judge(ConstBytes block, const VolumeFacts& volume = fixtures::sample_volume()) {
  return fixtures::faults(ExtentBlock::kind, block, volume, 9000);
}

}  // namespace

TEST_CASE("an extent block", "[ondisk][extent]") {
  std::vector<u8> block = leaf_block();
  auto& leaf = as<ExtentBlock>(Bytes(block));
  CHECK(judge(block).empty());
  CHECK(clusters_in_leaf(ExtentBlock::list_bytes(ConstBytes(block))) == 6);
  SECTION("whose it is and where") {
    leaf.signature[0] = 'X';
    leaf.block = 9001;
    leaf.fs_generation = 0;
    leaf.suballoc_slot = 2;
    CHECK(judge(block) == Fields{"h_signature", "h_blkno", "h_fs_generation", "h_suballoc_slot"});
  }
  SECTION("neighbours outside the volume") {
    leaf.next_leaf = 1 << 20;
    leaf.suballoc_group = 1;
    CHECK(judge(block) == Fields{"h_suballoc_loc", "h_next_leaf_blk"});
  }
  SECTION("capacity") {
    leaf.list.count = 251;
    CHECK(judge(block) == Fields{"l_count"});
  }
  SECTION("order") {
    std::swap(ExtentList::records(ExtentBlock::list_bytes(Bytes(block)))[0],
              ExtentList::records(ExtentBlock::list_bytes(Bytes(block)))[1]);
    CHECK(judge(block) == Fields{"e_cpos"});
  }
  SECTION("above the leaves") {
    leaf.list.tree_depth = 1;
    CHECK(judge(block) == Fields{"h_next_leaf_blk"});
    leaf.next_leaf = 0;
    const auto children = ExtentList::children(ExtentBlock::list_bytes(Bytes(block)));
    children[0] = {.cpos = 0, .clusters = 100, .block = 9002};
    children[1] = {.cpos = 100, .clusters = 100000, .block = 9003};
    CHECK(judge(block).empty());
    children[1].cpos = 99;
    CHECK(judge(block) == Fields{"e_cpos"});
    children[1] = {.cpos = 100, .clusters = 1, .block = 0};
    CHECK(judge(block) == Fields{"e_blkno"});
  }
}

TEST_CASE("which rules hold in an extent block depends on the trees that there can be", "[ondisk][extent]") {
  std::vector<u8> block = leaf_block();
  const auto records = ExtentList::records(ExtentBlock::list_bytes(Bytes(block)));
  records[0].clusters = 7;  // reaches over the next key
  CHECK(judge(block).empty());
  VolumeFacts volume = fixtures::sample_volume();
  volume.features = volume.features.without(feature::xattr);
  CHECK(judge(block, volume) == Fields{"e_cpos"});

  records[0].clusters = 5;
  volume = fixtures::sample_volume();
  volume.geometry.cluster_bits = 13;
  records[0].block = 20001;
  CHECK(judge(block, volume).empty());
  volume.features = volume.features.without(feature::refcount);
  CHECK(judge(block, volume) == Fields{"e_blkno"});
}

TEST_CASE("no count leads beyond the bytes of a list", "[ondisk][extent]") {
  std::vector<u8> list(16 + 3 * 16 + 5);
  as<ExtentList>(Bytes(list)).count = 60000;
  as<ExtentList>(Bytes(list)).used = 60000;
  CHECK(ExtentList::records(ConstBytes(list)).size() == 3);
  CHECK(ExtentList::children(ConstBytes(list)).size() == 3);
  CHECK(ExtentList::record_slots(list).size() == 3);
  CHECK(ExtentList::records(ConstBytes(list).first(10)).empty());
  as<ExtentList>(Bytes(list)).count = 2;
  CHECK(ExtentList::records(ConstBytes(list)).size() == 2);
}

}  // namespace ocfs2
