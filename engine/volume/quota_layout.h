// SPDX-License-Identifier: GPL-2.0-or-later
//
// A global quota file as a whole, made of a sorted list of entries (spec: ondisk.md 11.2).
#pragma once

#include <functional>
#include <map>

#include "ondisk/quota.h"

namespace ocfs2 {

/// What a global file has on one id.
struct QuotaEntry {
  QuotaRecord record;
  u32 block = 0;       ///< of the file, where it stands
  u16 index = 0;       ///< in the leaf
  bool found = false;  ///< the tree leads to it
};
using QuotaEntries = std::map<u32, QuotaEntry>;

/// How many blocks a global file with these entries has.
u32 quota_blocks_for(const QuotaEntries& entries, u32 block_size);
/// Gets a block of the file, when it is complete.
using QuotaBlockUse = std::function<void(u32 block, const BlockKind&, ConstBytes)>;
/// Calls `use` with all blocks of a global file, each once, in no particular order; what is left of `blocks`
/// becomes its list of free blocks. Holds a handful of them at a time.
void lay_out_quota(const QuotaEntries& entries, QuotaType type, const GlobalQuotaInfo& times, u32 blocks,
                   u32 block_size, const QuotaBlockUse& use);

}  // namespace ocfs2
