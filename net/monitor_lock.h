// SPDX-License-Identifier: GPL-2.0-or-later
//
// Only one o2hbmonitor runs on a host, ours or the reference's: both hold the same System V semaphore
// (spec: cluster.md L3.2), whose last user the kernel knows.
#pragma once

#include <sys/types.h>

namespace ocfs2 {

/// Held as long as the process lives. False, and errno: EAGAIN when another one has it.
bool take_monitor_lock();
/// Who holds it; 0 when nobody does.
pid_t running_monitor();

}  // namespace ocfs2
