// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads the log of a journal: what transactions it holds, and what the volume's blocks look like once they
// are replayed (spec: ondisk.md 12.4). Where the replayed blocks go is the caller's business: to their places
// (SlotJournal does that, it holds the key) or into memory, for tools that may not write.
//
// The log is trusted as little as the rest of a volume. `scan` reads all of it that counts, checksums where
// the log has them, before anything is replayed, and says what contradicts itself; nothing of a damaged log
// is replayed unless the caller decides so. Memory holds one descriptor with its blocks (at most 2 MiB) and
// the revoked numbers.
#pragma once

#include <functional>
#include <map>

#include "engine/journal/log_map.h"
#include "engine/journal/write_ahead.h"
#include "ondisk/jbd2.h"

namespace ocfs2 {

/// What a replayed block may be: inside the volume, and in none of the places that no transaction changes.
struct ReplayLimits {
  u64 volume_blocks = 0;
  std::vector<BlockRun> forbidden;  ///< the other journals' blocks; blocks 0, 1 and the own log are known
};

/// A block of the log that is not data, taken apart.
struct LogRecord {
  u32 log_block = 0;
  u32 sequence = 0;
  JournalBlock type = JournalBlock::commit;  ///< or descriptor, or revoke
  ConstBytes bytes;                          ///< the whole block; valid during the call
  u32 next_log_block = 0;                    ///< behind the record and the data that it describes
  std::vector<JournalTag> tags;              ///< of a descriptor
  std::vector<BlockNo> revoked;              ///< of a revoke block
};

/// A complete transaction in the log.
struct LoggedTransaction {
  u32 sequence = 0;
  u32 log_block = 0;  ///< where it begins
  u32 blocks = 0;     ///< data blocks
  u32 revokes = 0;
  u64 commit_seconds = 0;
};

/// A block that a replay would put in its place.
struct LoggedBlock {
  BlockNo block;         ///< where it belongs
  BlockNo copy;          ///< where the log keeps it
  bool escaped = false;  ///< there it has zeros where the log's magic number belongs
};

struct LogScan {
  std::vector<LoggedTransaction> transactions;
  u32 end_sequence = 0;   ///< the first transaction that is not there
  u32 next_sequence = 0;  ///< the first that no block of the log can be taken for, once this one is replayed
  /// Why the log cannot be believed from end_sequence on; empty when it simply ends there. A caller that
  /// wants what comes before the damage empties it.
  std::string damage;
};

class JournalReader {
 public:
  /// Reads and judges the log's superblock. `name` is for messages ("journal:0000"). Throws Error(corrupt)
  /// naming field and values, Error(unsupported) naming the feature, Error(io).
  JournalReader(BlockDevice& device, u32 block_size, LogMap map, ReplayLimits limits, std::string name);

  const JournalSuperBlock& super() const { return super_; }
  const LogMap& map() const { return map_; }
  bool empty() const { return super_.start == 0; }  ///< the superblock says that nothing is to be replayed
  /// What kept the journal from being written, an errno value; 0: nothing. The volume then needs a full
  /// check.
  s32 error_number() const { return static_cast<s32>(u32{super_.error_number}); }
  const std::string& name() const { return name_; }

  /// Finds the complete transactions. A checksum that fails ends the log when the commit block is older than
  /// the one before (a relic), or when the log may hold commits ahead of their data and nothing complete
  /// follows (async commit); else it is damage, as it is for the kernel. Throws Error(io).
  LogScan scan();

  /// Shows every record of the complete transactions, in order.
  void visit(const LogScan& scan, const std::function<void(const LogRecord&)>& show);

  /// Gets the blocks of one descriptor as they are to stand, in the order of their numbers, each once.
  using Sink = std::function<void(std::span<const BlockImage>)>;
  /// Hands all blocks that were not revoked to `sink`, transaction by transaction: later calls supersede
  /// earlier ones. Returns how many. Throws Error(corrupt) when the scan found damage, Error(io).
  u64 replay(const LogScan& scan, const Sink& sink);
  /// Shows the blocks that `replay` would hand out, in the same order, without reading them. Throws the same.
  void locate(const LogScan& scan, const std::function<void(const LoggedBlock&)>& use);

 private:
  class Scanner;
  using Revocations = std::map<BlockNo, u32>;  ///< block: the last transaction that revoked it

  Revocations revocations(const LogScan& scan);

  void read_super();
  void check_features() const;
  u32 log_blocks() const { return super_.blocks - super_.first; }
  u32 advance(u32 log_block, u64 count) const;
  void read_log_block(u32 log_block, Bytes into) const;
  std::vector<u8> read_data(const LogRecord& descriptor) const;
  bool take_apart(LogRecord& record) const;
  /// Walks the log from its start until `consume` returns false, or no record of the awaited transaction
  /// follows.
  void walk(const std::function<bool(const LogRecord&)>& consume) const;
  std::string misplaced(BlockNo target) const;

  BlockDevice& device_;
  u32 block_size_;
  LogMap map_;
  ReplayLimits limits_;
  std::string name_;
  JournalSuperBlock super_;
  JournalFormat format_;
};

/// What s_checksum must be in logs with checksums of version 2 or 3.
u32 journal_super_checksum(const JournalSuperBlock& super);

/// True when transaction `a` comes after `b`: sequence numbers wrap.
constexpr bool sequence_after(u32 a, u32 b) { return static_cast<s32>(a - b) > 0; }

}  // namespace ocfs2
