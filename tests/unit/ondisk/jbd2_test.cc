// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/jbd2.h"

#include <catch2/catch.hpp>

#include "tests/unit/ondisk/fixtures.h"

namespace ocfs2 {

namespace {

std::vector<u8> journal_super() {
  return fixtures::block_with({{0x00, "c0 3b 39 98 00 00 00 04 00 00 00 00 00 00 10 00"},
                               {0x10, "00 00 10 00 00 00 00 01 00 00 00 01 00 00 00 01"},
                               {0x30, "01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef"},
                               {0x40, "00 00 00 01"}});
}

std::vector<std::string> faults(const JournalSuperBlock& super) {
  Judgement judgement;
  judge_journal_super(super, 4096, judgement);
  std::vector<std::string> fields;
  for (const Fault& fault : judgement.faults()) fields.emplace_back(fault.field);
  return fields;
}

ConstBytes digits() {
  static constexpr std::string_view text = "123456789";
  return {reinterpret_cast<const u8*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("the log's superblock as mkfs writes it", "[ondisk][jbd2]") {
  std::vector<u8> block = journal_super();
  auto& super = as<JournalSuperBlock>(Bytes(block));
  CHECK(faults(super).empty());
  CHECK(super.header.is(JournalBlock::super_v2));
  CHECK(super.block_size == 4096);
  CHECK(super.blocks == 4096);
  CHECK(super.first == 1);
  CHECK(super.start == 1);
  CHECK(super.users == 1);
  CHECK(uuid_text(super.uuid) == "0123456789ABCDEF0123456789ABCDEF");

  super.feature_incompat = journal_feature::async_commit;
  CHECK(super.incompat() == journal_feature::async_commit);
  super.header.type = static_cast<u32>(JournalBlock::super_v1);
  CHECK(super.incompat() == 0);
}

TEST_CASE("a log's superblock that cannot be one", "[ondisk][jbd2]") {
  std::vector<u8> block = journal_super();
  auto& super = as<JournalSuperBlock>(Bytes(block));
  super.header.type = 1;
  super.block_size = 1024;
  super.blocks = 1000;
  super.first = 1000;
  super.start = 1000;
  CHECK(faults(super) ==
        std::vector<std::string>{"s_header", "s_blocksize", "s_maxlen", "s_first", "s_start"});
}

TEST_CASE("tags of every form survive writing and reading", "[ondisk][jbd2]") {
  const u32 incompat = GENERATE(0u, journal_feature::wide_blocks, journal_feature::checksum_v2,
                                journal_feature::wide_blocks | journal_feature::checksum_v2,
                                journal_feature::wide_blocks | journal_feature::checksum_v3);
  const JournalFormat format{incompat};
  const bool wide = format.has(journal_feature::wide_blocks);
  const bool sums = format.tail_bytes() != 0;
  std::vector<JournalTag> tags;
  for (u64 i = 0; i < 5; ++i)
    tags.push_back({BlockNo(wide ? (i + 1) << 33 | i : i + 7), i == 2 ? tag_flag::escaped : 0,
                    sums ? static_cast<u32>(i * 7) : 0});

  std::vector<u8> block(512);
  CHECK(write_tags(block, 77, tags, format, Uuid{1, 2, 3}) == 5);
  CHECK(as<JournalHeader>(ConstBytes(block)).is(JournalBlock::descriptor));
  CHECK(as<JournalHeader>(ConstBytes(block)).sequence == 77);
  CHECK(block[sizeof(JournalHeader) + format.tag_bytes()] == 1);  // the UUID after the first tag

  const std::vector<JournalTag> read = read_tags(block, format);
  REQUIRE(read.size() == 5);
  for (std::size_t i = 0; i < read.size(); ++i) {
    CHECK(read[i].block == tags[i].block);
    CHECK(read[i].checksum == tags[i].checksum);
    CHECK(read[i].escaped() == (i == 2));
    CHECK(((read[i].flags & tag_flag::same_uuid) != 0) == (i != 0));
    CHECK(((read[i].flags & tag_flag::last) != 0) == (i == 4));
  }
}

TEST_CASE("the sizes of tags", "[ondisk][jbd2]") {
  CHECK(JournalFormat{}.tag_bytes() == 8);
  CHECK(JournalFormat{journal_feature::wide_blocks}.tag_bytes() == 12);
  CHECK(JournalFormat{journal_feature::checksum_v2}.tag_bytes() == 10);
  CHECK(JournalFormat{journal_feature::wide_blocks | journal_feature::checksum_v2}.tag_bytes() == 14);
  CHECK(JournalFormat{journal_feature::checksum_v3}.tag_bytes() == 16);
}

TEST_CASE("a descriptor takes as many tags as fit", "[ondisk][jbd2]") {
  const u32 incompat = GENERATE(0u, journal_feature::wide_blocks, journal_feature::checksum_v3);
  const JournalFormat format{incompat};
  const std::vector<JournalTag> tags(2000, JournalTag{BlockNo(9), 0, 0});
  std::vector<u8> block(4096);
  const u32 written = write_tags(block, 1, tags, format, Uuid{});
  CHECK(written == tags_per_descriptor(4096, format));
  CHECK(read_tags(block, format).size() == written);
}

TEST_CASE("a descriptor without a last tag ends with the block", "[ondisk][jbd2]") {
  std::vector<u8> block(512, 0);
  CHECK(read_tags(block, {}).size() == (512 - 12) / (8 + 16) + 1);
  CHECK(read_tags(ConstBytes(block).first(4), {}).empty());
}

TEST_CASE("revoke blocks", "[ondisk][jbd2]") {
  const bool wide = GENERATE(false, true);
  const JournalFormat format{wide ? journal_feature::wide_blocks : 0};
  std::vector<u8> block = wide ? fixtures::block_with({{12, "00 00 00 20 00 00 00 01 00 00 00 05"},
                                                       {24, "00 00 00 00 00 00 00 09"}})
                               : fixtures::block_with({{12, "00 00 00 18 00 00 00 05 00 00 00 09"}});
  const std::vector<BlockNo> expected{BlockNo(wide ? 0x100000005 : 5), BlockNo(9)};
  CHECK(read_revokes(block, format) == expected);

  as<RevokeBlock>(Bytes(block)).used = 0xFFFFFFFF;
  CHECK(read_revokes(block, format).size() == (4096 - 16) / (wide ? 8 : 4));
  CHECK(read_revokes(ConstBytes(block).first(8), format).empty());
}

TEST_CASE("the log's other CRCs", "[ondisk][jbd2]") {
  CHECK(crc32_big_endian(digits()) == 0x0376E6E7);  // known as CRC-32/MPEG-2
  CHECK(~crc32c(digits()) == 0xE3069283);
  CHECK(crc32c(digits().subspan(4), crc32c(digits().first(4))) == crc32c(digits()));
  CHECK(crc32_big_endian(digits().subspan(4), crc32_big_endian(digits().first(4))) ==
        crc32_big_endian(digits()));
}

}  // namespace ocfs2
