// SPDX-License-Identifier: GPL-2.0-or-later
//
// What everybody has, and keeping the quota files in line with it when a change of the volume gives files
// more clusters or fewer (spec: ondisk.md 11.5).
#pragma once

#include "engine/volume/quota_layout.h"
#include "engine/tune/tuning.h"

namespace ocfs2 {

/// One entry for each owner, without limits.
QuotaEntries count_usage(const Tuning& tuning, QuotaType type);

/// Counts anew, on volumes with quota, and enters what has changed. Comes before the feature goes that asked
/// for the change: should the run die first, the next one does it, or fsck.
void recount_quota(Tuning& tuning);

}  // namespace ocfs2
