// SPDX-License-Identifier: GPL-2.0-or-later
//
// The key to a writable block. Nothing on a volume changes but through a Transaction: its destructor forgets
// everything, its commit makes everything happen or nothing.
//
//     Transaction transaction(cache, write_ahead);
//     transaction.edit(group).free_bits -= 1;
//     transaction.commit();
//
// What belongs together is one transaction, however many steps it takes: `read` shows each block as the steps
// before have left it.
//
// Commit runs one fixed sequence: judge every edited block with the judge that reading uses, seal checksums,
// hand the set to the WriteAhead, then show the new bytes to the cache.
#pragma once

#include <functional>
#include <map>

#include "engine/io/block_cache.h"
#include "engine/journal/write_ahead.h"

namespace ocfs2 {

class RunningTransaction;
using BlockRanges = std::map<u64, u64>;  ///< by first block: how many from there on

class Transaction {
 public:
  Transaction(BlockCache& cache, WriteAhead& write_ahead) : cache_(cache), write_ahead_(write_ahead) {}
  /// One of many small changes: its commit joins `running`, which makes them durable together.
  explicit Transaction(RunningTransaction& running);
  ~Transaction() = default;  // forgets what was not committed
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// The block as this transaction sees it: with its own changes, else as the cache has it. The view of a
  /// changed block follows further changes and ends with the commit. Throws what BlockCache::read does.
  template <class T>
  BlockRef<T> read(BlockNo block) const {
    return BlockRef<T>(read_as(block, T::kind));
  }
  std::shared_ptr<const CachedBlock> read_as(BlockNo block, const BlockKind& kind) const;

  /// A writable copy of a block. The same block edited twice is the same copy. Valid until commit.
  template <class T>
  T& edit(const BlockRef<T>& ref) {
    return as<T>(edit_bytes(ref));
  }
  /// The whole writable block, for what lies behind the fixed part: bitmaps, records, entries.
  template <class T>
  Bytes edit_bytes(const BlockRef<T>& ref) {
    return edit_copy(ref.block(), T::kind, ref.bytes());
  }
  /// The same for a block that is known by its number.
  template <class T>
  T& edit(BlockNo block) {
    return as<T>(edit_as(block, T::kind));
  }
  Bytes edit_as(BlockNo block, const BlockKind& kind);
  /// A block that did not exist before: all zero, to be filled. Asked for again it is what this transaction
  /// made of it.
  template <class T>
  T& create(BlockNo block) {
    return as<T>(create_bytes(block, T::kind));
  }
  Bytes create_bytes(BlockNo block, const BlockKind& kind);
  /// A writable copy of a block that its judge may have refused, for fsck; `current` are its bytes. When the
  /// judge refuses these, commit does not ask it again: what was damaged may stay so in part. What was sound
  /// must stay sound.
  Bytes edit_damaged(BlockNo block, const BlockKind& kind, ConstBytes current);

  /// What this transaction has made of a block so far; empty when it has not touched it.
  ConstBytes pending(BlockNo block) const;
  /// The block belongs to nothing any more: what was changed in it need not be written.
  void forget(BlockNo block) { edited_.erase(block.value); }

  /// These blocks are free from the commit on, and hold until then what their owner has there: nothing may be
  /// written to them before. What was changed in them is forgotten.
  void release(BlockNo first, u64 count);
  /// Calls `use` with what of the blocks from `first` to `end` (not included) was released and is not free
  /// yet: by this transaction, or by what it will become durable with.
  void each_released(BlockNo first, BlockNo end, const std::function<void(BlockNo, u64 count)>& use) const;
  bool nothing_released() const;

  /// Contents of files, to blocks that nothing refers to but what this transaction commits: written at once,
  /// durable before the commit. Not undone by an abort. `bytes` may end inside a block.
  void write_data(BlockNo first, ConstBytes bytes);
  /// The same for `count` blocks of zeros.
  void zero_data(BlockNo first, u64 count);

  /// Makes the changes happen. Throws Error(corrupt) naming block and field when an edited block would not
  /// pass its judge (nothing is written then), and whatever the WriteAhead throws. The transaction is empty
  /// afterwards.
  void commit();
  /// Forgets all changes.
  void abort() {
    edited_.clear();
    released_.clear();
  }
  std::size_t blocks() const { return edited_.size(); }  ///< how many blocks it holds
  BlockCache& cache() const { return cache_; }           ///< what is committed

 private:
  struct Edited {
    std::shared_ptr<CachedBlock> copy;
    bool created = false;  ///< did not exist before this transaction
    bool damaged = false;  ///< was refused by its judge before this transaction
  };
  Bytes edit_copy(BlockNo block, const BlockKind& kind, ConstBytes current);
  std::vector<BlockImage> seal_all();
  void join();
  void forget(BlockNo first, u64 count);
  void leave_to_data(BlockNo first, u64 count);

  BlockCache& cache_;
  WriteAhead& write_ahead_;
  RunningTransaction* running_ = nullptr;  ///< what the commit joins
  std::map<u64, Edited> edited_;  // by block number: commits write in device order
  BlockRanges released_;
};

}  // namespace ocfs2
