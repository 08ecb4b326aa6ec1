// SPDX-License-Identifier: GPL-2.0-or-later
//
// The journals of a volume as its size and slots want them to be: all alike.
#pragma once

#include "engine/volume/volume.h"

namespace ocfs2 {

struct JournalShape {
  u32 clusters_min = 0, clusters_max = 0;  ///< of the shortest and the longest
  bool all_wide = true, any_wide = false;  ///< count blocks with 64 bits
};
JournalShape journal_shape(Volume& volume);

}  // namespace ocfs2
