// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/in_place.h"

#include <algorithm>
#include <vector>

namespace ocfs2 {

void write_in_place(BlockDevice& device, WriteKey key, u32 block_size, std::span<const BlockImage> blocks) {
  std::vector<WriteRequest> requests;
  requests.reserve(blocks.size());
  for (const BlockImage& image : blocks) requests.push_back({image.block.value * block_size, image.bytes});
  std::ranges::sort(requests, {}, &WriteRequest::offset);
  device.write_many(key, requests);
}

}  // namespace ocfs2
