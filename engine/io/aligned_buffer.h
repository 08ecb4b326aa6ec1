// SPDX-License-Identifier: GPL-2.0-or-later
//
// Memory that a direct request can use: it begins at a multiple of the device's unit.
#pragma once

#include <cstdlib>
#include <memory>
#include <new>

#include "ondisk/integers.h"

namespace ocfs2 {

class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  /// `length` bytes, not initialised, that begin at a multiple of `unit` (a power of two) and of a page.
  AlignedBuffer(u64 length, u32 unit) : length_(length) {
    const u64 alignment = unit < 4096 ? 4096 : unit;
    memory_.reset(static_cast<u8*>(std::aligned_alloc(alignment, round_up(length, alignment))));
    if (!memory_) throw std::bad_alloc();
  }
  Bytes bytes() const { return {memory_.get(), length_}; }

 private:
  struct Free {
    void operator()(u8* memory) const { std::free(memory); }
  };
  std::unique_ptr<u8, Free> memory_;
  u64 length_ = 0;
};

}  // namespace ocfs2
