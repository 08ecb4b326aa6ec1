// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/io/memory_device.h"
#include "engine/io/overlay_device.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

constexpr u64 size_bytes = 10 * OverlayDevice::piece_bytes + 512;  // the last piece is cut off

/// Every byte tells where it lies.
MemoryDevice numbered_device() {
  MemoryDevice device(size_bytes);
  std::vector<u8> bytes(size_bytes);
  for (u64 at = 0; at < size_bytes; ++at) bytes[at] = static_cast<u8>(1 + at % 251);
  device.write(TestKey{}, 0, bytes);
  return device;
}

std::vector<u8> content(BlockDevice& device) {
  std::vector<u8> bytes(device.size_bytes());
  device.read(0, bytes);
  return bytes;
}

}  // namespace

TEST_CASE("what is written to an overlay is read from it, and the device below stays", "[overlay]") {
  MemoryDevice below = numbered_device();
  const std::vector<u8> before = content(below);
  OverlayDevice overlay(below, u64{1} << 20);
  std::vector<u8> expected = before;
  const auto [offset, length] =
      GENERATE(std::pair<u64, u64>{0, 512}, std::pair<u64, u64>{4095, 2}, std::pair<u64, u64>{100, 20000},
               std::pair<u64, u64>{8192, 8192}, std::pair<u64, u64>{size_bytes - 512, 512});
  SECTION("bytes") {
    overlay.write(TestKey{}, offset, std::vector<u8>(length, 0xEE));
    std::fill_n(expected.begin() + static_cast<long>(offset), length, u8{0xEE});
  }
  SECTION("zeros") {
    overlay.zero(TestKey{}, offset, length);
    std::fill_n(expected.begin() + static_cast<long>(offset), length, u8{0});
  }
  SECTION("zeros, and bytes on them") {
    overlay.zero(TestKey{}, 0, size_bytes);
    overlay.write(TestKey{}, offset, std::vector<u8>(length, 0xEE));
    std::ranges::fill(expected, u8{0});
    std::fill_n(expected.begin() + static_cast<long>(offset), length, u8{0xEE});
  }
  CHECK(content(overlay) == expected);
  std::vector<u8> a(300), b(5000);
  ReadRequest requests[] = {{offset / 2, a}, {1, b}};
  overlay.read_many(requests);
  CHECK(std::ranges::equal(a, std::span(expected).subspan(offset / 2, 300)));
  CHECK(std::ranges::equal(b, std::span(expected).subspan(1, 5000)));
  CHECK(content(below) == before);
}

TEST_CASE("an overlay holds as much as it may, and zeros cost nothing", "[overlay]") {
  MemoryDevice below(u64{1} << 30);
  OverlayDevice overlay(below, 2 * OverlayDevice::piece_bytes);
  overlay.zero(TestKey{}, 0, u64{1} << 30);
  CHECK(overlay.held_bytes() == 0);
  overlay.write(TestKey{}, 0, std::vector<u8>(2 * OverlayDevice::piece_bytes, 1));
  CHECK(overlay.held_bytes() == 2 * OverlayDevice::piece_bytes);
  CHECK_THROWS_AS(overlay.write(TestKey{}, u64{1} << 20, std::vector<u8>(1, 1)), Error);
  overlay.zero(TestKey{}, 0, OverlayDevice::piece_bytes);
  CHECK_NOTHROW(overlay.write(TestKey{}, u64{1} << 20, std::vector<u8>(1, 1)));
}

TEST_CASE("an overlay has no bytes behind the device's end", "[overlay]") {
  MemoryDevice below = numbered_device();
  OverlayDevice overlay(below, u64{1} << 20);
  std::vector<u8> one(1);
  CHECK_THROWS_AS(overlay.read(size_bytes, one), Error);
  CHECK_THROWS_AS(overlay.write(TestKey{}, size_bytes, one), Error);
  CHECK_THROWS_AS(overlay.zero(TestKey{}, size_bytes - 1, 2), Error);
}

}  // namespace ocfs2
