// SPDX-License-Identifier: GPL-2.0-or-later
//
// The WriteAhead of a volume that the kernel has mounted. The journals are the kernel's, so there is no log:
// what may be written is what the kernel reads but does not keep, the superblock and its backups, and what
// lies behind the end of the volume. Each block is whole by itself and durable before the next is written.
#pragma once

#include "engine/journal/write_ahead.h"

namespace ocfs2 {

class SingleBlocks final : public WriteAhead {
 public:
  SingleBlocks(BlockDevice& device, u32 block_size) : device_(device), block_size_(block_size) {}

  /// One after the other in the order of their numbers. Throws Error(io); those before stay written.
  void commit(std::span<const BlockImage> blocks) override;
  void write_data(u64 offset, ConstBytes bytes) override;
  void zero_data(u64 offset, u64 length) override;

 private:
  BlockDevice& device_;
  u32 block_size_;
};

}  // namespace ocfs2
