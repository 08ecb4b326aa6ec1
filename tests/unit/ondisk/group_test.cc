// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/group.h"

#include <catch2/catch.hpp>

#include "ondisk/bitmap.h"
#include "tests/unit/ondisk/fixtures.h"

namespace ocfs2 {
using fixtures::Fields;

namespace {

Fields judge(ConstBytes block, u64 at, const VolumeFacts& volume = fixtures::sample_volume()) {
  return fixtures::faults(GroupDescriptor::kind, block, volume, at);
}

/// A group of 1024 blocks in three pieces of 512, 256 and 256 blocks.
std::vector<u8> scattered_group() {
  std::vector<u8> block = fixtures::extent_group();
  auto& list = as<ExtentList>(GroupDescriptor::pieces(Bytes(block)));
  list.count = 235;
  list.used = 3;
  const auto pieces = ExtentList::records(GroupDescriptor::pieces(Bytes(block)));
  pieces[0] = {.cpos = 0, .clusters = 512, .reserved = 0, .flags = 0, .block = 8721};
  pieces[1] = {.cpos = 512, .clusters = 256, .reserved = 0, .flags = 0, .block = 20000};
  pieces[2] = {.cpos = 768, .clusters = 256, .reserved = 0, .flags = 0, .block = 15000};
  return block;
}

}  // namespace

TEST_CASE("groups of a real volume", "[ondisk][group]") {
  const std::vector<u8> clusters = fixtures::first_group();
  CHECK(judge(clusters, 3).empty());
  const auto& group = as<GroupDescriptor>(ConstBytes(clusters));
  CHECK(group.bitmap_bytes == 4032);
  CHECK(group.bits == 32256);
  CHECK(group.free_bits == 20442);
  CHECK(group.parent_inode == 11);

  const std::vector<u8> blocks = fixtures::extent_group();
  CHECK(judge(blocks, 8721).empty());
  CHECK_FALSE(GroupDescriptor::discontiguous(blocks));
  CHECK(GroupDescriptor::bitmap(ConstBytes(blocks)).size() == 256);
}

TEST_CASE("a system inode group may have a bitmap of either size", "[ondisk][group]") {
  std::vector<u8> block = fixtures::extent_group();
  auto& group = as<GroupDescriptor>(Bytes(block));
  group.block = 4;
  group.bits = 269;
  group.free_bits = 243;
  group.parent_inode = 8;
  group.bitmap_bytes = 4032;
  set_bits(GroupDescriptor::bitmap(Bytes(block)), 0, 26);
  CHECK(judge(block, 4).empty());
  CHECK(compute_check(block, 0x30).crc == 0xCD3CB89D);
  CHECK(compute_check(block, 0x30).ecc == 0x00D4);
  group.bitmap_bytes = 256;
  CHECK(judge(block, 4).empty());
}

TEST_CASE("damage in a group", "[ondisk][group]") {
  std::vector<u8> block = fixtures::first_group();
  auto& group = as<GroupDescriptor>(Bytes(block));
  SECTION("whose it is and where") {
    group.signature[0] = 'X';
    group.block = 4;
    group.generation = 0;
    group.parent_inode = 0;
    CHECK(judge(block, 3) == Fields{"bg_signature", "bg_blkno", "bg_generation", "bg_parent_dinode"});
  }
  SECTION("a chain that no list has") {
    group.chain = 243;
    CHECK(judge(block, 3) == Fields{"bg_chain"});
  }
  SECTION("a next group that cannot be") {
    group.next_group = 3;
    CHECK(judge(block, 3) == Fields{"bg_next_group"});
    group.next_group = 80000;
    CHECK(judge(block, 3) == Fields{"bg_next_group"});
  }
  SECTION("more room than the block, more bits than room") {
    group.bitmap_bytes = 4033;
    CHECK(judge(block, 3) == Fields{"bg_size"});
    group.bitmap_bytes = 100;
    CHECK(judge(block, 3).front() == "bg_bits");
  }
  SECTION("a count of free bits that is not the bitmap's") {
    group.free_bits -= 1;
    CHECK(judge(block, 3) == Fields{"bg_free_bits_count"});
  }
  SECTION("a first bit that is free") {
    clear_bit(GroupDescriptor::bitmap(Bytes(block)), 0);
    group.free_bits += 1;
    CHECK(judge(block, 3) == Fields{"bg_bitmap"});
  }
  SECTION("no bits") {
    group.bits = 0;
    group.free_bits = 0;
    CHECK(judge(block, 3) == Fields{"bg_bits"});
  }
}

TEST_CASE("any hint about the longest free run is accepted", "[ondisk][group]") {
  std::vector<u8> block = fixtures::first_group();
  as<GroupDescriptor>(Bytes(block)).contig_free_bits = 12345;
  CHECK(judge(block, 3).empty());
}

TEST_CASE("the blocks of a group in one piece", "[ondisk][group]") {
  const std::vector<u8> block = fixtures::extent_group();
  CHECK(GroupDescriptor::block_of_bit(block, 0, 1) == BlockNo(8721));
  CHECK(GroupDescriptor::block_of_bit(block, 1023, 1) == BlockNo(9744));
  CHECK_FALSE(GroupDescriptor::block_of_bit(block, 1024, 1));
  CHECK(GroupDescriptor::bit_of_block(block, BlockNo(8725), 1) == 4u);
  CHECK_FALSE(GroupDescriptor::bit_of_block(block, BlockNo(8720), 1));
  CHECK_FALSE(GroupDescriptor::bit_of_block(block, BlockNo(9745), 1));
}

TEST_CASE("the blocks of a scattered group", "[ondisk][group]") {
  std::vector<u8> block = scattered_group();
  CHECK(judge(block, 8721).empty());
  CHECK(GroupDescriptor::discontiguous(block));
  CHECK(GroupDescriptor::block_of_bit(block, 511, 1) == BlockNo(9232));
  CHECK(GroupDescriptor::block_of_bit(block, 512, 1) == BlockNo(20000));
  CHECK(GroupDescriptor::block_of_bit(block, 1023, 1) == BlockNo(15255));
  CHECK(GroupDescriptor::bit_of_block(block, BlockNo(15000), 1) == 768u);
  CHECK_FALSE(GroupDescriptor::bit_of_block(block, BlockNo(9233), 1));

  const auto pieces = ExtentList::records(GroupDescriptor::pieces(Bytes(block)));
  SECTION("pieces that leave a gap") {
    pieces[2].cpos = 769;
    CHECK(judge(block, 8721) == Fields{"e_cpos"});
    CHECK_FALSE(GroupDescriptor::block_of_bit(block, 768, 1));
  }
  SECTION("fewer clusters than bits") {
    pieces[2].clusters = 255;
    CHECK(judge(block, 8721) == Fields{"bg_bits"});
  }
  SECTION("a first piece elsewhere") {
    pieces[0].block = 8722;
    CHECK(judge(block, 8721) == Fields{"e_blkno"});
  }
}

TEST_CASE("bits of blocks when a cluster has several", "[ondisk][group]") {
  std::vector<u8> block = scattered_group();
  const auto pieces = ExtentList::records(GroupDescriptor::pieces(Bytes(block)));
  pieces[0] = {.cpos = 0, .clusters = 64, .reserved = 0, .flags = 0, .block = 8720};
  pieces[1] = {.cpos = 64, .clusters = 32, .reserved = 0, .flags = 0, .block = 20000};
  pieces[2] = {.cpos = 96, .clusters = 32, .reserved = 0, .flags = 0, .block = 15000};
  as<GroupDescriptor>(Bytes(block)).block = 8720;
  VolumeFacts volume = fixtures::sample_volume();
  volume.geometry.cluster_bits = 15;
  CHECK(judge(block, 8720, volume).empty());
  CHECK(GroupDescriptor::block_of_bit(block, 64 * 8 + 3, 8) == BlockNo(20003));
  CHECK(GroupDescriptor::bit_of_block(block, BlockNo(20003), 8) == 64u * 8 + 3);
}

}  // namespace ocfs2
