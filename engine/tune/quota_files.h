// SPDX-License-Identifier: GPL-2.0-or-later
//
// What quota files have in them when they are new (spec: ondisk.md 11). Contents go to clusters that nobody
// had before, so that they are there when the transaction commits, however many they are.
#pragma once

#include "engine/volume/quota_layout.h"
#include "engine/volume/space.h"

namespace ocfs2 {

/// Fills an empty global file with these entries. Throws Error(no_space).
void fill_global_quota(Transaction& transaction, Space& space, InodeNo number, const QuotaEntries& entries,
                       QuotaType type);
/// Fills an empty file of a slot, which has no changes. Throws Error(no_space).
void fill_local_quota(Transaction& transaction, Space& space, InodeNo number, QuotaType type);

}  // namespace ocfs2
