// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/bitmap.h"

#include <catch2/catch.hpp>
#include <vector>

namespace ocfs2 {

TEST_CASE("bits count from the least significant of each byte", "[ondisk][bitmap]") {
  std::vector<u8> bits(4);
  set_bit(bits, 0);
  set_bit(bits, 10);
  CHECK(bits == std::vector<u8>{0x01, 0x04, 0x00, 0x00});
  CHECK(test_bit(bits, 10));
  CHECK_FALSE(test_bit(bits, 11));
  clear_bit(bits, 10);
  CHECK(bits[1] == 0);
}

TEST_CASE("what lies beyond the bytes is in use and stays so", "[ondisk][bitmap]") {
  std::vector<u8> bits(2);
  set_bit(bits, 16);
  clear_bit(bits, ~u64{0});
  set_bits(bits, 14, 4000);
  CHECK(bits == std::vector<u8>{0x00, 0xC0});
  CHECK(test_bit(bits, 16));
  CHECK(find_set_bit(bits, 16, 100) == 16);
  CHECK(find_clear_bit(bits, 14, 100) == 100);
  CHECK(count_set_bits(bits, 0, 20) == 6);
  CHECK(count_clear_bits(bits, 0, 20) == 14);
}

TEST_CASE("searching and counting agree with looking at each bit", "[ondisk][bitmap]") {
  std::vector<u8> bits(37);
  u32 seed = 7;
  for (u8& byte : bits) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<u8>(seed >> 28 == 0 ? 0xFF : seed >> 26 & seed >> 18);
  }
  for (u64 first = 0; first < 300; first += 7)
    for (u64 end = first; end < 300; end += 11) {
      u64 set = 0;
      u64 first_set = end;
      u64 first_clear = end;
      for (u64 bit = end; bit-- > first;) {
        set += test_bit(bits, bit) ? 1 : 0;
        (test_bit(bits, bit) ? first_set : first_clear) = bit;
      }
      REQUIRE(count_set_bits(bits, first, end) == set);
      REQUIRE(find_set_bit(bits, first, end) == first_set);
      REQUIRE(find_clear_bit(bits, first, end) == first_clear);
    }
}

TEST_CASE("ranges are set and cleared to the bit", "[ondisk][bitmap]") {
  for (u64 first = 0; first < 40; ++first)
    for (u64 end = first; end <= 40; ++end) {
      std::vector<u8> bits(5);
      set_bits(bits, first, end);
      REQUIRE(count_set_bits(bits, 0, 40) == end - first);
      REQUIRE(count_set_bits(bits, first, end) == end - first);
      std::vector<u8> full(5, 0xFF);
      clear_bits(full, first, end);
      REQUIRE(count_clear_bits(full, 0, 40) == end - first);
      REQUIRE(count_clear_bits(full, first, end) == end - first);
    }
}

TEST_CASE("runs of free bits", "[ondisk][bitmap]") {
  std::vector<u8> bits(32);
  set_bits(bits, 0, 10);
  set_bits(bits, 15, 100);
  set_bits(bits, 130, 200);

  CHECK(next_clear_run(bits, 0, 256) == BitRun{10, 5});
  CHECK(next_clear_run(bits, 12, 256) == BitRun{12, 3});
  CHECK(longest_clear_run(bits, 0, 256) == BitRun{200, 56});
  CHECK(longest_clear_run(bits, 0, 220) == BitRun{100, 30});
  CHECK(longest_clear_run(bits, 0, 10).count == 0);
  CHECK(find_clear_run(bits, 0, 256, 5) == BitRun{10, 5});
  CHECK(find_clear_run(bits, 0, 256, 20) == BitRun{100, 20});
  CHECK_FALSE(find_clear_run(bits, 0, 256, 57));
}

}  // namespace ocfs2
