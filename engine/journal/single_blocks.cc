// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/single_blocks.h"

namespace ocfs2 {

void SingleBlocks::commit(std::span<const BlockImage> blocks) {
  for (const BlockImage& image : blocks) {
    device_.write(WriteKey{}, image.block.value * block_size_, image.bytes);
    device_.flush();
  }
}

void SingleBlocks::write_data(u64 offset, ConstBytes bytes) {
  device_.write(WriteKey{}, offset, bytes);
  device_.flush();
}

void SingleBlocks::zero_data(u64 offset, u64 length) {
  device_.zero(WriteKey{}, offset, length);
  device_.flush();
}

}  // namespace ocfs2
