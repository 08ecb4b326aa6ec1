// SPDX-License-Identifier: GPL-2.0-or-later
//
// Giving up a heartbeat region of a running cluster. Nodes know of each other by the regions that they share:
// who stops beating where another node still looks for it, and does not beat where that one looks, too, is
// dead to it, and is fenced. So a region can be given up only when every living node beats on the new one.
#pragma once

#include <set>
#include <span>

#include "engine/cluster/heartbeat.h"

namespace ocfs2 {

/// Watches until all nodes that may be alive on any of the regions are alive on the first of them, or for
/// `longest_ms`. Returns those that are not. Waiting shows as a stage. Throws Error(io), Error(interrupted).
std::set<u32> nodes_missing_on_first(std::span<const WatchedRegion> regions, u64 longest_ms, Clock& clock,
                                     Reporter& reporter);

}  // namespace ocfs2
