// SPDX-License-Identifier: GPL-2.0-or-later
//
// Descriptors of suballocator groups that are lost. Every block that such a group handed out records from
// where it comes, so the blocks behind the place of the descriptor prove that there was one, and tell most of
// what it said; what is in use in the end is up to check_bitmaps.
#pragma once

#include <vector>

#include "engine/check/block_source.h"
#include "engine/check/group_check.h"

namespace ocfs2 {

/// Fills `block` with a descriptor at `at`, without a bitmap and at the end of its chain.
void format_group(const GroupPlace& at, Bytes block);

/// The descriptor of a group in one piece, at the end of its chain, made from what the group handed out:
/// inodes, or blocks of the other kinds, of slot `slot`. Empty when no block says that it comes from there.
std::vector<u8> group_from_its_blocks(BlockSource& source, const GroupPlace& at, bool inodes, u16 slot);

}  // namespace ocfs2
