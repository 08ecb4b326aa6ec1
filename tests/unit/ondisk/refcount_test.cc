// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/refcount.h"

#include <catch2/catch.hpp>

#include "tests/unit/ondisk/fixtures.h"

namespace ocfs2 {
using fixtures::Fields;

namespace {

Fields judge(ConstBytes block) {
  return fixtures::faults(RefcountBlock::kind, block, fixtures::sample_volume(), 8723);
}

}  // namespace

TEST_CASE("the refcount root of a real volume", "[ondisk][refcount]") {
  const std::vector<u8> block = fixtures::refcount_root();
  CHECK(judge(block).empty());
  const auto& root = as<RefcountBlock>(ConstBytes(block));
  CHECK(root.inodes == 2);
  CHECK(root.generation == 0x679C7348);
  const auto records = RefcountList::records(RefcountBlock::list_bytes(ConstBytes(block)));
  REQUIRE(records.size() == 2);
  CHECK(records[0].cluster == 11828);
  CHECK(records[0].references == 2);
  CHECK(records[1].end() == 11836);
}

TEST_CASE("damage in a refcount block", "[ondisk][refcount]") {
  std::vector<u8> block = fixtures::refcount_root();
  auto& node = as<RefcountBlock>(Bytes(block));
  const auto records = RefcountList::slots(RefcountBlock::list_bytes(Bytes(block)));
  SECTION("whose it is and where") {
    node.signature[0] = 'X';
    node.block = 1;
    node.fs_generation = 0;
    node.suballoc_slot = 2;
    CHECK(judge(block) == Fields{"rf_signature", "rf_blkno", "rf_fs_generation", "rf_suballoc_slot"});
  }
  SECTION("flags that exclude each other, parents that do not fit") {
    node.flags = 3;
    CHECK(judge(block).front() == "rf_flags");
    node.flags = RefcountBlock::leaf;
    CHECK(judge(block) == Fields{"rf_parent"});
    node.parent = 8800;
    CHECK(judge(block).empty());
    node.flags = 0;
    CHECK(judge(block) == Fields{"rf_parent"});
  }
  SECTION("capacity") {
    node.records.count = 246;
    CHECK(judge(block) == Fields{"rl_count"});
  }
  SECTION("records") {
    records[1].cluster = 11832;
    CHECK(judge(block) == Fields{"r_cpos"});
    records[1].cluster = 76799;
    CHECK(judge(block) == Fields{"r_cpos"});
    records[1].cluster = ~u64{0};
    CHECK(judge(block) == Fields{"r_cpos"});
    records[1] = {.cluster = 12000, .clusters = 0, .references = 0};
    CHECK(judge(block) == Fields{"r_clusters", "r_refcount"});
  }
  SECTION("a root without records is legal") {
    node.records.used = 0;
    CHECK(judge(block).empty());
  }
}

TEST_CASE("a refcount tree addresses single blocks", "[ondisk][refcount]") {
  std::vector<u8> block = fixtures::refcount_root();
  auto& node = as<RefcountBlock>(Bytes(block));
  std::fill(block.begin() + RefcountBlock::list_offset, block.end(), 0);
  node.flags = RefcountBlock::tree;
  node.leaf_blocks = 1;
  node.extents.count = 247;
  node.extents.used = 1;
  ExtentList::records(RefcountBlock::list_bytes(Bytes(block)))[0] = {
      .cpos = 0, .clusters = 1, .reserved = 0, .flags = 0, .block = 8801};
  VolumeFacts volume = fixtures::sample_volume();
  volume.geometry.cluster_bits = 15;
  CHECK(fixtures::faults(RefcountBlock::kind, block, volume, 8723).empty());
  node.leaf_blocks = 2;
  CHECK(judge(block) == Fields{"rf_clusters"});
}

}  // namespace ocfs2
