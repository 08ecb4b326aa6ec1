// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/log_map.h"

#include <algorithm>

#include "engine/error.h"

namespace ocfs2 {

LogMap::LogMap(std::vector<BlockRun> runs) : runs_(std::move(runs)) {
  u64 start = 0;
  for (const BlockRun& run : runs_) {
    starts_.push_back(start);
    start += run.blocks;
  }
}

BlockNo LogMap::at(u64 log_block) const {
  require(log_block < blocks());
  const auto run =
      static_cast<std::size_t>(std::ranges::upper_bound(starts_, log_block) - starts_.begin() - 1);
  return runs_[run].first + (log_block - starts_[run]);
}

bool LogMap::contains(BlockNo block) const {
  return std::ranges::any_of(runs_, [block](const BlockRun& run) { return run.contains(block); });
}

}  // namespace ocfs2
