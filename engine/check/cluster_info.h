// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cluster that a volume says it belongs to, against the one that runs on the host of the check.
#pragma once

#include "engine/check/examiner.h"
#include "engine/check/mender.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

/// Asks whether the volume shall belong to `running`, an o2cb cluster with a name, and writes it durably when
/// it shall. True when the superblock says so now; `volume` does not know it yet.
bool resolve_cluster(Volume& volume, const ClusterIdentity& running, Examiner& examiner, Mender& mender);

}  // namespace ocfs2
