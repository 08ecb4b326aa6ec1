// SPDX-License-Identifier: GPL-2.0-or-later
//
// The CRC-32 of metadata checksums. On volumes with metaecc every byte of metadata goes through here, so
// there is a way with tables for every processor, and one that is eight times as fast for those that multiply
// polynomials.
#include <algorithm>
#include <array>
#include <bit>

#include "ondisk/check.h"

namespace ocfs2 {
namespace {

constexpr u32 polynomial = 0xEDB88320;  // the coefficient of x^31 is the lowest bit

using CrcTables = std::array<std::array<u32, 256>, 8>;

// Table k takes a byte that k more bytes follow, so that eight bytes are one step ("slicing by 8").
consteval CrcTables make_tables() {
  CrcTables tables{};
  for (u32 byte = 0; byte < 256; ++byte) {
    u32 crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? polynomial : 0);
    tables[0][byte] = crc;
  }
  for (u32 k = 1; k < 8; ++k)
    for (u32 byte = 0; byte < 256; ++byte) {
      const u32 shorter = tables[k - 1][byte];
      tables[k][byte] = shorter >> 8 ^ tables[0][shorter & 0xFF];
    }
  return tables;
}

constexpr CrcTables tables = make_tables();

u32 crc_by_tables(ConstBytes bytes, u32 crc) {
  const CrcTables& t = tables;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    const u32 low = as<le32>(bytes) ^ crc;
    const u32 high = as<le32>(bytes.subspan(4));
    crc = t[7][low & 0xFF] ^ t[6][low >> 8 & 0xFF] ^ t[5][low >> 16 & 0xFF] ^ t[4][low >> 24] ^
          t[3][high & 0xFF] ^ t[2][high >> 8 & 0xFF] ^ t[1][high >> 16 & 0xFF] ^ t[0][high >> 24];
  }
  for (const u8 byte : bytes) crc = crc >> 8 ^ t[0][(crc ^ byte) & 0xFF];
  return crc;
}

#if defined(__x86_64__)

// Bytes that n bits follow count as themselves times x^n, of which only the remainder matters. So 16 bytes,
// each half times a remainder that is known beforehand, can be added to the 16 bytes that lie n bits further
// on. Four of these go side by side. In the end 16 bytes are left that have the same remainder as all.

using Lane = long long __attribute__((vector_size(16)));  // what the processor's instruction takes

/// x^power modulo the polynomial, as the factor of a product of 64 by 64 bits.
consteval long long remainder_of(u32 power) {
  u32 remainder = 0x80000000;
  for (; power > 0; --power) remainder = remainder >> 1 ^ ((remainder & 1) != 0 ? polynomial : 0);
  return std::bit_cast<long long>(u64{remainder} << 32);
}

/// What moves 16 bytes by so many bits. A product comes out one bit too far, since its bits are reflected.
consteval Lane factors_for(u32 bits) { return Lane{remainder_of(bits + 63), remainder_of(bits - 1)}; }

constexpr Lane by_64_bytes = factors_for(512), by_16_bytes = factors_for(128);

Lane lane(ConstBytes bytes, std::size_t index) {
  std::array<u8, sizeof(Lane)> copy;
  std::copy_n(bytes.subspan(index * sizeof(Lane), sizeof(Lane)).begin(), sizeof(Lane), copy.begin());
  return std::bit_cast<Lane>(copy);
}

__attribute__((target("pclmul"))) Lane moved(Lane bytes, Lane factors) {
  return __builtin_ia32_pclmulqdq128(bytes, factors, 0x00) ^
         __builtin_ia32_pclmulqdq128(bytes, factors, 0x11);
}

/// Of at least 64 bytes.
__attribute__((target("pclmul"))) u32 crc_by_products(ConstBytes bytes, u32 initial) {
  Lane lanes[4] = {lane(bytes, 0) ^ Lane{initial, 0}, lane(bytes, 1), lane(bytes, 2), lane(bytes, 3)};
  for (bytes = bytes.subspan(64); bytes.size() >= 64; bytes = bytes.subspan(64))
    for (u32 i = 0; i < 4; ++i) lanes[i] = moved(lanes[i], by_64_bytes) ^ lane(bytes, i);
  Lane last = lanes[0];
  for (u32 i = 1; i < 4; ++i) last = moved(last, by_16_bytes) ^ lanes[i];
  for (; bytes.size() >= 16; bytes = bytes.subspan(16)) last = moved(last, by_16_bytes) ^ lane(bytes, 0);
  const auto rest = std::bit_cast<std::array<u8, sizeof(Lane)>>(last);
  return crc_by_tables(bytes, crc_by_tables(rest, 0));
}

#endif

}  // namespace

u32 crc32(ConstBytes bytes, u32 initial) {
#if defined(__x86_64__)
  if (bytes.size() >= 64 && __builtin_cpu_supports("pclmul")) return crc_by_products(bytes, initial);
#endif
  return crc_by_tables(bytes, initial);
}

}  // namespace ocfs2
