// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes, zeros and reads in any order: whoever reads sees what was written last, and after a flush the
// device has it.
#include "engine/io/gathered_writes.h"

#include <catch2/catch.hpp>
#include <random>

#include "engine/error.h"
#include "engine/io/memory_device.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {

TEST_CASE("gathered writes are read as they were written, and flushed", "[io]") {
  constexpr u64 size = 12 << 20, unit = 512;
  MemoryDevice device(size), model(size);
  GatheredWrites gathered(device);
  std::mt19937 random(7);
  const auto below = [&](u64 limit) { return random() % limit; };
  const auto compare = [&](BlockDevice& other, u64 offset, u64 length) {
    std::vector<u8> found(length), expected(length);
    other.read(offset, found);
    model.read(offset, expected);
    REQUIRE((found == expected));
  };
  for (int step = 0; step < 4000; ++step) {
    const u64 most = below(20) == 0 ? size / 2 : 64 * unit;
    const u64 offset = below((size - most) / unit) * unit, length = (1 + below(most / unit)) * unit;
    const std::vector<u8> bytes(length, static_cast<u8>(step));
    switch (below(6)) {
      case 0:
        gathered.zero(TestKey{}, offset, length);
        model.zero(TestKey{}, offset, length);
        break;
      case 1:
        compare(gathered, offset, length);
        break;
      case 2: {
        const WriteRequest requests[] = {{offset, bytes}};
        gathered.write_many(TestKey{}, requests);
        model.write(TestKey{}, offset, bytes);
        break;
      }
      default:
        gathered.write(TestKey{}, offset, bytes);
        model.write(TestKey{}, offset, bytes);
    }
  }
  gathered.flush();
  compare(device, 0, size);
}

TEST_CASE("what is gathered waits for company", "[io]") {
  MemoryDevice device(1 << 20);
  GatheredWrites gathered(device);
  const std::vector<u8> bytes(512, 7), zeros(512);
  gathered.write(TestKey{}, 0, bytes);
  std::vector<u8> found(512);
  device.read(0, found);
  CHECK((found == zeros));
  gathered.read(512, found);  // somewhere else
  device.read(0, found);
  CHECK((found == zeros));
  gathered.read(0, found);
  CHECK((found == bytes));
  CHECK_THROWS_AS(gathered.write(TestKey{}, 1 << 20, bytes), Error);
}

}  // namespace ocfs2
