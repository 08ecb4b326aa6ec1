// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cluster's part of a mount (spec: cluster.md C1.2): the stack that the volume wants, the cluster that it
// belongs to, and this host's heartbeat on it. A heartbeat that was begun for a mount that did not come is
// ended again.
#pragma once

#include <optional>
#include <string>

#include "engine/volume/volume.h"
#include "net/heartbeat_service.h"

namespace ocfs2 {

class MountCluster {
 public:
  /// `wait_seconds`: how long the cluster may take to come up.
  MountCluster(Volume& volume, u64 wait_seconds) : volume_(volume), wait_seconds_(wait_seconds) {}
  ~MountCluster();
  MountCluster(const MountCluster&) = delete;
  MountCluster& operator=(const MountCluster&) = delete;

  /// Sees to it that this host can mount the volume: throws Error when its cluster does not run here, or is
  /// another one. A cluster that is stopped is started when the service is enabled.
  void prepare();
  /// "heartbeat=local" or whatever ocfs2 must be told.
  std::string option() const;
  /// Begins to beat, where the cluster beats on each volume.
  void join();
  /// The mount stands: the kernel ends the heartbeat when it is unmounted.
  void keep();

 private:
  void load_stack();
  void require_cluster();
  std::string fault() const;
  std::string user_fault() const;

  Volume& volume_;
  u64 wait_seconds_;
  std::string folder_{};  ///< of the cluster, in configfs
  std::optional<BeatPlace> beating_{};
};

}  // namespace ocfs2
