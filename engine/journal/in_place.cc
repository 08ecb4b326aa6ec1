// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/in_place.h"

#include <algorithm>
#include <vector>

namespace ocfs2 {
namespace {

constexpr u64 batch_bytes = 4 << 20;  ///< what is under way at once: bounds the memory for joining

/// How many of the first of `blocks` (sorted) follow each other without a gap and fit one request; at
/// least 1.
std::size_t neighbours(std::span<const BlockImage> blocks, u32 block_size) {
  u64 bytes = blocks[0].bytes.size();
  std::size_t count = 1;
  for (; count < blocks.size(); ++count) {
    const u64 end = blocks[0].block.value * block_size + bytes;
    if (blocks[count].block.value * block_size != end) break;
    bytes += blocks[count].bytes.size();
    if (bytes > joined_request_bytes) break;
  }
  return count;
}

/// Writes as many of the first of `blocks` (sorted) as a batch may hold, and returns how many those were.
std::size_t write_batch(BlockDevice& device, WriteKey key, u32 block_size,
                        std::span<const BlockImage> blocks) {
  std::vector<std::vector<u8>> joined;
  std::vector<WriteRequest> requests;
  std::size_t done = 0;
  for (u64 bytes = 0; done < blocks.size() && bytes < batch_bytes;) {
    const auto run = blocks.subspan(done, neighbours(blocks.subspan(done), block_size));
    ConstBytes content = run[0].bytes;
    if (run.size() > 1) {
      std::vector<u8>& copy = joined.emplace_back();
      for (const BlockImage& image : run) copy.insert(copy.end(), image.bytes.begin(), image.bytes.end());
      content = copy;
    }
    requests.push_back({run[0].block.value * block_size, content});
    bytes += content.size();
    done += run.size();
  }
  device.write_many(key, requests);
  return done;
}

}  // namespace

void write_in_place(BlockDevice& device, WriteKey key, u32 block_size, std::span<const BlockImage> blocks) {
  std::vector<BlockImage> sorted(blocks.begin(), blocks.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.block < b.block; });

  for (std::span<const BlockImage> rest = sorted; !rest.empty();)
    rest = rest.subspan(write_batch(device, key, block_size, rest));
}

}  // namespace ocfs2
