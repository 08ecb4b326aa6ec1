// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bits in bytes: bit n is bit n mod 8 of byte n / 8, least significant first; set means in use. Searching and
// counting go 64 bits at a time. Ranges are half open, [first, end); bits beyond the bytes count as set and
// cannot be changed, so that no number from disk can lead outside.
#pragma once

#include <optional>

#include "ondisk/integers.h"

namespace ocfs2 {

/// A run of bits (or clusters, or blocks).
struct BitRun {
  u64 first = 0;
  u64 count = 0;
  constexpr bool operator==(const BitRun&) const = default;
};

constexpr bool test_bit(ConstBytes bits, u64 bit) {
  return bit / 8 >= bits.size() || (bits[bit / 8] >> (bit % 8) & 1) != 0;
}
constexpr void set_bit(Bytes bits, u64 bit) {
  if (bit / 8 < bits.size()) bits[bit / 8] |= static_cast<u8>(1u << (bit % 8));
}
constexpr void clear_bit(Bytes bits, u64 bit) {
  if (bit / 8 < bits.size()) bits[bit / 8] &= static_cast<u8>(~(1u << (bit % 8)));
}
void set_bits(Bytes bits, u64 first, u64 end);
void clear_bits(Bytes bits, u64 first, u64 end);

/// The first set (clear) bit in [first, end), or `end`.
u64 find_set_bit(ConstBytes bits, u64 first, u64 end);
u64 find_clear_bit(ConstBytes bits, u64 first, u64 end);

u64 count_set_bits(ConstBytes bits, u64 first, u64 end);
inline u64 count_clear_bits(ConstBytes bits, u64 first, u64 end) {
  return first < end ? end - first - count_set_bits(bits, first, end) : 0;
}

/// The next run of clear bits that begins in [first, end); count 0 when there is none.
BitRun next_clear_run(ConstBytes bits, u64 first, u64 end);
/// The longest run of clear bits in [first, end); the first of several. count 0 when all are set.
BitRun longest_clear_run(ConstBytes bits, u64 first, u64 end);
/// The first run of `wanted` clear bits in [first, end), cut to that length.
std::optional<BitRun> find_clear_run(ConstBytes bits, u64 first, u64 end, u64 wanted);

}  // namespace ocfs2
