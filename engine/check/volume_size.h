// SPDX-License-Identifier: GPL-2.0-or-later
//
// How large the volume is, when the superblock and the global bitmap do not agree. Everything else depends on
// that, so it is settled before anything else is looked at.
#pragma once

#include "engine/check/checkup.h"

namespace ocfs2 {

/// The superblock as it is after the repairs so far.
std::vector<u8> super_block_bytes(Checkup& checkup);
/// The superblock, to be changed; only after a problem was resolved with yes.
SuperInode& edit_super_block(Checkup& checkup);

/// Compares superblock, bitmap inode and groups, and goes on with the size that is proven: in the volume and
/// in an empty cluster ledger, whatever the answer was. Never more than the device holds. True when it has
/// been told that the size in the bitmap's inode is wrong.
bool settle_volume_size(Checkup& checkup, InodeNo global_bitmap);

}  // namespace ocfs2
