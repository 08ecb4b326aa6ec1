// SPDX-License-Identifier: GPL-2.0-or-later
//
// Content that lies in a run of clusters, into a file of this host, as far as it can be read.
#pragma once

#include <functional>
#include <string>

#include "engine/reporter.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

struct RunCopy {
  Volume& volume;
  Reporter& reporter;
  int file;
  const std::string& path;  ///< what the file is called in errors
  /// Hears of bytes of the file that could not be read, block by block.
  std::function<void(u64 from, u64 to, const std::string& why)> lost;
  /// Hears of each piece that was read.
  std::function<void(u64 bytes)> passed{};
};

/// Copies `bytes`, which begin at block `first`, to `offset` of the file. Zeros stay holes. Returns how many
/// bytes were written. Throws Error(io) when this host does not take them, Error(interrupted).
u64 copy_run(const RunCopy& copy, BlockNo first, u64 offset, u64 bytes);

}  // namespace ocfs2
