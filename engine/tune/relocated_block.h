// SPDX-License-Identifier: GPL-2.0-or-later
//
// A block of metadata gets another place: its copy knows where it lies and where it is from. Whoever refers
// to it follows by itself.
#pragma once

#include <algorithm>

#include "engine/volume/space.h"

namespace ocfs2 {

/// Copies a T, gives the old block back, and returns the new one's number. Throws Error(no_space).
template <class T>
BlockNo move_block(Transaction& transaction, Space& space, BlockNo old) {
  const auto block = transaction.read<T>(old);
  const NewBlock made = space.allocate_metadata(transaction);
  const Bytes copy = transaction.create_bytes(made.block, T::kind);
  std::ranges::copy(block.bytes(), copy.begin());
  auto& moved = as<T>(copy);
  set_origin(moved, made.origin);
  moved.block = made.block.value;
  space.free_metadata(transaction, old, origin_of(*block));
  return made.block;
}

}  // namespace ocfs2
