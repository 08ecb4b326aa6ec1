// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fills a volume with a tree of files: owners, permissions, times, attributes, devices, names that share a
// file, holes.
#pragma once

#include "engine/files/tree_source.h"
#include "engine/reporter.h"

namespace ocfs2 {

struct Populated {
  u64 files = 0;  ///< names that were made
  u64 bytes = 0;  ///< of contents that were written
};

/// Makes everything that `source` tells below the root of the volume, whose own permissions and times become
/// those of the tree's root if that is told. What an archive has twice is what it was told last; directories
/// that it left out are made. Throws what Node and the source throw, with the path in front;
/// Error(interrupted) when `reporter` says so.
Populated populate(Node& node, TreeSource& source, Reporter& reporter);

}  // namespace ocfs2
