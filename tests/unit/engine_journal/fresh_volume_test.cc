// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/fresh_volume.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/error.h"
#include "ondisk/geometry.h"
#include "tests/worlds/faulty_device.h"
#include "tests/worlds/recording_device.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {

namespace {

constexpr u32 block_size = 4096;
constexpr u64 five_gib = u64{5} << 30;
constexpr BlockNo some_block{1000};

std::vector<u8> super_bytes() {
  std::vector<u8> bytes(block_size);
  std::copy_n("OCFSV2", 6, bytes.begin());
  return bytes;
}

bool holds_super(BlockDevice& device, u64 offset) {
  std::vector<u8> bytes(6);
  device.read(offset, bytes);
  return std::equal(bytes.begin(), bytes.end(), "OCFSV2");
}
bool holds_primary(BlockDevice& device) {
  return holds_super(device, 1024) || holds_super(device, 2048) || holds_super(device, 4096) ||
         holds_super(device, 8192);
}
bool holds_backup(BlockDevice& device) {
  return holds_super(device, Geometry::backup_super_byte(0)) ||
         holds_super(device, Geometry::backup_super_byte(1));
}

/// A device of 5 GiB with a volume of some block size on it.
MemoryDevice used_device(u64 primary = 2048) {
  MemoryDevice device(five_gib);
  for (const u64 offset : {primary, Geometry::backup_super_byte(0), Geometry::backup_super_byte(1)})
    device.write(TestKey{}, offset, super_bytes());
  return device;
}

/// A format of one block and three superblocks.
void format(BlockDevice& device) {
  FreshVolume fresh(device, block_size);
  fresh.begin(true);
  const std::vector<u8> block(block_size, 7);
  const BlockImage image{some_block, block};
  fresh.commit({&image, 1});
  const std::vector<u8> super = super_bytes();
  const BlockImage supers[] = {{super_block_no, super}, {BlockNo(262144), super}, {BlockNo(1048576), super}};
  fresh.finish(supers);
}

u8 first_byte(BlockDevice& device, BlockNo block) {
  u8 byte;
  device.read(block.value * block_size, {&byte, 1});
  return byte;
}

}  // namespace

TEST_CASE("A fresh volume is there with all it consists of", "[fresh]") {
  MemoryDevice device = used_device();
  format(device);
  CHECK(holds_super(device, 8192));
  CHECK_FALSE(holds_super(device, 2048));
  CHECK(holds_backup(device));
  CHECK(first_byte(device, some_block) == 7);
}

TEST_CASE("Formatting that dies at any moment leaves the old volume, none, or the whole new one", "[fresh]") {
  RecordingDevice device(used_device());
  format(device);
  for (std::size_t moment = 0; moment <= device.events(); ++moment)
    for (u64 seed = 0; seed < 8; ++seed) {
      MemoryDevice left = device.after_power_loss(moment, seed);
      if (holds_super(left, 8192)) {
        CHECK(first_byte(left, some_block) == 7);
        CHECK(holds_super(left, Geometry::backup_super_byte(0)));
        CHECK(holds_super(left, Geometry::backup_super_byte(1)));
      }
      // Nothing that could bring the old volume back over the new one outlives the old superblock.
      if (moment < device.events() / 2 && !holds_super(left, 2048)) CHECK_FALSE(holds_backup(left));
    }
}

TEST_CASE("An old volume of any block size cannot be opened once formatting has begun", "[fresh]") {
  const u64 primary = GENERATE(1024u, 2048u, 4096u, 8192u);
  MemoryDevice device = used_device(primary);
  FreshVolume fresh(device, block_size);
  fresh.begin(false);
  CHECK_FALSE(holds_primary(device));
  CHECK_FALSE(holds_backup(device));
  fresh.abandon();
}

TEST_CASE("The places of backups are wiped once more after a discard, which may leave anything", "[fresh]") {
  RecordingDevice device(used_device());
  FreshVolume fresh(device, block_size);
  fresh.begin(true);
  const Timeline& events = device.timeline();
  const auto discard = std::find_if(events.begin(), events.end(), [](const DeviceEvent& event) {
    return event.what == DeviceEvent::What::discard;
  });
  REQUIRE(discard != events.end());
  CHECK(discard->offset == 1 << 20);  // the ends stay as they were wiped
  CHECK(discard->length == five_gib - (2 << 20));
  for (const u32 backup : {0, 1})
    CHECK(std::any_of(discard, events.end(), [backup](const DeviceEvent& event) {
      return event.what == DeviceEvent::What::zero && event.offset == Geometry::backup_super_byte(backup);
    }));
  fresh.abandon();
}

TEST_CASE("Formatting that fails takes itself away", "[fresh]") {
  MemoryDevice memory = used_device();
  FaultyDevice device(memory);
  SECTION("at the primary superblock") { device.fail_call(Call::write, 4, EIO); }
  SECTION("at the last flush") { device.fail_call(Call::flush, 6, EIO); }
  CHECK_THROWS_AS(format(device), Error);
  CHECK_FALSE(holds_primary(memory));
  CHECK_FALSE(holds_backup(memory));
}

TEST_CASE("A device that fails for good ends formatting with its own error", "[fresh]") {
  MemoryDevice memory = used_device();
  FaultyDevice device(memory);
  device.fail_from_call(Call::write, 2, EIO);
  device.fail_from_call(Call::zero, 9, EIO);
  CHECK_THROWS_AS(format(device), Error);
}

TEST_CASE("Blocks go out in device order", "[fresh]") {
  RecordingDevice device{MemoryDevice(five_gib)};
  FreshVolume fresh(device, block_size);
  const std::vector<u8> block(block_size, 7);
  std::vector<BlockImage> images;
  for (u64 i = 600; i-- > 0;) images.push_back({some_block + i, block});
  images.push_back({BlockNo(500), block});
  fresh.commit(images);
  REQUIRE(device.events() == 601);
  CHECK(device.timeline()[0].offset == 500 * block_size);
  for (u64 i = 0; i < 600; ++i) CHECK(device.timeline()[i + 1].offset == (1000 + i) * block_size);
}

TEST_CASE("Contents of files are written and zeroed at their bytes", "[fresh]") {
  MemoryDevice device(1 << 20);
  device.write(TestKey{}, 0, std::vector<u8>(8192, 9));
  FreshVolume fresh(device, block_size);
  fresh.zero_data(0, 4096);
  fresh.write_data(100, std::vector<u8>{1, 2, 3});
  CHECK(first_byte(device, BlockNo(0)) == 0);
  CHECK(first_byte(device, BlockNo(1)) == 9);
  u8 byte;
  device.read(101, {&byte, 1});
  CHECK(byte == 2);
}

}  // namespace ocfs2
