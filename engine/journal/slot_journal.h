// SPDX-License-Identifier: GPL-2.0-or-later
//
// Changing a volume through the journal of one of its slots. A change is written to the log, made durable
// there, and only then goes to its place. Should the tool or the machine die at any moment, the journal's
// inode says that it is dirty and the log says what is to be done: the next mount, or any fsck, completes
// what was committed.
//
//     log body, superblock, dirty flag │ flush │ commit block │ flush │ in place …          each commit
//     flush │ log superblock: empty │ flush                                                 a checkpoint
//     checkpoint │ dirty flag off │ flush                                                   close
//
// Blocks go in place at once, so that what is read is always the newest; only making that durable waits for a
// checkpoint, which happens when the log is full, when asked for, and at the end. The log always begins at
// its first block after a checkpoint and is never wrapped round: sequence numbers, which only grow, keep
// relics from being believed. Data is not logged; it is flushed with the log body of the commit that follows.
// Before data goes to a block whose older content the log still holds (a directory's, say, that is gone by
// now) there is a checkpoint, or a replay would put that back.
#pragma once

#include <set>

#include "engine/io/block_cache.h"
#include "engine/journal/journal_reader.h"
#include "engine/journal/journal_writer.h"

namespace ocfs2 {

class SlotJournal final : public WriteAhead {
 public:
  /// The journal whose inode is `inode` and whose blocks lie where `map` says. `others` are the blocks of the
  /// other slots' journals; `now` tells seconds since 1970; `name` is for messages ("journal:0000"). Only
  /// reads. Throws what JournalReader does.
  SlotJournal(BlockCache& cache, InodeNo inode, LogMap map, std::vector<BlockRun> others, std::string name,
              std::function<u64()> now);

  /// True when the journal's inode says that the log may hold what is not in place yet.
  bool dirty();
  JournalReader& reader() { return reader_; }
  InodeNo inode() const { return inode_; }

  /// Puts everything of a dirty journal in place and empties the log (spec: ondisk.md 12.4). The journal
  /// stays dirty until `close`, since recovery is more than this (12.6); commits are possible from here on.
  /// Forgets what the cache holds; the caller reads the superblock again. Returns how many blocks were
  /// written. Throws Error(corrupt) when `scan` found damage, Error(io).
  u64 replay(const LogScan& scan);

  /// So many blocks fit the log as one commit, whatever they are.
  u64 blocks_at_once() const;
  /// Whether the log is long enough for `blocks` as one commit.
  bool takes(std::span<const BlockImage> blocks) const;
  /// Throws Error(no_space) when `blocks` do not fit the log at once, Error(busy) when the journal is dirty
  /// and was not replayed, Error(unsupported) for a kind of log that OCFS2 never has, Error(io). After an
  /// Error(io) nothing more is committed and the journal stays dirty: whether the change happened is known
  /// once it is replayed.
  void commit(std::span<const BlockImage> blocks) override;
  void write_data(u64 offset, ConstBytes bytes) override;
  void zero_data(u64 offset, u64 length) override;
  /// Makes durable in place what was committed, and empties the log. Needed before another node may see the
  /// blocks.
  void checkpoint();
  /// Checkpoints and clears the dirty flag. Does nothing when nothing was committed or replayed. Without it
  /// the journal stays dirty, which is safe.
  void close();

  /// Gives the empty log further incompat features.
  void add_features(u32 incompat);
  /// Clears the error number that the kernel left in the log; for fsck, when the volume is known to be sound.
  void clear_error();

 private:
  void begin();
  void require_usable();
  void require_loggable(std::span<const BlockImage> blocks);
  void make_room_for_data(u64 offset, u64 length);
  void write_transaction(std::span<const BlockImage> blocks);
  void empty_log(u32 sequence);
  void write_super();
  void write_inode(bool dirty);
  BlockDevice& device() { return cache_.device(); }

  BlockCache& cache_;
  InodeNo inode_;
  JournalReader reader_;
  JournalSuperBlock super_;  ///< as it stands on the device
  JournalWriter writer_;
  std::function<u64()> now_;
  u32 block_size_;
  u32 sequence_ = 0;      ///< of the next transaction
  u32 head_ = 0;          ///< the log block where it goes
  std::set<u64> logged_;  ///< blocks in the log since the last checkpoint
  bool begun_ = false;    ///< the dirty flag is ours
  bool replayed_ = false;
  bool failed_ = false;  ///< the device failed us: only a replay knows what is true
};

}  // namespace ocfs2
