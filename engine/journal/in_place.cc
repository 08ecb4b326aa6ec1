// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/in_place.h"

#include <algorithm>
#include <vector>

namespace ocfs2 {
namespace {

/// How many of the first of `blocks` (sorted) follow each other without a gap and fit one request; at least 1.
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

}  // namespace

void write_in_place(BlockDevice& device, WriteKey key, u32 block_size, std::span<const BlockImage> blocks) {
  std::vector<BlockImage> sorted(blocks.begin(), blocks.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.block < b.block; });

  std::vector<u8> joined;
  for (std::span<const BlockImage> rest = sorted; !rest.empty();) {
    const auto run = rest.first(neighbours(rest, block_size));
    const u64 offset = run[0].block.value * block_size;
    if (run.size() == 1) {
      device.write(key, offset, run[0].bytes);
    } else {
      joined.clear();
      for (const BlockImage& image : run) joined.insert(joined.end(), image.bytes.begin(), image.bytes.end());
      device.write(key, offset, joined);
    }
    rest = rest.subspan(run.size());
  }
}

}  // namespace ocfs2
