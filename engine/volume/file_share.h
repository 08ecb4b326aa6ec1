// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files that share clusters until one of them is written to (spec: ondisk.md 9.3).
#pragma once

#include "engine/volume/refcount_edit.h"

namespace ocfs2 {

/// Lets `target` have the clusters of `source` from cluster `from` on, as far as the source's size reaches;
/// both are regular files with extents, and the target has nothing there. The first time makes a refcount
/// tree, of `generation`, which is random; a target that is in another tree has left it. Stops early when the
/// transaction holds many blocks. Returns the first cluster that is not shared yet. Throws Error(no_space),
/// Error(corrupt).
u64 share_clusters(Transaction& transaction, Space& space, InodeNo source, InodeNo target, u64 from,
                   u32 generation);

}  // namespace ocfs2
