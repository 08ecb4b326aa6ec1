// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/check.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "ondisk/refcount.h"
#include "ondisk/super_inode.h"
#include "tests/unit/ondisk/fixtures.h"

namespace ocfs2 {

namespace {

ConstBytes text_bytes(std::string_view text) {
  return {reinterpret_cast<const u8*>(text.data()), text.size()};
}

/// The definition of the code, bit by bit, to hold the fast one against.
u16 hamming_by_definition(ConstBytes bytes) {
  u32 code = 0;
  u32 number = 2;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    do ++number;
    while (std::has_single_bit(number));
    if ((bytes[bit / 8] >> (bit % 8) & 1) != 0) code ^= number;
  }
  return static_cast<u16>(code);
}

std::vector<u8> noise(std::size_t bytes, u32 seed) {
  std::vector<u8> content(bytes);
  for (u8& byte : content) byte = static_cast<u8>((seed = seed * 1664525 + 1013904223) >> 24);
  return content;
}

void expect_check(ConstBytes block, u32 offset, u32 crc, u16 ecc) {
  const BlockCheck check = compute_check(block, offset);
  CHECK(check.crc == crc);
  CHECK(check.ecc == ecc);
  CHECK(verify_check(block, offset));
}

u32 crc32_by_definition(ConstBytes bytes, u32 crc) {
  for (const u8 byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return crc;
}

}  // namespace

TEST_CASE("the CRC is zlib's without its last inversion", "[ondisk][check]") {
  CHECK(crc32(text_bytes("123456789"), 0xFFFFFFFF) == 0x340BC6D9);
  CHECK(crc32(std::vector<u8>(512), 0xFFFFFFFF) == 0x4D558A87);
  CHECK(crc32(std::vector<u8>(1024), 0xFFFFFFFF) == 0x104A50D1);
  CHECK(crc32(std::vector<u8>(2048), 0xFFFFFFFF) == 0x0E174561);
  CHECK(crc32(std::vector<u8>(4096), 0xFFFFFFFF) == 0x38E3FFEE);
}

TEST_CASE("a CRC can be taken in parts of any length", "[ondisk][check]") {
  const std::vector<u8> content = noise(777, 1);
  const u32 whole = crc32(content, 0xFFFFFFFF);
  for (const std::size_t cut : {0u, 1u, 7u, 8u, 9u, 500u, 777u}) {
    const ConstBytes bytes(content);
    CHECK(crc32(bytes.subspan(cut), crc32(bytes.first(cut), 0xFFFFFFFF)) == whole);
  }
}

TEST_CASE("the fast CRC agrees with its definition at every length", "[ondisk][check]") {
  for (std::size_t bytes = 0; bytes <= 300; ++bytes) {
    const std::vector<u8> content = noise(bytes, static_cast<u32>(bytes) + 9);
    const u32 initial = static_cast<u32>(bytes) * 0x9E3779B9;
    REQUIRE(crc32(content, initial) == crc32_by_definition(content, initial));
  }
}

TEST_CASE("the CRC of a block is that of its short pieces, which go another way", "[ondisk][check]") {
  const std::vector<u8> content = noise(4096, 3);
  u32 crc = 0xFFFFFFFF;
  for (std::size_t at = 0; at < content.size(); at += 32)
    crc = crc32(ConstBytes(content).subspan(at, 32), crc);
  CHECK(crc32(content, 0xFFFFFFFF) == crc);
}

TEST_CASE("message keys start the CRC at the region's number", "[ondisk][check]") {
  const ConstBytes region = text_bytes("632A924FDD844190BDA93C0DF6B94899");
  CHECK(crc32(region, 0) == 0xED315774);
  CHECK(crc32(region, 32) == 0xD7838AA6);
  CHECK(crc32(region, 33) == 0x26598F0C);
}

TEST_CASE("the Hamming code of single bits and patterns", "[ondisk][check]") {
  std::vector<u8> block(4096);
  CHECK(hamming(block) == 0);
  block[0] = 0x01;
  CHECK(hamming(block) == 0x0003);
  block[0] = 0x03;
  CHECK(hamming(block) == 0x0006);
  block[0] = 0;
  block[4095] = 0x80;
  CHECK(hamming(block) == 0x8010);

  for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<u8>(i);
  CHECK(crc32(block, 0xFFFFFFFF) == 0x5D6EDF7D);
  CHECK(hamming(block) == 0xBF62);
}

TEST_CASE("the fast Hamming code agrees with its definition at every length", "[ondisk][check]") {
  for (std::size_t bytes = 0; bytes <= 160; ++bytes) {
    const std::vector<u8> content = noise(bytes, static_cast<u32>(bytes) + 5);
    REQUIRE(hamming(content) == hamming_by_definition(content));
  }
  for (const std::size_t bytes : {512u, 1024u, 2048u, 4096u}) {
    const std::vector<u8> content = noise(bytes, static_cast<u32>(bytes));
    CHECK(hamming(content) == hamming_by_definition(content));
  }
}

TEST_CASE("the checks of blocks of a real volume", "[ondisk][check]") {
  expect_check(fixtures::super_block(), Inode::check_offset, 0xAA04535D, 0x023D);
  expect_check(fixtures::root_directory(), Inode::check_offset, 0x992E9921, 0x049F);
  expect_check(fixtures::first_group(), 0x30, 0xBA420EBC, 0x0FAE);
  expect_check(fixtures::extent_group(), 0x30, 0xF53C9E3C, 0x03B5);
  expect_check(fixtures::index_root(), 0x08, 0x4B4939E2, 0x0AF7);
  expect_check(fixtures::refcount_root(), 0x20, 0xF7D70963, 0x0408);
}

TEST_CASE("any single flipped bit is mended", "[ondisk][check]") {
  const std::vector<u8> sound = fixtures::root_directory();
  for (u32 bit = 0; bit < 4096 * 8; bit += 37) {
    if (bit / 8 >= 0x80 && bit / 8 < 0x88) continue;
    std::vector<u8> damaged = sound;
    damaged[bit / 8] ^= static_cast<u8>(1u << (bit % 8));
    REQUIRE_FALSE(verify_check(damaged, 0x80));
    REQUIRE(verify_and_mend(damaged, 0x80) == CheckResult::mended);
    REQUIRE(damaged == sound);
  }
}

TEST_CASE("more damage than one bit is told, and nothing is changed", "[ondisk][check]") {
  std::vector<u8> damaged = fixtures::root_directory();
  damaged[0x100] ^= 0x11;
  const std::vector<u8> before = damaged;
  CHECK(verify_and_mend(damaged, 0x80) == CheckResult::bad);
  CHECK(damaged == before);

  std::vector<u8> wrong_crc = fixtures::root_directory();
  wrong_crc[0x80] ^= 0x01;
  CHECK(verify_and_mend(wrong_crc, 0x80) == CheckResult::bad);
}

TEST_CASE("a damaged code alone does no harm", "[ondisk][check]") {
  std::vector<u8> block = fixtures::root_directory();
  block[0x84] ^= 0x04;
  CHECK(verify_and_mend(block, 0x80) == CheckResult::good);
}

TEST_CASE("checks can be placed from the end of a region", "[ondisk][check]") {
  CHECK(check_position(-8, 4096) == 4088);
  CHECK(check_position(0x80, 512) == 0x80);
}

}  // namespace ocfs2
