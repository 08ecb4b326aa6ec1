// SPDX-License-Identifier: GPL-2.0-or-later
//
// Giving back what belonged to something that is thrown away, once the bitmaps agree with what pass 1 counted
// as in use.
#pragma once

#include "engine/check/checkup.h"
#include "engine/volume/space.h"

namespace ocfs2 {

/// Frees the clusters and blocks of `claims`, which pass 1 counted, in the mender's open transaction. What
/// others claim, too, stays with these.
void release(Checkup& checkup, Space& space, const Harvest& claims);

}  // namespace ocfs2
