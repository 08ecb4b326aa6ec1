// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>

#include "engine/journal/transaction.h"

namespace ocfs2 {

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
