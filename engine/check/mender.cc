// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/mender.h"

namespace ocfs2 {

Mender::Mender(BlockCache& cache, WriteAhead& write_ahead)
    : cache_(cache),
      write_ahead_(&write_ahead),
      transaction_(std::make_unique<Transaction>(cache, write_ahead)) {}

Bytes Mender::edit(BlockNo block, const BlockKind& kind, ConstBytes current) {
  return transaction_->edit_damaged(block, kind, current);
}

ConstBytes Mender::pending(BlockNo block) const { return transaction_->pending(block); }

void Mender::settle() {
  if (transaction_->blocks() >= settle_blocks) commit();
}

void Mender::commit() {
  blocks_written_ += transaction_->blocks();
  transaction_->commit();
  if (committed_) committed_();
}

void Mender::use(WriteAhead& write_ahead) {
  commit();
  write_ahead_ = &write_ahead;
  transaction_ = std::make_unique<Transaction>(cache_, write_ahead);
}

}  // namespace ocfs2
