// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/undo_file.h"

#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "tests/worlds/faulty_device.h"
#include "tests/worlds/random_bytes.h"
#include "tests/worlds/recording_device.h"
#include "tests/worlds/scratch_directory.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

using Catch::Matchers::Contains;

constexpr u64 mebibyte = 1 << 20;
constexpr u64 volume_bytes = 4 * mebibyte + 512;  // ends in the middle of a unit

MemoryDevice a_volume(u64 seed) {
  MemoryDevice volume(volume_bytes, "volume");
  volume.write(TestKey{}, 0, random_bytes(volume_bytes - mebibyte, seed));  // and some zeros at the end
  return volume;
}

/// A command that changes the volume in all ways there are, some places twice.
void work(BlockDevice& device) {
  device.write(TestKey{}, 8192, random_bytes(4096, 100));
  device.write(TestKey{}, 1000, random_bytes(100, 101));
  device.flush();
  device.write(TestKey{}, 4000, random_bytes(20000, 102));
  device.write(TestKey{}, 8192, random_bytes(4096, 103));
  device.zero(TestKey{}, mebibyte, mebibyte);
  device.discard(TestKey{}, 2 * mebibyte, 65536);
  const auto small = random_bytes(512, 104);
  const WriteRequest scattered[] = {{mebibyte + 512, small}, {3 * mebibyte, small}, {mebibyte, small}};
  device.write_many(TestKey{}, scattered);
  device.write(TestKey{}, volume_bytes - 100, random_bytes(100, 105));
  device.flush();
}

std::string refusal(BlockDevice& store, BlockDevice& device) {
  try {
    UndoReader(store).restore(device);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// The volume and its undo file, recorded on one timeline.
struct World {
  std::shared_ptr<Timeline> timeline = std::make_shared<Timeline>();
  RecordingDevice volume{a_volume(1), timeline};
  RecordingDevice store{MemoryDevice(8 * mebibyte, "undo"), timeline};
};

TEST_CASE("what a command did is undone, byte by byte", "[io][undo]") {
  World world;
  UndoDevice device(world.volume, world.store);
  work(device);
  device.finish();
  MemoryDevice changed = world.volume.now();
  REQUIRE_FALSE(changed.same_content(world.volume.initial()));

  MemoryDevice store = world.store.now();
  UndoReader reader(store);
  CHECK(reader.device_name() == "volume");
  CHECK(reader.saved_bytes() == device.saved_bytes());
  reader.restore(changed);

  CHECK(changed.same_content(world.volume.initial()));
}

TEST_CASE("old bytes are kept once, and zeros that stay zeros not at all", "[io][undo]") {
  World world;
  UndoDevice device(world.volume, world.store);
  device.write(TestKey{}, 100, random_bytes(10, 1));
  CHECK(device.saved_bytes() == 4096);
  const std::size_t events = world.timeline->size();
  device.write(TestKey{}, 200, random_bytes(3000, 2));
  CHECK(world.timeline->size() == events + 1);  // the write itself

  device.zero(TestKey{}, volume_bytes - mebibyte, mebibyte);
  CHECK(device.saved_bytes() == 4096);
  CHECK_FALSE(device.discard(TestKey{}, 0, mebibyte));
  CHECK(world.volume.now().same_content(world.volume.after(world.timeline->size())));
}

TEST_CASE("neighbours that are written together share what is kept of them", "[io][undo]") {
  World world;
  UndoDevice device(world.volume, world.store);
  const std::size_t before = world.timeline->size();
  const auto block = random_bytes(1024, 106);
  std::vector<WriteRequest> requests;
  for (u64 i = 0; i < 64; ++i) requests.push_back({mebibyte + i * 1024, block});
  device.write_many(TestKey{}, requests);
  const DeviceEvent& kept = world.timeline->at(before);
  CHECK(kept.device == &world.store);
  CHECK(kept.length < 64 * 1024 + 4096);
}

TEST_CASE("a crash at any moment can be undone", "[io][undo]") {
  World world;
  UndoDevice device(world.volume, world.store);
  work(device);
  device.finish();

  u32 without_file = 0;
  for (std::size_t moment = 0; moment <= world.timeline->size(); ++moment) {
    for (u64 seed = 0; seed < 8; ++seed) {
      MemoryDevice volume = world.volume.after_power_loss(moment, seed);
      MemoryDevice store = world.store.after_power_loss(moment, seed + 1000);
      CAPTURE(moment, seed);
      if (volume.same_content(world.volume.initial()) && !refusal(store, volume).empty())
        ++without_file;  // the header itself was lost: nothing had been changed yet
      else
        UndoReader(store = world.store.after_power_loss(moment, seed + 1000)).restore(volume);
      REQUIRE(volume.same_content(world.volume.initial()));
    }
  }
  CHECK(without_file < 32);
}

TEST_CASE("an undo that dies is simply run again", "[io][undo]") {
  World world;
  UndoDevice device(world.volume, world.store);
  work(device);
  device.finish();

  const auto timeline = std::make_shared<Timeline>();
  RecordingDevice volume(world.volume.now(), timeline), store(world.store.now(), timeline);
  UndoReader(store).restore(volume);
  REQUIRE(volume.now().same_content(world.volume.initial()));

  for (std::size_t moment = 0; moment < timeline->size(); ++moment)
    for (u64 seed = 0; seed < 8; ++seed) {
      MemoryDevice half = volume.after_power_loss(moment, seed);
      MemoryDevice half_store = store.after_power_loss(moment, seed + 1000);
      CAPTURE(moment, seed);
      if (!half.same_content(world.volume.initial())) UndoReader(half_store).restore(half);
      REQUIRE(half.same_content(world.volume.initial()));
    }
}

TEST_CASE("an undo file does not touch what it was not made for", "[io][undo]") {
  World world;
  UndoDevice device(world.volume, world.store);
  work(device);
  device.finish();
  MemoryDevice changed = world.volume.now();
  MemoryDevice store = world.store.now();

  SECTION("another volume of the same size") {
    MemoryDevice other = a_volume(2);
    const MemoryDevice before = other;
    CHECK_THAT(refusal(store, other), Contains("is another device, or was changed by something else since"));
    CHECK(other.same_content(before));
  }
  SECTION("a volume of another size") {
    MemoryDevice other(mebibyte, "other");
    CHECK(refusal(store, other) == "undo: was made for volume with 4194816 bytes, but other has 1048576");
  }
  SECTION("the volume after somebody else changed what would be put back") {
    changed.write(TestKey{}, 8192, random_bytes(512, 7));
    CHECK_THAT(refusal(store, changed), Contains("changed by something else since"));
  }
  SECTION("a volume that was put back already") {
    UndoReader(store).restore(changed);
    CHECK_THAT(refusal(store, changed), Contains("was put back already"));
  }
}

TEST_CASE("a damaged undo file is refused as a whole", "[io][undo]") {
  World world;
  UndoDevice device(world.volume, world.store);
  work(device);
  MemoryDevice changed = world.volume.now();
  MemoryDevice store = world.store.now();
  const auto damage = [&](u64 offset) { store.write(TestKey{}, offset, random_bytes(4, 99)); };

  SECTION("its first bytes") {
    damage(0);
    CHECK(refusal(store, changed) == "undo: is not an undo file");
  }
  SECTION("its header") {
    damage(100);
    CHECK(refusal(store, changed) == "undo: the header of this undo file is damaged");
  }
  SECTION("the header of a record that more followed") {
    damage(4096 + 8);
    CHECK_THAT(refusal(store, changed), Contains("is damaged at byte 4096"));
  }
  SECTION("the old bytes in it") {
    damage(4096 + 100);
    CHECK_THAT(refusal(store, changed), Contains("is damaged at byte 4096"));
  }
  CHECK(changed.same_content(world.volume.now()));
}

TEST_CASE("nothing is overwritten that could not be kept", "[io][undo]") {
  MemoryDevice volume = a_volume(1), store_memory(mebibyte, "undo");
  FaultyDevice store(store_memory);
  UndoDevice device(volume, store);
  const auto change = [&] { device.write(TestKey{}, 0, random_bytes(4096, 5)); };

  const auto failing = GENERATE(Call::write, Call::flush);
  store.fail_call(failing, 1, ENOSPC);
  CHECK_THROWS_AS(change(), Error);
  CHECK(volume.same_content(a_volume(1)));

  change();
  UndoReader(store).restore(volume);
  CHECK(volume.same_content(a_volume(1)));
}

TEST_CASE("an undo file is a file like any other", "[io][undo]") {
  const ScratchDirectory directory;
  MemoryDevice volume = a_volume(1);
  {
    const auto file = FileDevice::create(directory / "undo");
    UndoDevice device(volume, *file);
    work(device);
    device.finish();
  }
  const auto file = FileDevice::open(directory / "undo", Access::read_write);
  file->let_grow();
  UndoReader(*file).restore(volume);
  CHECK(volume.same_content(a_volume(1)));
}

}  // namespace
}  // namespace ocfs2
