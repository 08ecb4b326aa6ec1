// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/bitmap.h"

#include <algorithm>

namespace ocfs2 {
namespace {

/// The 64 bits from bit 64 × `index` on; what lies beyond the bytes reads as set.
u64 word_at(ConstBytes bits, u64 index) {
  const u64 at = index * 8;
  if (at + 8 <= bits.size()) return as<le64>(bits.subspan(at));
  u64 word = ~u64{0};
  for (u64 i = at; i < bits.size(); ++i) word ^= u64{static_cast<u8>(~bits[i])} << (8 * (i - at));
  return word;
}

/// The first bit in [first, end) that is set after XOR with `flip`, or `end`.
u64 find_bit(ConstBytes bits, u64 first, u64 end, u64 flip) {
  if (first >= end) return end;
  const u64 bytes_end = u64{bits.size()} * 8;
  for (u64 index = first / 64; index * 64 < end; ++index) {
    if (index * 64 >= bytes_end) return flip == 0 ? std::max(first, index * 64) : end;  // set from here on
    u64 word = word_at(bits, index) ^ flip;
    if (index == first / 64) word &= ~u64{0} << (first % 64);
    if (word != 0) return std::min(end, index * 64 + static_cast<u64>(std::countr_zero(word)));
  }
  return end;
}

/// Changes whole bytes at once, the bits at both ends one by one.
template <class Change>
void change_bits(Bytes bits, u64 first, u64 end, u8 whole_byte, Change change) {
  end = std::min(end, u64{bits.size()} * 8);
  while (first < end && first % 8 != 0) change(bits, first++);
  if (first < end) {
    std::fill(bits.begin() + static_cast<s64>(first / 8), bits.begin() + static_cast<s64>(end / 8),
              whole_byte);
    first = std::max(first, end / 8 * 8);
  }
  while (first < end) change(bits, first++);
}

}  // namespace

void set_bits(Bytes bits, u64 first, u64 end) { change_bits(bits, first, end, 0xFF, set_bit); }
void clear_bits(Bytes bits, u64 first, u64 end) { change_bits(bits, first, end, 0x00, clear_bit); }

u64 find_set_bit(ConstBytes bits, u64 first, u64 end) { return find_bit(bits, first, end, 0); }
u64 find_clear_bit(ConstBytes bits, u64 first, u64 end) { return find_bit(bits, first, end, ~u64{0}); }

u64 count_set_bits(ConstBytes bits, u64 first, u64 end) {
  if (first >= end) return 0;
  const u64 inside = std::min(end, u64{bits.size()} * 8);
  const u64 beyond = end - std::max(first, inside);
  u64 count = 0;
  for (u64 index = first / 64; index * 64 < inside; ++index) {
    u64 word = word_at(bits, index);
    if (index == first / 64) word &= ~u64{0} << (first % 64);
    if (inside - index * 64 < 64) word &= ~(~u64{0} << (inside - index * 64));
    count += static_cast<u64>(std::popcount(word));
  }
  return count + beyond;
}

BitRun next_clear_run(ConstBytes bits, u64 first, u64 end) {
  const u64 begin = find_clear_bit(bits, first, end);
  if (begin >= end) return {end, 0};
  return {begin, find_set_bit(bits, begin, end) - begin};
}

BitRun longest_clear_run(ConstBytes bits, u64 first, u64 end) {
  BitRun longest;
  for (BitRun run = next_clear_run(bits, first, end); run.count != 0;
       run = next_clear_run(bits, run.first + run.count, end))
    if (run.count > longest.count) longest = run;
  return longest;
}

std::optional<BitRun> find_clear_run(ConstBytes bits, u64 first, u64 end, u64 wanted) {
  for (BitRun run = next_clear_run(bits, first, end); run.count != 0;
       run = next_clear_run(bits, run.first + run.count, end))
    if (run.count >= wanted) return BitRun{run.first, wanted};
  return std::nullopt;
}

}  // namespace ocfs2
