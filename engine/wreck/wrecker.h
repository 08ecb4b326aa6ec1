// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one who writes what no judge would let through, and writes it straight to its place: a volume that is
// to be damaged needs no protection against a crash.
#pragma once

#include "engine/journal/in_place.h"

namespace ocfs2 {

class Wrecker final : public WriteAhead {
 public:
  Wrecker(BlockDevice& device, u32 block_size) : device_(device), block_size_(block_size) {}

  void commit(std::span<const BlockImage> blocks) override {
    write_in_place(device_, {}, block_size_, blocks);
  }
  void write_data(u64 offset, ConstBytes bytes) override { device_.write({}, offset, bytes); }
  void zero_data(u64 offset, u64 length) override { device_.zero({}, offset, length); }

 private:
  BlockDevice& device_;
  u32 block_size_;
};

}  // namespace ocfs2
