// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lays transactions out as the kernel's JBD2 would, so that any kernel can replay them (spec:
// ondisk.md 12.3). It makes blocks, it writes none: when what reaches the device, and in which order, is
// SlotJournal's promise.
#pragma once

#include "engine/journal/log_map.h"
#include "engine/journal/write_ahead.h"
#include "ondisk/jbd2.h"

namespace ocfs2 {

/// The superblock of a log of `blocks` blocks that reads as zeros behind it. `wide_blocks`: the volume has
/// more than 2³² blocks.
JournalSuperBlock fresh_journal_super(u32 block_size, u32 blocks, const Uuid& uuid, bool wide_blocks);

/// A transaction as it is to stand in the log. The images point at the caller's blocks, or into `own`.
struct LaidTransaction {
  std::vector<BlockImage> body;  ///< descriptors and data, by place on the device
  BlockImage commit;             ///< to be written when the body is durable
  u32 next_log_block = 0;        ///< behind the commit block
  std::vector<std::vector<u8>> own;
};

class JournalWriter {
 public:
  /// For the log that `super` describes and `map` places. Both must outlive the writer.
  JournalWriter(const JournalSuperBlock& super, const LogMap& map) : super_(super), map_(map) {}

  /// Log blocks that a transaction of `blocks` takes, its descriptors and the commit block included.
  u64 log_blocks_for(std::span<const BlockImage> blocks) const;
  /// Lays `blocks` out from `log_block` on; it must fit before the log's end. `seconds` is the time of the
  /// commit. Throws Error(unsupported) for a block number of more than 32 bits in a log without the 64-bit
  /// feature.
  LaidTransaction lay_out(std::span<const BlockImage> blocks, u32 log_block, u32 sequence, u64 seconds) const;

 private:
  std::vector<BlockImage> single_blocks(std::span<const BlockImage> images) const;
  std::vector<JournalTag> tags_for(std::span<const BlockImage> blocks) const;

  const JournalSuperBlock& super_;
  const LogMap& map_;
};

}  // namespace ocfs2
