// SPDX-License-Identifier: GPL-2.0-or-later
//
// Many small changes that become durable together. A file operation is a Transaction of its own: it happens
// as a whole or not at all. But to wait for the disk after each would be too slow; so their commits join what
// runs, are seen by everybody at once, and go to the journal as one when somebody needs them to be durable,
// when there are many, or after some seconds. A crash loses the last of them, never half of one.
//
// The blocks stay in the cache until then; nobody reads what lies in their places.
#pragma once

#include "engine/journal/slot_journal.h"
#include "engine/journal/transaction.h"

namespace ocfs2 {

class RunningTransaction {
 public:
  /// Both outlive this. What has joined and was not committed is forgotten at the end.
  RunningTransaction(BlockCache& cache, SlotJournal& journal) : cache_(cache), journal_(journal) {}
  RunningTransaction(const RunningTransaction&) = delete;
  RunningTransaction& operator=(const RunningTransaction&) = delete;

  /// Takes the blocks of one change, which are judged. Throws Error(no_space) when they do not fit the log,
  /// together with what has joined before (under InParts, which is committed then: alone); nothing has
  /// happened then.
  void join(std::span<const std::shared_ptr<CachedBlock>> changed, const BlockRanges& released);

  /// Called before space that was given up by what has joined can be anybody's.
  void before_reuse(std::function<void()> wait) { before_reuse_ = std::move(wait); }

  /// Makes all that has joined durable, and data that was written before. Throws what SlotJournal::commit
  /// does; after Error(io) nothing more can be committed.
  void commit();
  /// The same, and it is in its place afterwards: another node may look.
  void checkpoint();

  /// While it lives, a change may be one of many that belong together, each of which may end what runs.
  class InParts {
   public:
    explicit InParts(RunningTransaction& running) : running_(running) { running_.in_parts_ = true; }
    ~InParts() { running_.in_parts_ = false; }
    InParts(const InParts&) = delete;
    InParts& operator=(const InParts&) = delete;

   private:
    RunningTransaction& running_;
  };

  /// Has the cache forget everything but what has joined.
  void drop_others();

  std::size_t blocks() const { return blocks_held_; }  ///< that have joined
  /// So many may join at most.
  std::size_t blocks_max() const { return journal_.blocks_at_once(); }
  bool holds(BlockNo block) const {
    return changed_.contains(block.value);
  }  ///< changed, and not durable yet
  const BlockRanges& released() const { return released_; }
  BlockCache& cache() { return cache_; }
  WriteAhead& write_ahead() { return journal_; }
  /// Data went to the device, which nothing that has joined speaks of.
  void note_data() { data_written_ = true; }

 private:
  u64 blocks_of(const CachedBlock& cached) const {
    return cached.bytes.size() >> cache_.facts().geometry.block_bits;
  }

  BlockCache& cache_;
  SlotJournal& journal_;
  std::map<u64, std::shared_ptr<CachedBlock>> changed_;  ///< held, so that the cache keeps them
  BlockRanges released_;
  std::function<void()> before_reuse_;
  std::size_t blocks_held_ = 0;
  bool data_written_ = false;
  bool in_parts_ = false;
};

}  // namespace ocfs2
