// SPDX-License-Identifier: GPL-2.0-or-later
//
// How long ago this host could last write its heartbeat, region by region, as the kernel shows it in debugfs
// (spec: cluster.md L3.2, B5). When that comes near the dead time the host is about to fence itself.
#pragma once

#include <string>
#include <vector>

#include "net/kernel_tree.h"

namespace ocfs2 {

struct HeartbeatDelay {
  std::string region, device;     ///< device: "sdb1"
  unsigned elapsed_ms, limit_ms;  ///< limit: the host fences itself then

  /// The elapsed part of the limit, in percent.
  unsigned percent() const { return static_cast<unsigned>(std::uint64_t{elapsed_ms} * 100 / limit_ms); }
};

/// Of every region of the cluster that is registered; none when no cluster is. `root` is put in front of
/// /sys.
std::vector<HeartbeatDelay> heartbeat_delays(KernelTree& tree, const std::string& root = {});

}  // namespace ocfs2
