// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an inode costs its owners (spec: ondisk.md 11.5), as the kernel counts it while a volume is mounted:
// one inode, the clusters of its contents and those of a directory's index. Attributes are free.
#pragma once

#include "engine/volume/space.h"

namespace ocfs2 {

struct QuotaCharge {
  u32 uid = 0, gid = 0;
  u64 bytes = 0;
  u64 inodes = 0;  ///< 0: not in use, or the volume's own

  /// What `inode` costs as the transaction sees it; nothing on a volume without quotas.
  static QuotaCharge of(const Transaction& transaction, const Volume& volume, InodeNo inode);
};

/// Whether the volume counts what owners have.
bool has_quotas(const Volume& volume);

/// Has the owners pay the difference, in the volume's global quota files; nothing on a volume without quotas.
/// Throws Error(no_space), Error(corrupt).
void settle_charge(Transaction& transaction, Space& space, const QuotaCharge& before,
                   const QuotaCharge& after);

}  // namespace ocfs2
