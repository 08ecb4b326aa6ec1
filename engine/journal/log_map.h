// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the blocks of a journal file lie on the device. The log counts its own blocks from 0; the extent tree
// of the journal inode says where they are, and whoever can read that tree hands the runs in.
#pragma once

#include <vector>

#include "ondisk/numbers.h"

namespace ocfs2 {

/// Consecutive blocks of the device.
struct BlockRun {
  BlockNo first;
  u64 blocks;

  bool contains(BlockNo block) const { return block >= first && block - first < blocks; }
};

class LogMap {
 public:
  /// The journal file's runs in the file's order, without holes.
  explicit LogMap(std::vector<BlockRun> runs);

  u64 blocks() const { return runs_.empty() ? 0 : starts_.back() + runs_.back().blocks; }
  /// Where block `log_block` of the file lies; log_block < blocks().
  BlockNo at(u64 log_block) const;
  bool contains(BlockNo block) const;
  const std::vector<BlockRun>& runs() const { return runs_; }

 private:
  std::vector<BlockRun> runs_;
  std::vector<u64> starts_;  ///< the file's block that each run begins with
};

}  // namespace ocfs2
