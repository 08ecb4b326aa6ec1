// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/restored_volume.h"

#include "engine/journal/in_place.h"
#include "ondisk/geometry.h"

namespace ocfs2 {

void RestoredVolume::begin() {
  device_.zero({}, super_block_no.value * block_size_, block_size_);
  device_.flush();
}

void RestoredVolume::commit(std::span<const BlockImage> blocks) {
  std::vector<BlockImage> others;
  for (const BlockImage& image : blocks)
    if (image.block == super_block_no)
      super_.assign(image.bytes.begin(), image.bytes.end());
    else
      others.push_back(image);
  write_in_place(device_, {}, block_size_, others);
}

void RestoredVolume::write_data(u64 offset, ConstBytes bytes) { device_.write({}, offset, bytes); }

void RestoredVolume::zero_data(u64 offset, u64 length) { device_.zero({}, offset, length); }

void RestoredVolume::finish() {
  device_.flush();
  if (super_.empty()) return;
  device_.write({}, super_block_no.value * block_size_, super_);
  device_.flush();
}

}  // namespace ocfs2
