// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the kernel is to beat on a volume, in the words in which it is told (spec: cluster.md B4.6).
#pragma once

#include "engine/volume/volume.h"
#include "net/heartbeat_service.h"

namespace ocfs2 {

/// Throws Error(corrupt) when the volume's heartbeat file is not as it must be, and what heartbeat_region
/// does.
BeatPlace beat_place(Volume& volume);

}  // namespace ocfs2
