// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bringing the pieces of files together, and free space with them, while nobody has the volume.
//
// Free space is as scattered as files are, and each stands in the other's way: where no run is long enough
// for a file, others must make room first, and files that were brought together leave holes behind. So the
// two take turns until neither finds anything to do. Both only ever move a whole piece, so that no turn
// undoes what another one did: files come to lie in fewer pieces, or free space in fewer windows, never the
// reverse.
//
// A window is a part of a cluster group, large enough for what the allocators need in a row. The windows in
// which least is in use are emptied into the gaps of the others. So at most as much is moved as there is free
// space, and nothing where free space is together already.
//
// What stays where it is: directories and attributes, what several files share, and what the volume keeps for
// itself.
#pragma once

#include <memory>

#include "engine/tune/operation.h"

namespace ocfs2 {

/// How scattered a volume is.
struct Scatter {
  u64 files = 0;            ///< with clusters of their own
  u64 broken_files = 0;     ///< of them that would better lie in fewer pieces
  u64 broken_clusters = 0;  ///< of these files, in the stretches concerned
  u64 pieces = 0;           ///< of all files
  u64 shared_files = 0;     ///< that share clusters, which stay where they are
  u64 free_clusters = 0, free_runs = 0;
  u64 longest_free = 0;  ///< clusters
};
/// Throws Error(corrupt), Error(interrupted).
Scatter scatter_of(const Tuning& tuning);

struct DefragmentReport {
  Scatter before, after;
  u64 moved_clusters = 0;
};
/// `report` is filled while the plan is made and carried out, however far that gets.
Operation defragment(std::shared_ptr<DefragmentReport> report);

}  // namespace ocfs2
