// SPDX-License-Identifier: GPL-2.0-or-later
//
// What only the kernel can do to a volume that it has mounted: making it larger (spec: cluster.md J). The
// kernel changes its allocator and superblock itself, under its own locks, and judges what it is told.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "net/kernel_files.h"

namespace ocfs2 {

/// A group of clusters behind the end of the volume, whose descriptor stands on the device already.
struct NewGroup {
  std::uint64_t block;     ///< of the descriptor
  std::uint32_t clusters;  ///< in the group
  std::uint32_t free;      ///< of them
  std::uint16_t chain;     ///< that it joins
};

/// A seam: tests have a kernel of their own.
class MountedFileSystem {
 public:
  virtual ~MountedFileSystem() = default;
  /// How many blocks the volume has by now; asked of the kernel, so that all nodes agree.
  virtual std::optional<Refusal> blocks(std::uint64_t& count) = 0;
  /// Makes the last group larger by this many clusters, which must fit it.
  virtual std::optional<Refusal> extend_last_group(std::uint32_t clusters) = 0;
  /// The last group must be full.
  virtual std::optional<Refusal> add_group(const NewGroup& group) = 0;
};

/// The file system that is mounted at `mount_point`. A refusal is in `refused`; the result is then null.
std::unique_ptr<MountedFileSystem> open_mounted(const std::string& mount_point,
                                                std::optional<Refusal>& refused);

}  // namespace ocfs2
