// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a volume's free space can be trusted, before some of it is given out and afterwards (spec:
// commands.md 3.1).
#pragma once

#include "engine/volume/volume.h"

namespace ocfs2 {

/// Every group of the global bitmap is where it belongs and as large as it must be, and everything that
/// counts clusters counts the same. Reads all groups, in device order. Throws Error(corrupt) naming what
/// contradicts what, and fsck; Error(io).
void require_sound_bitmap(Volume& volume);

}  // namespace ocfs2
