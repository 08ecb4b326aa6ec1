// SPDX-License-Identifier: GPL-2.0-or-later
//
// What gets another place: a block of metadata, whose copy knows where it lies and where it is from, or
// clusters that hold bytes. Whoever refers to them follows by itself.
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

/// Copies contents of files, as Transaction::write_data does.
inline void copy_clusters(Transaction& transaction, const Geometry& geometry, BlockNo from, BlockNo to,
                          u64 clusters) {
  constexpr u64 bytes_in_memory = 1 << 20;
  const u64 blocks = clusters * geometry.blocks_per_cluster();
  const u64 at_once = bytes_in_memory >> geometry.block_bits;
  for (u64 done = 0; done < blocks; done += at_once)
    transaction.write_data(to + done,
                           transaction.cache().read_raw(from + done, std::min(at_once, blocks - done)));
}

}  // namespace ocfs2
