// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's heartbeat on a volume of its cluster (spec: cluster.md B4, B7). A lock domain can be joined
// only by who beats where the volume's other nodes look, so a tool that wants the locks of a volume has the
// kernel beat on it first. Several programs may want the same: they count themselves in a semaphore set, and
// the last one ends the heartbeat. The kernel's count would not do, for there is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/kernel_files.h"

namespace ocfs2 {

/// Where on a device nodes beat.
struct BeatPlace {
  std::string name;           ///< the volume's UUID, 32 upper-case digits
  std::string device;         ///< path of the block device
  unsigned block_bytes;       ///< the device's sector size
  std::uint64_t start_block;  ///< in units of that
  unsigned blocks;            ///< one a node
};

/// The key of a region's semaphore set: the CRC-32 of its name as zlib has it.
std::int32_t region_key(const std::string& name);

class HeartbeatService {
 public:
  /// `cluster_folder`: the registered cluster in configfs, such as /sys/kernel/config/cluster/NAME.
  HeartbeatService(std::string cluster_folder, BeatPlace place);
  /// Stops it unless others count on it. A crash drops our count, too.
  ~HeartbeatService();
  HeartbeatService(const HeartbeatService&) = delete;
  HeartbeatService& operator=(const HeartbeatService&) = delete;

  /// Starts the heartbeat, or counts us in where it runs. Returns when other nodes can see it: several
  /// seconds.
  std::optional<Refusal> start();

 private:
  std::optional<Refusal> make_region();
  std::optional<Refusal> describe_region();

  std::string folder_;  ///< of the region
  BeatPlace place_;
  bool started_ = false;
};

}  // namespace ocfs2
