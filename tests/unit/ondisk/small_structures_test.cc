// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "ondisk/heartbeat_block.h"
#include "ondisk/image.h"
#include "ondisk/ocfs1.h"
#include "ondisk/slot_map.h"
#include "ondisk/uuid.h"
#include "tests/unit/ondisk/fixtures.h"

namespace ocfs2 {

TEST_CASE("the hash of a UUID", "[ondisk][uuid]") {
  CHECK(uuid_hash(*parse_uuid("00112233445566778899AABBCCDDEEFF")) == 0x0C8DDE5F);
  CHECK(uuid_hash(*parse_uuid("0123456789ABCDEF0123456789ABCDEF")) == 0x7A037A03);
  CHECK(uuid_hash(*parse_uuid("59D4D4C066B445209B295C92950C3925")) == 0xC0B0CF73);
}

TEST_CASE("a UUID is read and written in two forms", "[ondisk][uuid]") {
  const Uuid uuid = *parse_uuid("178BDC83-D502-41EF-94eb-474a677d498b");
  CHECK(uuid == *parse_uuid("178BDC83D50241EF94EB474A677D498B"));
  CHECK(uuid_text(uuid) == "178BDC83D50241EF94EB474A677D498B");
  CHECK(uuid_hyphenated(uuid) == "178bdc83-d502-41ef-94eb-474a677d498b");
}

TEST_CASE("what is no UUID", "[ondisk][uuid]") {
  for (const std::string_view text :
       {"", "178BDC83D50241EF94EB474A677D498", "178BDC83D50241EF94EB474A677D498G",
        "178BDC83D-502-41EF-94EB-474A677D498B", "178BDC83+D502+41EF+94EB+474A677D498B"})
    CHECK_FALSE(parse_uuid(text));
}

TEST_CASE("the checksum of a heartbeat block", "[ondisk][heartbeat]") {
  std::vector<u8> sector(512);
  CHECK(HeartbeatBlock::verify(sector));  // never used

  auto& beat = as<HeartbeatBlock>(Bytes(sector));
  beat.sequence = 0x665F0000;
  beat.node = 3;
  beat.generation = 0x1122334455667788;
  beat.dead_ms = 62000;
  CHECK_FALSE(HeartbeatBlock::verify(sector));
  HeartbeatBlock::seal(sector);
  CHECK(beat.checksum == 0xFFDDBFF8);
  CHECK(HeartbeatBlock::verify(sector));

  beat.sequence = 0x65F00000;
  beat.node = 1;
  HeartbeatBlock::seal(sector);
  CHECK(beat.checksum == 0x528BF98A);
}

TEST_CASE("slot maps of both forms", "[ondisk][slots]") {
  const bool extended = GENERATE(false, true);
  std::vector<u8> map(512);
  clear_slot_map(map, extended);
  CHECK(decode_slot_map(map, extended, 4) == std::vector<std::optional<u32>>(4));

  CHECK(set_slot(map, extended, 0, 7));
  CHECK(set_slot(map, extended, 2, 0));
  CHECK(decode_slot_map(map, extended, 4) == std::vector<std::optional<u32>>{7, {}, 0, {}});
  CHECK(set_slot(map, extended, 0, std::nullopt));
  CHECK_FALSE(decode_slot_map(map, extended, 4)[0]);
  CHECK(set_slot(map, extended, extended ? 63 : 255, 1));
  CHECK_FALSE(set_slot(map, extended, extended ? 64 : 256, 1));
}

TEST_CASE("a map too short for its slots leaves the rest free", "[ondisk][slots]") {
  const std::vector<u8> map = fixtures::hex("01 00 00 00 05 00 00 00 01 00 00");
  CHECK(decode_slot_map(map, true, 3) == std::vector<std::optional<u32>>{5, {}, {}});
}

TEST_CASE("what OCFS version 1 finds in front of a volume", "[ondisk][ocfs1]") {
  std::vector<u8> prefix(8192);
  format_ocfs1_prefix(prefix);
  const auto start = fixtures::hex(
      "02 02 02 02 02 02 02 02 74 68 69 73 20 69 73 20 61 6e 20 6f 63 66 73 32 20 76 6f 6c 75 6d 65 00 02");
  CHECK(std::equal(start.begin(), start.end(), prefix.begin()));
  const std::string_view all(reinterpret_cast<const char*>(prefix.data()), prefix.size());
  for (const std::size_t at : {0x08, 0x88, 0x230, 0x284}) CHECK(all.substr(at, 7) == "this is");
  CHECK(prefix[8191] == 2);
  CHECK_FALSE(is_ocfs1(prefix));
}

TEST_CASE("devices of OCFS version 1 are known by version or signature", "[ondisk][ocfs1]") {
  std::vector<u8> sector(512);
  CHECK_FALSE(is_ocfs1(sector));
  as<Ocfs1VolumeHeader>(Bytes(sector)).major_version = 2;
  CHECK(is_ocfs1(sector));
  const auto signed_only = fixtures::block_with({{8, "4f 72 61 63 6c 65 43 46 53"}}, 512);
  CHECK(is_ocfs1(signed_only));
  CHECK_FALSE(is_ocfs1(ConstBytes(signed_only).first(100)));
}

TEST_CASE("the header of a packed image", "[ondisk][image]") {
  std::vector<u8> bytes = fixtures::block_with({{0x00, "5f d4 a3 72"},
                                                {0x08, "4f 43 46 53 32 20 49 4d 41 47 45"},
                                                {0x18, "01"},
                                                {0x20, "00 00 14 00"},
                                                {0x28, "00 10"},
                                                {0x30, "3c 4e 00 00"},
                                                {0x38, "00 10"},
                                                {0x40, "02"},
                                                {0x48, "1b 4e 00 00 00 00 00 00 34 4e"}});
  auto& header = as<ImageHeader>(Bytes(bytes));
  const auto clean = [&] {
    Judgement judgement;
    judge_image_header(header, judgement);
    return judgement.clean();
  };
  CHECK(clean());
  CHECK(header.stored_blocks == 20028);
  CHECK(header.bitmap_blocks() == 40);
  CHECK((1 + header.stored_blocks + header.bitmap_blocks()) * header.block_size == 82202624);

  SECTION("another version") { header.version = 2; }
  SECTION("a block size that is none") { header.block_size = 3000; }
  SECTION("more blocks stored than there are") { header.stored_blocks = 5 << 20; }
  SECTION("a backup outside the image") { header.super_blocks[1] = 30000; }
  SECTION("another magic") { header.magic = 1; }
  CHECK_FALSE(clean());
}

}  // namespace ocfs2
