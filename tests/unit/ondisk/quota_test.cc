// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/quota.h"

#include <catch2/catch.hpp>

#include "tests/unit/ondisk/fixtures.h"

namespace ocfs2 {
using fixtures::Fields;

namespace {

constexpr std::size_t check_at = 4088;

std::vector<u8> global_head() {
  return fixtures::block_with({{0, "70 24 f5 0c 00 00 00 00 80 3a 09 00 80 3a 09 00"},
                               {16, "10 27 00 00 06 00 00 00 00 00 00 00 05 00 00 00"}});
}
std::vector<u8> local_head() {
  return fixtures::block_with({{0, "c0 24 f5 0c 00 00 00 00 01 00 00 00 01 00 00 00 02 00 00 00"},
                               {check_at, "90 ae fd 31 bc 00 00 00"}});
}
std::vector<u8> first_leaf() {
  return fixtures::block_with({{8, "01"}, {40, "01"}, {check_at, "73 75 19 15 02 01 00 00"}});
}

Fields judge(const BlockKind& kind, ConstBytes block) {
  return fixtures::faults(kind, block, fixtures::sample_volume(), 10770);
}

}  // namespace

TEST_CASE("the head of a global quota file", "[ondisk][quota]") {
  std::vector<u8> block = global_head();
  auto& head = as<GlobalQuotaHead>(Bytes(block));
  CHECK(judge(GlobalQuotaHead::kind, block).empty());
  CHECK(head.header.magic == quota_global_magic(QuotaType::user));
  CHECK(head.info.block_grace == quota_grace_default);
  CHECK(head.info.sync_ms == quota_sync_default_ms);
  CHECK(head.info.blocks == 6);
  CHECK(head.info.free_leaf == 5);

  head.header.magic = quota_local_magic(QuotaType::user);
  head.header.version = 1;
  head.info.free_block = 6;
  head.info.free_leaf = 7;
  CHECK(judge(GlobalQuotaHead::kind, block) ==
        Fields{"dqh_magic", "dqh_version", "dqi_free_blk", "dqi_free_entry"});
}

TEST_CASE("the head of a local quota file", "[ondisk][quota]") {
  std::vector<u8> block = local_head();
  auto& head = as<LocalQuotaHead>(Bytes(block));
  CHECK(verify_check(block, check_at));
  CHECK(judge(LocalQuotaHead::kind, block).empty());
  CHECK(head.info.flags == LocalQuotaInfo::clean);

  head.info.chunks = 2;
  CHECK(judge(LocalQuotaHead::kind, block) == Fields{"dqi_blocks"});
  head.info.chunks = 0;
  head.header.magic = 0;
  CHECK(judge(LocalQuotaHead::kind, block).front() == "dqh_magic");
}

TEST_CASE("the tree of a real quota file", "[ondisk][quota]") {
  struct Row {
    u8 reference;
    std::string_view check;
  };
  const Row row = GENERATE(Row{2, "b6 ad 52 8d 05 00"}, Row{3, "9a 04 8a d7 06 00"},
                           Row{4, "1f 5d f0 88 06 00"}, Row{5, "33 f4 28 d2 05 00"});
  std::vector<u8> block = fixtures::block_with({{check_at, row.check}});
  block[0] = row.reference;
  CHECK(verify_check(block, check_at));
  CHECK(compute_check(block, check_at).ecc == as<BlockCheck>(ConstBytes(block).subspan(check_at)).ecc);
  CHECK(QuotaTreeBlock::references(ConstBytes(block)).size() == 1022);
  CHECK(QuotaTreeBlock::references(ConstBytes(block))[0] == row.reference);
}

TEST_CASE("a leaf and its records", "[ondisk][quota]") {
  std::vector<u8> block = first_leaf();
  CHECK(verify_check(block, check_at));
  CHECK(compute_check(block, check_at).ecc == 0x0102);
  CHECK(judge(QuotaLeaf::kind, block).empty());
  const auto records = QuotaLeaf::records(ConstBytes(block));
  REQUIRE(records.size() == 46);
  CHECK(records[0].inodes == 1);
  CHECK_FALSE(records[0].unused());
  CHECK(records[1].unused());

  as<QuotaLeaf>(Bytes(block)).entries = 47;
  CHECK(judge(QuotaLeaf::kind, block) == Fields{"dqdh_entries"});
}

TEST_CASE("chunks and records of a local quota file", "[ondisk][quota]") {
  std::vector<u8> block = fixtures::block_with({{check_at, "ee ff e3 38 00 00 00 00"}});
  CHECK(verify_check(block, check_at));
  CHECK(judge(LocalQuotaChunk::kind, block).empty());
  CHECK(LocalQuotaChunk::bitmap(ConstBytes(block)).size() == 4096 - 12);
  as<LocalQuotaChunk>(Bytes(block)).free = 32641;
  CHECK(judge(LocalQuotaChunk::kind, block) == Fields{"dqc_free"});

  const auto records = LocalQuotaBlock::records(Bytes(block));
  REQUIRE(records.size() == 170);
  records[5].space_change = static_cast<u64>(s64{-4096});
  CHECK(records[5].space_delta() == -4096);
}

}  // namespace ocfs2
