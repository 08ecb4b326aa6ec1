// SPDX-License-Identifier: GPL-2.0-or-later
//
// Putting the blocks of an image where they were on the volume, and nothing else: what lies between them, the
// contents of files, stays as it is. While that is going on there is no first superblock, so that nobody
// takes the mixture of old and new for a volume; should it be cut off, it is done again from the image.
#pragma once

#include <vector>

#include "engine/journal/write_ahead.h"

namespace ocfs2 {

class RestoredVolume final : public WriteAhead {
 public:
  RestoredVolume(BlockDevice& device, u32 block_size) : device_(device), block_size_(block_size) {}

  /// Takes the old superblock away, durably. Throws Error(io), as all do.
  void begin();
  /// Writes `blocks` in place, in device order. The superblock is kept for `finish`.
  void commit(std::span<const BlockImage> blocks) override;
  void write_data(u64 offset, ConstBytes bytes) override;
  void zero_data(u64 offset, u64 length) override;
  /// Makes all durable, then writes the superblock, if there was one.
  void finish();

 private:
  BlockDevice& device_;
  u32 block_size_;
  std::vector<u8> super_;
};

}  // namespace ocfs2
