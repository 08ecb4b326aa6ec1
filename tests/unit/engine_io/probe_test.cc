// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/probe.h"

#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "tests/worlds/scratch_directory.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

constexpr u64 mebibyte = 1 << 20;

void put(BlockDevice& device, u64 offset, std::string_view text) {
  device.write(TestKey{}, offset, {reinterpret_cast<const u8*>(text.data()), text.size()});
}

/// The mark of swap space: version and size, label, and the signature at the end of the first page.
void make_swap(BlockDevice& device, u64 at, std::string_view label) {
  put(device, at + 1024, {"\1\0\0\0\xFF\0\0\0", 8});
  put(device, at + 1024 + 12, "0123456789abcdef");
  put(device, at + 1024 + 28, label);
  put(device, at + 4086, "SWAPSPACE2");
}

/// An MBR with one Linux partition from sector 2048 on.
void make_partition_table(BlockDevice& device) {
  put(device, 440, "disk");
  put(device, 446, {"\0\0\0\0\x83\0\0\0\0\x08\0\0\0\x10\0\0", 16});
  put(device, 510, "\x55\xAA");
}

std::vector<std::string> texts(const std::vector<FoundContent>& found) {
  std::vector<std::string> all;
  for (const FoundContent& content : found) all.push_back(content_text(content));
  std::sort(all.begin(), all.end());
  return all;
}

TEST_CASE("an empty device holds nothing", "[io][probe]") {
  const ScratchDirectory directory;
  CHECK(probe_content(directory.sparse_file("image", 16 * mebibyte)).empty());
}

TEST_CASE("what a device holds is found with its label and UUID", "[io][probe]") {
  const ScratchDirectory directory;
  const std::string path = directory.sparse_file("image", 16 * mebibyte);
  make_swap(*FileDevice::open(path, Access::read_write), 0, "fast");
  const auto found = probe_content(path);
  REQUIRE(found.size() == 1);
  CHECK(found[0].type == "swap");
  CHECK(found[0].label == "fast");
  CHECK(found[0].uuid == "30313233-3435-3637-3839-616263646566");
}

TEST_CASE("several formats on one device are all told", "[io][probe]") {
  const ScratchDirectory directory;
  const std::string path = directory.sparse_file("image", 16 * mebibyte);
  const auto device = FileDevice::open(path, Access::read_write);
  make_swap(*device, 0, "");
  make_partition_table(*device);
  put(*device, 65536 + 64, "_BHRfS_M");  // btrfs, its checksum wrong: still what somebody would miss
  CHECK(texts(probe_content(path)) ==
        std::vector<std::string>{"btrfs file system", "dos partition table", "swap data"});
}

TEST_CASE("content is looked for where the volume would begin", "[io][probe]") {
  const ScratchDirectory directory;
  const std::string path = directory.sparse_file("image", 16 * mebibyte);
  make_swap(*FileDevice::open(path, Access::read_write), mebibyte, "inside");
  CHECK(probe_content(path).empty());
  CHECK(texts(probe_content(path, mebibyte)) == std::vector<std::string>{"swap data \"inside\""});
}

TEST_CASE("content is told in words", "[io][probe]") {
  CHECK(content_text({"xfs", "filesystem", "home", ""}) == "xfs file system \"home\"");
  CHECK(content_text({"linux_raid_member", "raid", "", ""}) ==
        "linux_raid_member RAID or volume manager part");
  CHECK(content_text({"gpt", "partition table", "", "1-2"}) == "gpt partition table");
}

TEST_CASE("a device is named by its path or by its label", "[io][probe]") {
  CHECK(resolve_device("/dev/sdb") == "/dev/sdb");
  CHECK(resolve_device("odd=name.img") == "odd=name.img");
  CHECK_THROWS_MATCHES(
      resolve_device("LABEL=there is no such volume"), Error,
      Catch::Matchers::Message(
          "LABEL=there is no such volume: no device has this label; blkid lists what there is"));
}

}  // namespace
}  // namespace ocfs2
