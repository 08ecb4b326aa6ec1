// SPDX-License-Identifier: GPL-2.0-or-later
//
// The hand that repairs. Repairs gather in one transaction; between two repairs that do not need each other,
// `settle` makes them durable once enough have gathered. So a crash at any moment leaves a volume with some
// faults fewer, and nothing half mended.
//
// At first the way back is an undo file, if there is one; as soon as a journal is known to be sound, repairs
// go through that, like any change of a volume.
#pragma once

#include <functional>
#include <memory>

#include "engine/journal/transaction.h"

namespace ocfs2 {

class Mender {
 public:
  static constexpr std::size_t settle_blocks = 64;  ///< a transaction of this size is committed by `settle`

  Mender(BlockCache& cache, WriteAhead& write_ahead);

  /// The writable bytes of a block of which `current` is known. Valid until the next settle or commit.
  Bytes edit(BlockNo block, const BlockKind& kind, ConstBytes current);
  /// What stands in the open transaction for a block; empty when nothing does.
  ConstBytes pending(BlockNo block) const;
  /// The open transaction, for the engine's own mutators.
  Transaction& transaction() { return *transaction_; }

  /// Between two repairs: commits when enough has gathered. No patient's writable bytes survive it.
  void settle();
  void commit();
  /// `done` is called after each commit.
  void tell_of_commits(std::function<void()> done) { committed_ = std::move(done); }
  /// From here on commits go through `write_ahead`.
  void use(WriteAhead& write_ahead);
  WriteAhead& write_ahead() { return *write_ahead_; }

  u64 blocks_written() const { return blocks_written_; }

 private:
  BlockCache& cache_;
  WriteAhead* write_ahead_;
  std::unique_ptr<Transaction> transaction_;
  std::function<void()> committed_;
  u64 blocks_written_ = 0;
};

}  // namespace ocfs2
