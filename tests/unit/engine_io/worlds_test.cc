// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tests' own devices: what they promise is what every crash test rests on.
#include <catch2/catch.hpp>

#include <set>

#include "engine/error.h"
#include "tests/worlds/faulty_device.h"
#include "tests/worlds/random_bytes.h"
#include "tests/worlds/recording_device.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

constexpr u64 mebibyte = 1 << 20;

u8 byte_at(MemoryDevice device, u64 offset) {
  u8 byte = 0;
  device.read(offset, {&byte, 1});
  return byte;
}

TEST_CASE("a recorded device can be had as it was after any event", "[io][worlds]") {
  MemoryDevice initial(mebibyte);
  initial.write(TestKey{}, 0, std::vector<u8>(10, 1));
  RecordingDevice device(initial);

  device.write(TestKey{}, 0, std::vector<u8>(10, 2));
  device.flush();
  device.zero(TestKey{}, 0, 5);
  device.write(TestKey{}, 0, std::vector<u8>(1, 3));

  REQUIRE(device.events() == 4);
  CHECK(device.after(0).same_content(initial));
  CHECK(byte_at(device.after(1), 0) == 2);
  CHECK(byte_at(device.after(3), 0) == 0);
  CHECK(byte_at(device.after(3), 5) == 2);
  CHECK(device.after(4).same_content(device.now()));
}

TEST_CASE("power loss keeps what was flushed and loses any part of the rest", "[io][worlds]") {
  RecordingDevice device{MemoryDevice(mebibyte)};
  device.write(TestKey{}, 0, std::vector<u8>(512, 1));
  device.flush();
  device.write(TestKey{}, 0, std::vector<u8>(4 * 512, 2));
  device.write(TestKey{}, 8192, std::vector<u8>(512, 3));

  std::set<std::vector<u8>> outcomes;
  for (u64 seed = 0; seed < 2000; ++seed) {
    MemoryDevice left = device.after_power_loss(4, seed);
    CHECK(left.same_content(device.after_power_loss(4, seed)));
    std::vector<u8> firsts;
    for (u64 sector = 0; sector < 4; ++sector) {
      firsts.push_back(byte_at(left, sector * 512));
      CHECK(byte_at(left, sector * 512) == byte_at(left, sector * 512 + 511));  // no sector is torn
    }
    CHECK(firsts[0] >= 1);
    firsts.push_back(byte_at(left, 8192));
    outcomes.insert(firsts);
  }
  CHECK(outcomes.size() == 32);  // five sectors, each old or new
}

TEST_CASE("two devices on one timeline share their moments", "[io][worlds]") {
  const auto timeline = std::make_shared<Timeline>();
  RecordingDevice log(MemoryDevice(mebibyte, "log"), timeline),
      data(MemoryDevice(mebibyte, "data"), timeline);

  log.write(TestKey{}, 0, std::vector<u8>(1, 1));
  data.write(TestKey{}, 0, std::vector<u8>(1, 2));

  CHECK(byte_at(log.after(1), 0) == 1);
  CHECK(byte_at(data.after(1), 0) == 0);
  CHECK(byte_at(data.after(2), 0) == 2);
}

TEST_CASE("a faulty device fails the call that it was told to", "[io][worlds]") {
  MemoryDevice good(mebibyte, "disk");
  FaultyDevice device(good);
  const std::vector<u8> bytes(4096, 7);

  SECTION("once") {
    device.fail_call(Call::write, 2, ENOSPC);
    device.write(TestKey{}, 0, bytes);
    CHECK_THROWS_MATCHES(
        device.write(TestKey{}, 4096, bytes), Error,
        Catch::Matchers::Message("disk: cannot write 4096 bytes at offset 4096: No space left on device"));
    CHECK(byte_at(good, 4096) == 0);
    device.write(TestKey{}, 4096, bytes);
    CHECK(byte_at(good, 4096) == 7);
    CHECK(device.calls(Call::write) == 3);
  }
  SECTION("from then on, until it is healed") {
    device.fail_from_call(Call::flush, 2, EIO);
    device.flush();
    CHECK_THROWS_AS(device.flush(), Error);
    CHECK_THROWS_AS(device.flush(), Error);
    device.heal();
    device.flush();
  }
  SECTION("where it has a bad block") {
    device.fail_reads_in(8192, 512);
    std::vector<u8> a(4096), b(4096), c(4096);
    ReadRequest requests[] = {{4096, a}, {8192, b}, {12288, c}};
    device.read_many(requests);
    CHECK(requests[0].error == 0);
    CHECK(requests[1].error == EIO);
    CHECK(requests[2].error == 0);
    CHECK_THROWS_AS(device.read(8000, a), Error);
  }
  SECTION("by leaving noise where it was told to discard") {
    device.discard_leaves_noise();
    CHECK(device.discard(TestKey{}, 4096, 4096));
    CHECK(byte_at(good, 4095) == 0);
    CHECK(byte_at(good, 4096) == 0xDD);
    CHECK(byte_at(good, 8191) == 0xDD);
    CHECK(byte_at(good, 8192) == 0);
  }
}

}  // namespace
}  // namespace ocfs2
