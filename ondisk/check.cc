// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/check.h"

#include <algorithm>

namespace ocfs2 {
namespace {

// The Hamming code numbers the bits from 1 and keeps the powers of two for its own parity bits; the data
// fills the numbers between. Number p holds data bit p - 1 - (powers of two up to p), so between two powers
// of two the data lies in a row and can be taken 64 bits at a time.

/// 64 data bits from bit `first` on; bits beyond the end read as 0.
u64 load_bits(ConstBytes bytes, u64 first) {
  const std::size_t at = first / 8;
  const u32 shift = first % 8;
  if (at + 9 <= bytes.size()) {
    const u64 low = as<le64>(bytes.subspan(at));
    return shift == 0 ? low : low >> shift | u64{bytes[at + 8]} << (64 - shift);
  }
  u64 word = 0;
  for (u32 i = 0; i < 9 && at + i < bytes.size(); ++i) {
    const u64 byte = bytes[at + i];
    const s32 place = static_cast<s32>(8 * i) - static_cast<s32>(shift);
    if (place >= 64) break;
    word |= place < 0 ? byte >> -place : byte << place;
  }
  return word;
}

/// The numbers 0 … 63: the first 57 data bits, between the parity bits 1, 2, 4, 8, 16 and 32 (and 0, which is
/// none).
u64 first_word(ConstBytes bytes) {
  const u64 data = load_bits(bytes, 0);
  u64 word = 0;
  u32 taken = 0;
  for (u32 number = 3; number < 64; ++number)
    if (!std::has_single_bit(number)) word |= (data >> taken++ & 1) << number;
  return word;
}

/// The data bit that code number `number` stands for; nothing for parity bits and 0 (all ones is "nothing").
u64 data_bit_of(u32 number) {
  if (number == 0 || std::has_single_bit(number)) return ~u64{0};
  return number - 1 - static_cast<u32>(std::bit_width(number));
}

}  // namespace

u16 hamming(ConstBytes bytes) {
  // Within a word the low six bits of the numbers count up, so their parity can be had once for the XOR of
  // all words; the high bits are the word's own and enter when the word has an odd number of set bits.
  u64 folded = first_word(bytes);
  u32 code = 0;
  const u64 bits = u64{bytes.size()} * 8;
  for (u32 run = 64; run - 1 - static_cast<u32>(std::bit_width(run)) < bits; run *= 2) {
    const u32 behind = 1 + static_cast<u32>(std::bit_width(run));  // data bit = number - behind
    u64 mask = ~u64{1};                                            // the run's first number is a parity bit
    for (u32 number = run; number < 2 * run && number - behind < bits; number += 64) {
      const u64 word = load_bits(bytes, number - behind) & mask;
      mask = ~u64{0};
      folded ^= word;
      code ^= number & (0u - static_cast<u32>(__builtin_parityll(word)));  // no branch: it is a coin toss
    }
  }
  constexpr u64 with_bit[] = {0xAAAAAAAAAAAAAAAA, 0xCCCCCCCCCCCCCCCC, 0xF0F0F0F0F0F0F0F0,
                              0xFF00FF00FF00FF00, 0xFFFF0000FFFF0000, 0xFFFFFFFF00000000};
  for (u32 bit = 0; bit < 6; ++bit)
    code |= static_cast<u32>(__builtin_parityll(folded & with_bit[bit])) << bit;
  return static_cast<u16>(code);
}

BlockCheck compute_check(ConstBytes region, u32 check_offset) {
  std::array<u8, check_region_max> copy;
  const Bytes bytes = Bytes(copy).first(region.size());
  std::copy(region.begin(), region.end(), bytes.begin());
  as<BlockCheck>(bytes.subspan(check_offset)) = {.crc = 0, .ecc = 0, .reserved = 0};
  return {.crc = crc32(bytes, 0xFFFFFFFF), .ecc = hamming(bytes), .reserved = 0};
}

bool verify_check(ConstBytes region, u32 check_offset) {
  constexpr std::array<u8, sizeof(BlockCheck)> zeros{};
  u32 crc = crc32(region.first(check_offset), 0xFFFFFFFF);
  crc = crc32(zeros, crc);
  crc = crc32(region.subspan(check_offset + sizeof(BlockCheck)), crc);
  return crc == as<BlockCheck>(region.subspan(check_offset)).crc;
}

CheckResult verify_and_mend(Bytes region, u32 check_offset) {
  if (verify_check(region, check_offset)) return CheckResult::good;
  const u16 stored = as<BlockCheck>(region.subspan(check_offset)).ecc;
  const u64 bit = data_bit_of(stored ^ compute_check(region, check_offset).ecc);
  const bool in_check = bit / 8 >= check_offset && bit / 8 < check_offset + sizeof(BlockCheck);
  if (bit / 8 >= region.size() || in_check) return CheckResult::bad;
  const u8 flip = static_cast<u8>(1u << (bit % 8));
  region[bit / 8] ^= flip;
  if (verify_check(region, check_offset)) return CheckResult::mended;
  region[bit / 8] ^= flip;
  return CheckResult::bad;
}

}  // namespace ocfs2
