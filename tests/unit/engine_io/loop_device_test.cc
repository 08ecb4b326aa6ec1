// SPDX-License-Identifier: GPL-2.0-or-later
//
// FileDevice on a real block device. These cases pass without a check where there are no loop devices or
// where we are not root.
#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/io/in_use.h"
#include "tests/worlds/loop_device.h"
#include "tests/worlds/random_bytes.h"
#include "tests/worlds/scratch_directory.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

using Catch::Matchers::Message;

constexpr u64 mebibyte = 1 << 20;

std::vector<u8> bytes_at(BlockDevice& device, u64 offset, u64 count) {
  std::vector<u8> bytes(count);
  device.read(offset, bytes);
  return bytes;
}

#define LOOP_OR_SKIP(loop, ...)                            \
  const auto loop = LoopDevice::over(__VA_ARGS__);         \
  if (!loop) {                                             \
    WARN("skipped: no loop devices here, or none for us"); \
    return;                                                \
  }

TEST_CASE("a block device is read and written past the page cache, in its own sectors", "[io][loop]") {
  const ScratchDirectory directory;
  const u32 sector = GENERATE(512u, 4096u);
  LOOP_OR_SKIP(loop, directory.sparse_file("image", 4 * mebibyte), {.sector_size = sector});
  const auto device = FileDevice::open(loop->path(), Access::exclusive);

  CHECK(device->is_block_device());
  CHECK(device->caching() == Caching::direct);
  CHECK(device->sector_size() == sector);
  CHECK(device->size_bytes() == 4 * mebibyte);

  const auto around = random_bytes(16384, 1);
  device->write(TestKey{}, 0, around);
  const auto inside = random_bytes(1000, 2);
  device->write(TestKey{}, 3000, inside);
  device->flush();
  CHECK(bytes_at(*device, 3000, 1000) == inside);
  CHECK(bytes_at(*device, 1, 2999) == std::vector<u8>(around.begin() + 1, around.begin() + 3000));
  CHECK(bytes_at(*device, 4000, 12384) == std::vector<u8>(around.begin() + 4000, around.end()));
  CHECK_THROWS_AS(bytes_at(*device, 4 * mebibyte - 10, 11), Error);

  std::vector<std::vector<u8>> pieces(100, std::vector<u8>(1024));
  std::vector<ReadRequest> requests;
  for (u64 i = 0; i < 100; ++i) requests.push_back({1024 * (99 - i), pieces[i]});
  device->read_many(requests);
  CHECK(pieces[99] == std::vector<u8>(around.begin(), around.begin() + 1024));
}

TEST_CASE("zeroing a block device asks it where it can, and otherwise writes only what is not zero",
          "[io][loop]") {
  const ScratchDirectory directory;
  LOOP_OR_SKIP(loop, directory.sparse_file("image", 8 * mebibyte), {});
  const auto device = FileDevice::open(loop->path(), Access::exclusive);
  const auto text = random_bytes(4096, 1);

  SECTION("whole sectors") {
    device->write(TestKey{}, mebibyte, random_bytes(mebibyte, 1));
    const u64 written = device->counters().bytes_written;
    device->zero(TestKey{}, mebibyte, mebibyte - 512);
    CHECK(bytes_at(*device, mebibyte, mebibyte - 512) == std::vector<u8>(mebibyte - 512));
    CHECK(bytes_at(*device, 2 * mebibyte - 512, 1).front() != 0);
    CHECK((device->counters().bytes_zeroed == mebibyte - 512 || device->counters().bytes_written > written));
  }
  SECTION("parts of sectors: by looking") {
    for (const u64 offset : {0ul, 100 * 4096ul, 5 * mebibyte - 4096, 6 * mebibyte})
      device->write(TestKey{}, offset, text);
    const u64 written = device->counters().bytes_written;
    device->zero(TestKey{}, 1, 6 * mebibyte + 99);
    CHECK(device->counters().bytes_written - written < 65536);
    CHECK(device->counters().bytes_zeroed == 0);
    CHECK(bytes_at(*device, 0, 1).front() == text[0]);
    CHECK(bytes_at(*device, 1, 6 * mebibyte + 99) == std::vector<u8>(6 * mebibyte + 99));
    CHECK(bytes_at(*device, 6 * mebibyte + 100, 1).front() == text[100]);
  }
}

TEST_CASE("a block device takes the hint to discard", "[io][loop]") {
  const ScratchDirectory directory;
  LOOP_OR_SKIP(loop, directory.sparse_file("image", 4 * mebibyte), {});
  const auto device = FileDevice::open(loop->path(), Access::exclusive);
  device->write(TestKey{}, 0, random_bytes(2 * mebibyte, 1));
  if (!device->discard(TestKey{}, 100, mebibyte)) return;       // the file system below cannot
  CHECK(device->counters().bytes_discarded == mebibyte - 512);  // the whole sectors in the range
  CHECK(bytes_at(*device, 0, 1).front() != 0);
  CHECK(bytes_at(*device, mebibyte + 100, 1).front() != 0);
}

TEST_CASE("who holds a block device alone keeps others out", "[io][loop]") {
  const ScratchDirectory directory;
  LOOP_OR_SKIP(loop, directory.sparse_file("image", mebibyte), {});
  const auto holder = FileDevice::open(loop->path(), Access::exclusive);

  CHECK_THROWS_MATCHES(
      FileDevice::open(loop->path(), Access::exclusive), Error,
      Message(loop->path() + ": is in use: mounted, or part of another device, or open in another program"));
  CHECK_NOTHROW(FileDevice::open(loop->path(), Access::read_only));
  const auto uses = uses_of(loop->path());
  REQUIRE(uses.size() == 1);
  CHECK(use_text(uses[0]) == loop->path() + " is in use by another program");
}

TEST_CASE("a write-protected block device cannot be opened for writing", "[io][loop]") {
  const ScratchDirectory directory;
  LOOP_OR_SKIP(loop, directory.sparse_file("image", mebibyte), {.read_only = true});
  CHECK_THROWS_MATCHES(FileDevice::open(loop->path(), Access::read_write), Error,
                       Message(loop->path() + ": is read-only and cannot be changed"));
  CHECK(bytes_at(*FileDevice::open(loop->path(), Access::read_only), 0, 512) == std::vector<u8>(512));
}

TEST_CASE("an image file that is a loop device is in use as that", "[io][loop]") {
  const ScratchDirectory directory;
  const std::string image = directory.sparse_file("image", mebibyte);
  CHECK(uses_of(image).empty());
  LOOP_OR_SKIP(loop, image, {});
  const auto uses = uses_of(image);
  REQUIRE(uses.size() == 1);
  CHECK(use_text(uses[0]) == image + " is attached as " + loop->path());
  CHECK(uses_of(loop->path()).empty());
}

}  // namespace
}  // namespace ocfs2
