// SPDX-License-Identifier: GPL-2.0-or-later
//
// Extended attributes for a file that has none, in each of the places that the format has for them (spec:
// ondisk.md 8).
#pragma once

#include "engine/volume/space.h"

namespace ocfs2 {

/// Some inside the inode, where blocks are large enough for that, and some in an attribute block, one of them
/// with a value in a cluster of its own. `file` must be empty. Throws Error(no_space).
void furnish_xattr_block(Transaction& transaction, Space& space, InodeNo file);
/// A bucket below an index. Throws Error(no_space).
void furnish_xattr_buckets(Transaction& transaction, Space& space, InodeNo file);

}  // namespace ocfs2
