// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/undo_file.h"

#include "engine/journal/in_place.h"

namespace ocfs2 {

void UndoFile::commit(std::span<const BlockImage> blocks) {
  if (data_unsafe_) device_.flush();
  data_unsafe_ = false;
  write_in_place(device_, {}, block_size_, blocks);
  device_.flush();
}

void UndoFile::write_data(u64 offset, ConstBytes bytes) {
  data_unsafe_ = true;
  device_.write({}, offset, bytes);
}

void UndoFile::zero_data(u64 offset, u64 length) {
  data_unsafe_ = true;
  device_.zero({}, offset, length);
}

}  // namespace ocfs2
