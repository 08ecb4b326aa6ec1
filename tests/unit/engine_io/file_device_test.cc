// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/file_device.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "engine/error.h"
#include "engine/io/offset_device.h"
#include "engine/io/open_file.h"
#include "tests/worlds/random_bytes.h"
#include "tests/worlds/scratch_directory.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::Message;

constexpr u64 mebibyte = 1 << 20;

std::vector<u8> bytes_at(BlockDevice& device, u64 offset, u64 count) {
  std::vector<u8> bytes(count);
  device.read(offset, bytes);
  return bytes;
}

u64 bytes_on_disk(const std::string& path) {
  struct stat facts {};
  REQUIRE(stat(path.c_str(), &facts) == 0);
  return static_cast<u64>(facts.st_blocks) * 512;
}

/// The message and kind of the error that opening gives.
std::pair<ErrorKind, std::string> opening_fails(const std::string& path, Access access) {
  try {
    FileDevice::open(path, access);
  } catch (const Error& error) {
    return {error.kind(), error.what()};
  }
  FAIL("opened");
  return {};
}

TEST_CASE("opening says exactly what is wrong with a path", "[io][file]") {
  const ScratchDirectory directory;

  SECTION("nothing there") {
    const std::string path = directory / "absent";
    const auto [kind, words] = opening_fails(path, Access::read_only);
    CHECK(kind == ErrorKind::not_found);
    CHECK(words == path + ": there is no such device or file");
  }
  SECTION("a directory") {
    const std::string path = directory / "";
    const auto [kind, words] = opening_fails(path, Access::read_only);
    CHECK(kind == ErrorKind::invalid_argument);
    CHECK(words == path + ": is a directory; give a block device or an image file");
  }
  SECTION("a character device") {
    CHECK(opening_fails("/dev/null", Access::read_write).second ==
          "/dev/null: is a character device; give a block device or an image file");
  }
  SECTION("a pipe, without waiting for its writer") {
    const std::string path = directory / "pipe";
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    CHECK_THAT(opening_fails(path, Access::read_only).second, Contains("is a pipe"));
  }
  SECTION("another of our programs works on the image") {
    const std::string path = directory.sparse_file("image", mebibyte);
    const auto first = FileDevice::open(path, Access::exclusive);
    const auto [kind, words] = opening_fails(path, Access::exclusive);
    CHECK(kind == ErrorKind::busy);
    CHECK(words == path + ": is in use by another program that changes it");
    CHECK_NOTHROW(FileDevice::open(path, Access::read_only));
  }
  SECTION("no permission") {
    if (geteuid() == 0) return;  // nothing is forbidden to root
    const std::string path = directory.sparse_file("image", mebibyte);
    REQUIRE(chmod(path.c_str(), 0400) == 0);
    CHECK(opening_fails(path, Access::read_write).second ==
          path + ": permission to write denied; try it as root");
  }
}

TEST_CASE("who comes right after us finds the image free", "[io][file]") {
  const ScratchDirectory directory;
  const std::string path = directory.sparse_file("image", 64 * mebibyte);
  const std::vector<u8> piece(64 << 10, 0x5A);
  for (u32 turn = 0; turn < 60; ++turn) {
    std::unique_ptr<FileDevice> device;
    REQUIRE_NOTHROW(device = FileDevice::open(path, Access::exclusive));
    std::vector<WriteRequest> writes;
    for (u64 at = 0; at < 64 * mebibyte; at += mebibyte) writes.push_back({at, piece});
    device->write_many(TestKey{}, writes);
  }
}

TEST_CASE("a new file is never put over an old one", "[io][file]") {
  const ScratchDirectory directory;
  const std::string path = directory / "undo";
  FileDevice::create(path);
  CHECK_THROWS_MATCHES(
      FileDevice::create(path), Error,
      Message(path + ": is there already and is not overwritten; remove it or take another name"));
}

TEST_CASE("a created file grows as it is written", "[io][file]") {
  const ScratchDirectory directory;
  const auto file = FileDevice::create(directory / "new");
  REQUIRE(file->size_bytes() == 0);
  const auto text = random_bytes(5000, 1);

  file->write(TestKey{}, 0, text);
  const WriteRequest more[] = {{10000, text}, {5000, text}};
  file->write_many(TestKey{}, more);
  file->zero(TestKey{}, 15000, 1000);

  CHECK(file->size_bytes() == 16000);
  CHECK(bytes_at(*file, 10000, 5000) == text);
  CHECK_THROWS_AS(bytes_at(*file, 15999, 2), Error);
  CHECK(FileDevice::open(directory / "new", Access::read_only)->size_bytes() == 16000);
}

TEST_CASE("what was written is read, aligned or not, cached or not", "[io][file]") {
  const ScratchDirectory directory;
  const u64 size = 8 * mebibyte;
  const auto caching = GENERATE(Caching::buffered, Caching::direct);
  const auto device = FileDevice::open(directory.sparse_file("image", size), Access::read_write, caching);
  if (GENERATE(true, false)) device->cache_no_large_writes();
  std::vector<u8> expected(size);
  std::mt19937 dice(7);

  for (u32 round = 0; round < 200; ++round) {
    const u64 length = round % 10 == 0 ? 3 * mebibyte - 77 : round % 3 == 0 ? 4096 : 1 + dice() % 20000;
    const u64 offset = round % 3 == 0 ? dice() % (size / 4096) * 4096 : dice() % (size - length);
    if (offset + length > size) continue;
    const auto bytes = random_bytes(length, round);
    device->write(TestKey{}, offset, bytes);
    std::copy(bytes.begin(), bytes.end(), expected.begin() + static_cast<std::ptrdiff_t>(offset));
    const u64 from = dice() % size, count = dice() % (size - from) % 100000;
    REQUIRE(bytes_at(*device, from, count) ==
            std::vector<u8>(expected.begin() + static_cast<std::ptrdiff_t>(from),
                            expected.begin() + static_cast<std::ptrdiff_t>(from + count)));
  }
  device->flush();
  CHECK(bytes_at(*device, 0, size) == expected);
}

/// How much of a file the page cache has.
u64 bytes_cached(const std::string& path, u64 size) {
  const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  void* const memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  REQUIRE(memory != MAP_FAILED);
  std::vector<u8> resident(size / 4096);
  REQUIRE(mincore(memory, size, resident.data()) == 0);
  munmap(memory, size);
  return static_cast<u64>(std::ranges::count_if(resident, [](u8 page) { return (page & 1) != 0; })) * 4096;
}

/// Whether kernel and file system can write past the cache like this (RWF_DONTCACHE).
bool can_write_uncached(const std::string& path) {
  const OpenFile file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  u8 byte = 0;
  const iovec piece{&byte, 1};
  return pwritev2(file.get(), &piece, 1, 0, 0x80) == 1;
}

TEST_CASE("large writes stay in the page cache, unless nobody wants them there", "[io][file]") {
  const ScratchDirectory directory;
  const u64 size = 8 * mebibyte;
  const std::string path = directory.sparse_file("image", size);
  const bool cached = GENERATE(true, false);
  if (!cached && !can_write_uncached(path)) return;
  const auto device = FileDevice::open(path, Access::read_write);
  if (!cached) device->cache_no_large_writes();
  device->write(TestKey{}, mebibyte, random_bytes(4 * mebibyte, 1));
  device->write(TestKey{}, 6 * mebibyte, random_bytes(4096, 2));
  device->flush();
  CHECK(bytes_cached(path, size) >= (cached ? 4 * mebibyte + 4096 : 4096));
  if (!cached) CHECK(bytes_cached(path, size) < mebibyte);
}

TEST_CASE("batches move the same bytes with io_uring and without", "[io][file]") {
  const ScratchDirectory directory;
  const u64 size = 16 * mebibyte;
  const auto caching = GENERATE(Caching::buffered, Caching::direct);
  const bool parallel = GENERATE(true, false);
  const auto device = FileDevice::open(directory.sparse_file("image", size), Access::read_write, caching);
  if (!parallel) device->queue().forbid_io_uring();

  // 250 pairs of neighbours of 4 KiB, in random order, and one that is larger than a request
  std::vector<u64> offsets;
  for (u64 i = 0; i < 500; ++i) offsets.push_back((i + i / 2) * 4096);
  std::shuffle(offsets.begin(), offsets.end(), std::mt19937(1));
  std::vector<std::vector<u8>> contents;
  for (const u64 offset : offsets) contents.push_back(random_bytes(4096, offset));
  offsets.push_back(8 * mebibyte);
  contents.push_back(random_bytes(5 * mebibyte, 1));

  std::vector<WriteRequest> writes;
  for (std::size_t i = 0; i < offsets.size(); ++i) writes.push_back({offsets[i], contents[i]});
  device->write_many(TestKey{}, writes);
  CHECK(device->counters().writes < 300);  // neighbours go together
  std::vector<std::vector<u8>> back;
  for (const auto& content : contents) back.emplace_back(content.size());
  std::vector<ReadRequest> reads;
  for (std::size_t i = 0; i < offsets.size(); ++i) reads.push_back({offsets[i], back[i]});
  device->read_many(reads);

  for (std::size_t i = 0; i < offsets.size(); ++i) {
    CHECK(reads[i].error == 0);
    REQUIRE(back[i] == contents[i]);
  }
  CHECK(device->counters().reads < 300);
  if (!parallel) CHECK_FALSE(device->queue().used_io_uring());
  if (parallel && !device->queue().used_io_uring()) WARN("this kernel lets us have no io_uring");
}

TEST_CASE("a batch of unaligned pieces in the same sectors loses none of them", "[io][file]") {
  const ScratchDirectory directory;
  const auto device =
      FileDevice::open(directory.sparse_file("image", mebibyte), Access::read_write, Caching::direct);
  const std::vector<u8> byte(1, 9);
  std::vector<WriteRequest> writes;
  for (u64 offset = 0; offset < 8192; offset += 2) writes.push_back({offset, byte});

  device->write_many(TestKey{}, writes);

  const auto left = bytes_at(*device, 0, 8192);
  CHECK(std::count(left.begin(), left.end(), 9) == 4096);
}

TEST_CASE("a bad piece of a batch does not spoil its neighbours", "[io][file]") {
  const ScratchDirectory directory;
  const std::string path = directory.sparse_file("image", mebibyte);
  const auto device = FileDevice::open(path, Access::read_write);
  const auto written = random_bytes(4096, 1);
  device->write(TestKey{}, 0, written);
  if (GENERATE(false, true)) device->queue().forbid_io_uring();
  std::filesystem::resize_file(path, 8192);  // behind the device's back: what follows is lost

  std::vector<u8> a(4096), b(4096), c(4096), d(4096);
  ReadRequest requests[] = {{4096, b}, {0, a}, {8192, c}, {mebibyte, d}};
  device->read_many(requests);

  CHECK(requests[1].error == 0);
  CHECK(a == written);
  CHECK(requests[0].error == 0);
  CHECK(requests[2].error == EIO);
  CHECK(requests[3].error == EIO);
  CHECK_THROWS_MATCHES(device->read(8192, c), Error,
                       Message(path + ": cannot read 4096 bytes at offset 8192: Input/output error"));
}

TEST_CASE("zeroing a file frees its room and touches nothing else", "[io][file]") {
  const ScratchDirectory directory;
  const std::string path = directory.sparse_file("image", 4 * mebibyte);
  const auto device = FileDevice::open(path, Access::read_write);
  device->write(TestKey{}, 0, random_bytes(4 * mebibyte, 1));
  device->flush();

  device->zero(TestKey{}, 1000, 3 * mebibyte);
  device->flush();

  CHECK(bytes_at(*device, 1000, 3 * mebibyte) == std::vector<u8>(3 * mebibyte));
  CHECK(bytes_at(*device, 999, 1).front() != 0);
  CHECK(bytes_at(*device, 1000 + 3 * mebibyte, 1).front() != 0);
  CHECK(device->size_bytes() == 4 * mebibyte);
  CHECK(bytes_on_disk(path) < 2 * mebibyte);
  CHECK(device->counters().bytes_zeroed == 3 * mebibyte);
}

TEST_CASE("a window shows a part of a device as a device", "[io][offset]") {
  const ScratchDirectory directory;
  const std::string path = directory.sparse_file("disk", 4 * mebibyte);
  const auto text = random_bytes(4096, 1);
  {
    OffsetDevice window(FileDevice::open(path, Access::read_write), mebibyte, 2 * mebibyte);
    CHECK(window.name() == path + "@1048576");
    CHECK(window.size_bytes() == 2 * mebibyte);
    window.write(TestKey{}, 0, text);
    const WriteRequest last[] = {{2 * mebibyte - 4096, text}};
    window.write_many(TestKey{}, last);
    CHECK_THROWS_AS(window.write(TestKey{}, 2 * mebibyte - 1, text), Error);
    CHECK_THROWS_AS(window.zero(TestKey{}, 2 * mebibyte, 1), Error);
    std::vector<u8> a(4096), b(4096);
    ReadRequest requests[] = {{2 * mebibyte, a}, {0, b}};
    window.read_many(requests);
    CHECK(requests[0].error == EIO);
    CHECK(b == text);
  }
  const auto whole = FileDevice::open(path, Access::read_only);
  CHECK(bytes_at(*whole, mebibyte, 4096) == text);
  CHECK(bytes_at(*whole, 3 * mebibyte - 4096, 4096) == text);
  CHECK(bytes_at(*whole, 3 * mebibyte, 4096) == std::vector<u8>(4096));

  const auto open = [&] { return FileDevice::open(path, Access::read_only); };
  CHECK(OffsetDevice(open(), mebibyte).size_bytes() == 3 * mebibyte);
  CHECK_THROWS_MATCHES(OffsetDevice(open(), 100), Error,
                       Message(path + ": offset 100 is not a multiple of the sector size (512 bytes)"));
  CHECK_THROWS_AS(OffsetDevice(open(), 4 * mebibyte), Error);
  CHECK_THROWS_AS(OffsetDevice(open(), ~u64{511}), Error);
  CHECK_THROWS_AS(OffsetDevice(open(), mebibyte, 4 * mebibyte), Error);
}

}  // namespace
}  // namespace ocfs2
