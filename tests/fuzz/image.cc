// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any file is either read as an image or refused with words. The first byte of the input chooses how it
// begins, so that the fuzzer need not find magic numbers; the rest is the file.
#include <algorithm>

#include "engine/error.h"
#include "engine/io/memory_device.h"
#include "engine/io/packed_image.h"
#include "engine/io/zstd_file.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

std::unique_ptr<MemoryDevice> device_with(ConstBytes bytes) {
  auto device = std::make_unique<MemoryDevice>(bytes.size(), "input");
  device->write(TestKey{}, 0, bytes);
  return device;
}

void read_some(BlockDevice& device) {
  std::vector<u8> bytes(std::min<u64>(device.size_bytes(), 8192));
  for (const u64 from : {u64{0}, device.size_bytes() / 3, device.size_bytes() - bytes.size()}) try {
      device.read(from, bytes);
    } catch (const Error&) {
    }
}

void read_image(std::unique_ptr<BlockDevice> file) {
  PackedImage image(std::move(file));
  read_some(image);
  for (const StoredRun& run : image.stored().runs()) {
    std::vector<u8> block(image.block_size());
    image.read(run.first.value * image.block_size(), block);
  }
}

/// The header of an image with few blocks, behind which the input goes on.
std::vector<u8> packed_file(ConstBytes input) {
  BlockSet stored;
  for (u64 i = 0; i + 1 < std::min<std::size_t>(input.size(), 32); i += 2)
    stored.add(BlockNo(u64{input[i]} * 300), u64{input[i + 1]} % 8);
  stored.settle();
  std::vector<u8> file = packed_header(stored, 70'000, 512, 0);
  file.resize(file.size() + stored.count() * 512);
  for (u64 i = 0; i < 3; ++i) {
    const std::vector<u8> bits = packed_bitmap(stored, i);
    file.insert(file.end(), bits.begin(), bits.end());
  }
  for (std::size_t i = 32; i + 2 < input.size(); i += 3)  // damage
    file[(u64{input[i]} << 8 | input[i + 1]) % file.size()] ^= input[i + 2];
  return file;
}

std::vector<u8> zstd_file(const std::vector<u8>& content, ConstBytes damage) {
  ZstdPacker packer;
  std::vector<u8> file = zstd_file_start();
  std::vector<ZstdFrame> frames;
  for (std::size_t from = 0; from < content.size(); from += 4096) {
    const ConstBytes part =
        ConstBytes(content).subspan(from, std::min<std::size_t>(4096, content.size() - from));
    const std::vector<u8> frame = packer.frame(part);
    frames.push_back({static_cast<u32>(frame.size()), static_cast<u32>(part.size())});
    file.insert(file.end(), frame.begin(), frame.end());
  }
  const std::vector<u8> end = zstd_file_end(frames);
  file.insert(file.end(), end.begin(), end.end());
  for (std::size_t i = 0; i + 2 < damage.size(); i += 3)
    file[(u64{damage[i]} << 8 | damage[i + 1]) % file.size()] ^= damage[i + 2];
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  if (size == 0) return 0;
  const u8 shape = data[0];
  const ConstBytes input(data + 1, size - 1);
  try {
    switch (shape % 4) {
      case 0:
        read_image(device_with(input));
        break;
      case 1:
        read_image(device_with(packed_file(input)));
        break;
      case 2:
        read_image(std::make_unique<ZstdFile>(device_with(input)));
        break;
      default:
        read_image(std::make_unique<ZstdFile>(device_with(
            zstd_file(packed_file(input.first(input.size() / 2)), input.subspan(input.size() / 2)))));
    }
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace ocfs2
