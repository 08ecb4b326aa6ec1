// SPDX-License-Identifier: GPL-2.0-or-later
//
// The copies of the superblock that lie 1 GiB, 4 GiB, … into a volume (spec: ondisk.md 1.3). The kernel never
// writes them: whoever changes the superblock from outside it changes them with it.
#pragma once

#include "engine/journal/transaction.h"
#include "ondisk/super_inode.h"

namespace ocfs2 {

/// What the backup at block `at` must be, sealed, when `primary` is what stands in block 2.
std::vector<u8> backup_of_super(const VolumeFacts& facts, ConstBytes primary, BlockNo at);

/// Makes all backups copies of the superblock as the transaction has left it; none when that says that there
/// are none. What stands in their places is not looked at. Those at `end` or behind lie where the volume
/// grows to with this transaction; no log may speak of them yet, so they are written at once.
void write_backup_supers(Transaction& transaction, BlockNo end);

}  // namespace ocfs2
