// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/packed_image.h"

#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/io/memory_device.h"
#include "engine/io/zstd_file.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

constexpr u32 size = 1024;
constexpr u64 volume_blocks = 100'000;  // four pieces of bitmap

BlockSet some_blocks() {
  BlockSet blocks;
  blocks.add(BlockNo(40'000), 3);
  blocks.add(BlockNo(2), 1);
  blocks.add(BlockNo(32'767), 2);  // across the border of two pieces
  blocks.add(BlockNo(40'001), 4);
  blocks.settle();
  return blocks;
}

/// What stands in a block of the volume.
std::vector<u8> content_of(BlockNo block) {
  return std::vector<u8>(size, static_cast<u8>(block.value % 251));
}

std::vector<u8> packed(const BlockSet& blocks) {
  std::vector<u8> file = packed_header(blocks, volume_blocks, size, 1'800'000'000);
  const auto append = [&file](const std::vector<u8>& bytes) {
    file.insert(file.end(), bytes.begin(), bytes.end());
  };
  for (const StoredRun& run : blocks.runs())
    for (u64 i = 0; i < run.count; ++i) append(content_of(run.first + i));
  for (u64 i = 0; i < 4; ++i) append(packed_bitmap(blocks, i));
  return file;
}

std::unique_ptr<MemoryDevice> device_with(const std::vector<u8>& bytes) {
  auto device = std::make_unique<MemoryDevice>(bytes.size(), "image");
  device->write(TestKey{}, 0, bytes);
  return device;
}

std::string refusal(const std::vector<u8>& file) {
  try {
    PackedImage image(device_with(file));
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("a set of blocks joins what was added, and counts what lies before", "[image]") {
  const BlockSet blocks = some_blocks();
  REQUIRE(blocks.count() == 8);
  REQUIRE(blocks.runs().size() == 3);
  REQUIRE(blocks.contains(BlockNo(40'004)));
  REQUIRE_FALSE(blocks.contains(BlockNo(40'005)));
  REQUIRE_FALSE(blocks.contains(BlockNo(3)));
  REQUIRE(blocks.rank(BlockNo(0)) == 0);
  REQUIRE(blocks.rank(BlockNo(32'768)) == 2);
  REQUIRE(blocks.rank(BlockNo(50'000)) == 8);
}

TEST_CASE("a packed image is read as the volume that it is of", "[image]") {
  const BlockSet blocks = some_blocks();
  PackedImage image(device_with(packed(blocks)));
  REQUIRE(image.size_bytes() == volume_blocks * size);
  REQUIRE(image.stored().count() == 8);

  std::vector<u8> bytes(size);
  image.read(40'004 * size, bytes);
  REQUIRE(bytes == content_of(BlockNo(40'004)));
  bytes.resize(size / 2 + 10);  // the end of one block, the start of the next
  image.read(32'767 * size + size / 2, bytes);
  REQUIRE(bytes.front() == content_of(BlockNo(32'767)).front());
  REQUIRE(bytes.back() == content_of(BlockNo(32'768)).front());
}

TEST_CASE("a block that an image does not hold cannot be read, and is named", "[image]") {
  PackedImage image(device_with(packed(some_blocks())));
  std::vector<u8> bytes(2 * size);
  REQUIRE_THROWS_WITH(image.read(40'004 * size, bytes),
                      "image: block 40005 is not in this image, which holds metadata only");
  std::vector<ReadRequest> requests{{2 * size, Bytes(bytes).first(size)},
                                    {3 * size, Bytes(bytes).first(size)},
                                    {40'000 * size, Bytes(bytes).last(size)}};
  image.read_many(requests);
  REQUIRE(requests[0].error == 0);
  REQUIRE(requests[1].error != 0);
  REQUIRE(requests[2].error == 0);
  REQUIRE(bytes.back() == content_of(BlockNo(40'000)).front());
  REQUIRE_THROWS_AS(image.write(TestKey{}, 2 * size, bytes), Error);
}

TEST_CASE("an image that contradicts itself is refused in words", "[image]") {
  const std::vector<u8> sound = packed(some_blocks());
  std::vector<u8> file = sound;
  file.pop_back();
  REQUIRE(refusal(file) == "image: this image is cut off: 25599 bytes of 25600; copy it again");
  file = sound;
  file[9 * size] ^= 1;  // the bitmap
  REQUIRE(refusal(file) == "image: this image is damaged: its bitmap counts 9 blocks, its header 8");
  file = sound;
  file[0x18] = 2;
  REQUIRE(refusal(file) == "image: the header of this image is damaged: hdr_version must be 1 but is 2");
}

TEST_CASE("a container gives back what went into it, from any place", "[image]") {
  ZstdPacker packer;
  std::vector<u8> content, file = zstd_file_start();
  std::vector<ZstdFrame> frames;
  for (u32 i = 0; i < 40; ++i) {  // more than are kept in memory
    std::vector<u8> part(10'000 + i);
    for (std::size_t k = 0; k < part.size(); ++k) part[k] = static_cast<u8>((k * k + i) >> 3);
    const std::vector<u8> frame = packer.frame(part);
    frames.push_back({static_cast<u32>(frame.size()), static_cast<u32>(part.size())});
    file.insert(file.end(), frame.begin(), frame.end());
    content.insert(content.end(), part.begin(), part.end());
  }
  const std::size_t behind_frames = file.size();
  const std::vector<u8> end = zstd_file_end(frames);
  file.insert(file.end(), end.begin(), end.end());
  REQUIRE(ZstdFile::begins_with(file));

  SECTION("whole") {
    ZstdFile container(device_with(file));
    REQUIRE(container.size_bytes() == content.size());
    for (const std::size_t from :
         {std::size_t{0}, std::size_t{9'999}, std::size_t{250'000}, std::size_t{7}}) {
      std::vector<u8> bytes(30'000);
      container.read(from, bytes);
      REQUIRE(std::equal(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(from)));
    }
  }
  SECTION("a flipped bit costs its own frame only") {
    file[behind_frames - 20] ^= 4;
    ZstdFile container(device_with(file));
    std::vector<u8> bytes(1000);
    container.read(0, bytes);
    REQUIRE_THROWS_WITH(container.read(content.size() - 1000, bytes),
                        Catch::Contains("part 40 of 40 of this image") && Catch::Contains("is damaged"));
  }
  SECTION("cut off") {
    file.resize(behind_frames - 1);
    REQUIRE_THROWS_WITH(ZstdFile(device_with(file)), Catch::Contains("this image is cut off"));
  }
  SECTION("a part is missing in the middle") {
    file.erase(file.begin() + 100, file.begin() + 200);
    REQUIRE_THROWS_WITH(ZstdFile(device_with(file)), Catch::Contains("its table does not describe it"));
  }
}

}  // namespace ocfs2
