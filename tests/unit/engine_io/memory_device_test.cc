// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/memory_device.h"

#include <catch2/catch.hpp>

#include "engine/error.h"
#include "tests/worlds/random_bytes.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

constexpr u64 tebibyte = u64{1} << 40;
constexpr u64 piece = MemoryDevice::piece_bytes;

std::vector<u8> bytes_at(BlockDevice& device, u64 offset, u64 count) {
  std::vector<u8> bytes(count);
  device.read(offset, bytes);
  return bytes;
}

TEST_CASE("a device in memory holds what was written, and memory only for that", "[io][memory]") {
  MemoryDevice device(10 * tebibyte);
  const auto written = random_bytes(3000, 1);

  device.write(TestKey{}, 7 * tebibyte - 1000, written);  // across a piece's end

  CHECK(bytes_at(device, 7 * tebibyte - 1000, 3000) == written);
  CHECK(bytes_at(device, 7 * tebibyte - 1001, 1).front() == 0);
  CHECK(bytes_at(device, 7 * tebibyte + 2000, 1).front() == 0);
  CHECK(device.held_bytes() == 2 * piece);
}

TEST_CASE("zeroing a device in memory gives whole pieces back", "[io][memory]") {
  MemoryDevice device(tebibyte);
  device.write(TestKey{}, 0, random_bytes(4 * piece, 1));

  SECTION("inside one piece") {
    device.zero(TestKey{}, 100, 50);
    const auto left = bytes_at(device, 99, 52);
    CHECK(left.front() != 0);
    CHECK(std::count(left.begin(), left.end(), 0) == 50);
    CHECK(left.back() != 0);
  }
  SECTION("from one piece into the third") {
    device.zero(TestKey{}, piece - 1, piece + 2);
    CHECK(device.held_bytes() == 3 * piece);
    CHECK(bytes_at(device, piece - 2, 1).front() != 0);
    CHECK(bytes_at(device, piece - 1, piece + 2) == std::vector<u8>(piece + 2));
    CHECK(bytes_at(device, 2 * piece + 1, 1).front() != 0);
  }
  SECTION("all of it") {
    device.zero(TestKey{}, 0, tebibyte);
    CHECK(device.held_bytes() == 0);
  }
}

TEST_CASE("a copy of a device in memory is a snapshot", "[io][memory]") {
  MemoryDevice device(tebibyte);
  device.write(TestKey{}, 0, random_bytes(100, 1));
  const MemoryDevice snapshot = device;
  REQUIRE(device.same_content(snapshot));

  device.write(TestKey{}, 50, random_bytes(10, 2));

  CHECK_FALSE(device.same_content(snapshot));
  MemoryDevice again = snapshot;
  CHECK(bytes_at(again, 0, 100) == random_bytes(100, 1));
}

TEST_CASE("devices with the same bytes are the same, whatever was done to get there", "[io][memory]") {
  MemoryDevice touched(tebibyte), untouched(tebibyte);
  touched.write(TestKey{}, 5, std::vector<u8>(10));
  CHECK(touched.same_content(untouched));
  CHECK(untouched.same_content(touched));
}

TEST_CASE("requests past the end of a device name it and the range", "[io][memory]") {
  MemoryDevice device(1000, "small");
  std::vector<u8> two(2);
  const auto message = Catch::Matchers::Message(
      "small: cannot read 2 bytes at offset 999: past the end of the device (1000 bytes)");
  CHECK_THROWS_MATCHES(device.read(999, two), Error, message);
  CHECK_THROWS_AS(device.read(~u64{0}, two), Error);
  CHECK_THROWS_AS(device.write(TestKey{}, 999, two), Error);
  CHECK_THROWS_AS(device.zero(TestKey{}, 1, ~u64{0}), Error);

  ReadRequest requests[] = {{999, two}, {0, two}};
  device.read_many(requests);
  CHECK(requests[0].error == EIO);
  CHECK(requests[1].error == 0);
}

}  // namespace
}  // namespace ocfs2
