// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's thread that beats on a volume must not wait behind the volume's own traffic.
#pragma once

#include <string>

namespace ocfs2 {

/// Gives the thread real-time I/O priority, `level` 0 (the highest) to 7. False, and errno, when there is no
/// such thread, or it may not be done. `cluster_folder`: in configfs.
bool raise_heartbeat_priority(const std::string& cluster_folder, const std::string& region, int level);

}  // namespace ocfs2
