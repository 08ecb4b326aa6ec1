// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/undo_file.h"

#include "engine/journal/in_place.h"

namespace ocfs2 {

void UndoFile::commit(std::span<const BlockImage> blocks) {
  write_in_place(device_, {}, block_size_, blocks);
  device_.flush();
}

}  // namespace ocfs2
