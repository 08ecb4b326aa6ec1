// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which files have holes, and what filling them would take (spec: commands.md 3.2 --list-sparse).
#pragma once

#include <functional>
#include <string>

#include "engine/volume/volume.h"

namespace ocfs2 {

struct SparseFile {
  InodeNo inode;
  u64 hole_clusters = 0;
  std::string path;
};

/// Calls `use` with every regular file below `directory` that has holes before its end; paths begin with
/// `prefix`. A file that has several names is met by each of them, and counted once. Returns all hole
/// clusters. Throws Error(corrupt) when directories form a loop.
u64 each_sparse_file(Volume& volume, InodeNo directory, const std::string& prefix,
                     const std::function<void(const SparseFile&)>& use);

/// Clusters between the beginning of a regular file and its end that it does not have.
u64 hole_clusters(Volume& volume, const BlockRef<Inode>& inode);

}  // namespace ocfs2
