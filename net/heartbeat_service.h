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

/// How long a beginning lasts: as long as the program that asked, or until it is ended by name, as a mount's,
/// which the kernel ends through ocfs2_hb_ctl.
enum class BeatTerm { program, mount };

/// Starts the heartbeat in a registered cluster's folder in configfs, such as
/// /sys/kernel/config/cluster/NAME, or counts us in where it runs; with global heartbeat nobody is counted.
/// Returns when other nodes can see it: several seconds.
std::optional<Refusal> begin_heartbeat(const std::string& cluster_folder, const BeatPlace& place,
                                       BeatTerm term, bool global = false);
/// Counts us out; the last one ends the heartbeat. One that does not run is no refusal. EBUSY: it is in use.
std::optional<Refusal> end_heartbeat(const std::string& cluster_folder, const std::string& region,
                                     BeatTerm term);
/// How many count on the heartbeat of a region.
int heartbeat_users(const std::string& region);

/// A heartbeat for as long as this lives.
class HeartbeatService {
 public:
  HeartbeatService(std::string cluster_folder, BeatPlace place)
      : cluster_folder_(std::move(cluster_folder)), place_(std::move(place)) {}
  /// Stops it unless others count on it. A crash drops our count, too.
  ~HeartbeatService();
  HeartbeatService(const HeartbeatService&) = delete;
  HeartbeatService& operator=(const HeartbeatService&) = delete;

  std::optional<Refusal> start();

 private:
  std::string cluster_folder_;
  BeatPlace place_;
  bool started_ = false;
};

}  // namespace ocfs2
