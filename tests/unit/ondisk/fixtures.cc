// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/ondisk/fixtures.h"

#include <algorithm>
#include <cctype>

#include "ondisk/bitmap.h"
#include "ondisk/features.h"

namespace ocfs2::fixtures {
namespace {

u8 value_of(char digit) {
  return static_cast<u8>(
      std::isdigit(static_cast<unsigned char>(digit)) != 0 ? digit - '0' : std::tolower(digit) - 'a' + 10);
}

}  // namespace

std::vector<u8> hex(std::string_view text) {
  std::vector<u8> bytes;
  bool high = true;
  for (const char c : text) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) continue;
    if (high)
      bytes.push_back(static_cast<u8>(value_of(c) << 4));
    else
      bytes.back() |= value_of(c);
    high = !high;
  }
  return bytes;
}

std::vector<u8> block_with(const std::vector<Piece>& pieces, std::size_t bytes) {
  std::vector<u8> block(bytes);
  for (const Piece& piece : pieces) {
    const std::vector<u8> content = hex(piece.hex);
    std::copy(content.begin(), content.end(), block.begin() + static_cast<std::ptrdiff_t>(piece.offset));
  }
  return block;
}

VolumeFacts sample_volume() {
  return {.geometry = {.block_bits = 12, .cluster_bits = 12, .clusters = 76800},
          .features = features_of(FeatureLevel::max_features) | feature::local,
          .generation = 0x24556844,
          .max_slots = 2,
          .uuid_hash = 0x7A037A03,
          .index_seeds = {0x6157E2E2, 0x68297A0F, 0x6D1C8E8B}};
}

VolumeFacts plain_volume(u32 block_bits, u32 cluster_bits) {
  VolumeFacts facts = sample_volume();
  facts.geometry = {.block_bits = block_bits, .cluster_bits = cluster_bits, .clusters = 65536};
  facts.features = features_of(FeatureLevel::max_compat);
  return facts;
}

std::vector<u8> super_block() {
  return block_with({
      {0x000, "4f 43 46 53 56 32 00 00 44 68 55 24 ff ff ff ff 00 00 00 00 00 2c 01 00"},
      {0x02C, "31 00 00 00"},
      {0x038, "5e f4 00 6b 00 00 00 00 5e f4 00 6b"},
      {0x050, "02 00 00 00 00 00 00 00"},
      {0x060, "44 68 55 24"},
      {0x080, "5d 53 04 aa 3d 02 00 00"},
      {0x0C0, "00 00 5a 00 00 00 14 00"},
      {0x0D0, "5e f4 00 6b 00 00 00 00 00 00 00 00 03 00 00 00"},
      {0x0E0, "58 bf 00 00 07 00 00 00 05 00 00 00 00 00 00 00"},
      {0x0F0, "06 00 00 00 00 00 00 00 0c 00 00 00 0c 00 00 00"},
      {0x100, "02 00 00 00 03 7a 03 7a 03 00 00 00 00 00 00 00"},
      {0x110, "65 63 63 76 6f 6c 00"},
      {0x150, "01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef"},
      {0x178, "00 01 00 00 e2 e2 57 61"},
      {0x180, "0f 7a 29 68 8b 8e 1c 6d"},
  });
}

std::vector<u8> root_directory() {
  return block_with({
      {0x00, "49 4e 4f 44 45 30 31 00 44 68 55 24 ff ff 01 00"},
      {0x20, "38 0f 00 00 00 00 00 00 ed 41 03 00 11 00 00 00"},
      {0x30, "5e f4 00 6b 00 00 00 00 5e f4 00 6b 00 00 00 00 5e f4 00 6b"},
      {0x50, "05 00 00 00 00 00 00 00"},
      {0x60, "44 68 55 24"},
      {0x70, "00 00 00 00 00 00 01 00"},
      {0x80, "21 99 2e 99 9f 04 00 00"},
      {0xC0, "38 0f 00 00 00 00 00 00"},
      {0xC8, "05 00 00 00 00 00 00 00 10 00 01 02 2e 00 00 00"},
      {0xD8, "05 00 00 00 00 00 00 00 10 00 02 02 2e 2e 00 00"},
      {0xE8, "27 2a 00 00 00 00 00 00 18 0f 0a 02 6c 6f 73 74 2b 66 6f 75 6e 64"},
  });
}

std::vector<u8> first_group() {
  std::vector<u8> block = block_with({
      {0x00, "47 52 4f 55 50 30 31 00 c0 0f 00 7e da 4f 00 00 44 68 55 24"},
      {0x20, "0b 00 00 00 00 00 00 00 03 00 00 00 00 00 00 00 bc 0e 42 ba ae 0f 00 00"},
  });
  set_bits(Bytes(block).subspan(0x40), 0, 32256 - 20442);
  return block;
}

std::vector<u8> extent_group() {
  return block_with({
      {0x00, "47 52 4f 55 50 30 31 00 00 01 00 04 ff 03 00 00 44 68 55 24"},
      {0x20, "10 00 00 00 00 00 00 00 11 22 00 00 00 00 00 00 3c 9e 3c f5 b5 03 00 00"},
      {0x40, "01"},
  });
}

std::vector<u8> index_root() {
  return block_with({
      {0x00, "44 58 44 49 52 30 31 00 e2 39 49 4b f7 0a 00 00"},
      {0x10, "00 00 01 00 44 68 55 24 12 22 00 00 00 00 00 00"},
      {0x20, "00 00 00 00 00 00 00 00 04 00 00 00 00 00 00 00"},
      {0x30, "28 2a 00 00 00 00 00 00 5a 02 00 00 00 00 00 00"},
      {0x40, "26 2e 00 00 00 00 00 00 11 22 00 00 00 00 00 00"},
      {0xC0, "00 00 f3 00 04 00"},
      {0xD0, "00 00 00 00 01 00 00 00 29 2e 00 00 00 00 00 00"},
      {0xE0, "58 eb e2 49 01 00 00 00 2f 2e 00 00 00 00 00 00"},
      {0xF0, "f5 18 7b 8a 01 00 00 00 2a 2e 00 00 00 00 00 00"},
      {0x100, "d8 35 2a bf 01 00 00 00 2e 2e 00 00 00 00 00 00"},
  });
}

std::vector<u8> refcount_root() {
  return block_with({
      {0x00, "52 45 46 43 4e 54 31 00 00 00 02 00 44 68 55 24"},
      {0x10, "13 22 00 00 00 00 00 00"},
      {0x20, "63 09 d7 f7 08 04 00 00"},
      {0x30, "02 00 00 00"},
      {0x40, "48 73 9c 67 00 00 00 00 11 22 00 00 00 00 00 00"},
      {0x80, "f7 00 02 00"},
      {0x90, "34 2e 00 00 00 00 00 00 05 00 00 00 02 00 00 00"},
      {0xA0, "39 2e 00 00 00 00 00 00 03 00 00 00 01 00 00 00"},
  });
}

std::vector<std::string> faults(const BlockKind& kind, ConstBytes block, const VolumeFacts& volume, u64 at) {
  Judgement judgement;
  if (kind.judge != nullptr) kind.judge(block, Place{volume, BlockNo(at)}, judgement);
  std::vector<std::string> fields;
  for (const Fault& fault : judgement.faults())
    if (std::find(fields.begin(), fields.end(), fault.field) == fields.end())
      fields.emplace_back(fault.field);
  return fields;
}

}  // namespace ocfs2::fixtures
