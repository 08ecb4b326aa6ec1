// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a file lies on a volume that the kernel has mounted, and asking the kernel to bring it together
// (OCFS2_IOC_MOVE_EXT; spec: cluster.md J).
#pragma once

#include <cstdint>

#include "net/kernel_files.h"

namespace ocfs2 {

/// `pieces`: what lies in a row counts once, whatever holes are between.
struct FilePlaces {
  std::uint64_t pieces = 0;
  bool shared = false;  ///< with other files, in part
};
/// Of the first `bytes` bytes. `file`: open. `tried` says nothing of the file's name; so does that below.
std::optional<Refusal> ask_places(int file, std::uint64_t bytes, FilePlaces& places);

/// Whether an extent that is moved may be cut where no free run is as long. Without that the kernel refuses
/// with ENOSPC also where only the window that it allocates from ends.
enum class MovedExtents { whole, cut };

/// The kernel gives what lies in extents of less than a mebibyte new places, one behind the other, as long as
/// it finds any; a last cluster that is not full stays where it is, and shared clusters become the file's
/// own. `file`: open for writing. Returns when that is done, whatever signals come.
std::optional<Refusal> join_extents(int file, std::uint64_t bytes, MovedExtents extents);

}  // namespace ocfs2
