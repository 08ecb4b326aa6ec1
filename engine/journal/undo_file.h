// SPDX-License-Identifier: GPL-2.0-or-later
//
// Changing a volume without a journal, with a way back: an UndoDevice keeps the old bytes, durable, before
// any new one is written, so the blocks may go straight to their places. After a death in the middle
// `ocfs2box undo` restores what was.
#pragma once

#include "engine/io/undo_file.h"
#include "engine/journal/write_ahead.h"

namespace ocfs2 {

class UndoFile final : public WriteAhead {
 public:
  UndoFile(ReversibleDevice& device, u32 block_size) : device_(device), block_size_(block_size) {}

  /// The blocks are in place and durable when this returns.
  void commit(std::span<const BlockImage> blocks) override;
  void write_data(u64 offset, ConstBytes bytes) override;
  void zero_data(u64 offset, u64 length) override;

 private:
  ReversibleDevice& device_;
  u32 block_size_;
  bool data_unsafe_ = false;  ///< data was written that is not durable yet
};

}  // namespace ocfs2
