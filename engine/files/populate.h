// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fills a volume that nobody else uses with a tree of files: owners, permissions, times, attributes, devices,
// names that share a file, holes. It is no Node, which makes of each operation a whole that survives a crash:
// a tree that was filled in half is of no use, so thousands of files go out in one commit, and each of them
// is made as it will be, not changed into it.
#pragma once

#include "engine/files/tree_source.h"
#include "engine/journal/write_ahead.h"
#include "engine/reporter.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

struct FillTimes {
  u64 now = 0;  ///< seconds since 1970: when everything was changed last
  /// The same source makes the same volume whenever it is read: no time is later than `now`, and files were
  /// read when they were written.
  bool reproducible = false;
};

struct Populated {
  u64 files = 0;  ///< names that were made
  u64 bytes = 0;  ///< of contents that were written
};

/// Makes everything that `source` tells below the root of the volume, whose own permissions and times become
/// those of the tree's root if that is told. What an archive has twice is what it was told last; directories
/// that it left out are made. Changes go through `way`, in batches. Throws what the source throws,
/// Error(no_space) and Error(unsupported) with the path in front, Error(interrupted) when `reporter` says so;
/// the volume is then to be thrown away.
Populated populate(Volume& volume, WriteAhead& way, const FillTimes& times, TreeSource& source,
                   Reporter& reporter);

}  // namespace ocfs2
