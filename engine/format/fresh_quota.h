// SPDX-License-Identifier: GPL-2.0-or-later
//
// The quota files of a new volume (spec: ondisk.md 11): root owns what mkfs made, and nobody has a limit.
#pragma once

#include <functional>

#include "engine/format/layout.h"

namespace ocfs2 {

struct BlockKind;

/// A zeroed block of the file that is being filled: its number in the file, and what it is going to hold.
using QuotaBlockSource = std::function<Bytes(u64 file_block, const BlockKind& kind)>;

/// Blocks of a global quota file that holds one record.
u32 global_quota_blocks(u32 block_size);

void fill_global_quota(const Layout& layout, SystemFile file, const QuotaBlockSource& block);
void fill_local_quota(SystemFile file, const QuotaBlockSource& block);

}  // namespace ocfs2
