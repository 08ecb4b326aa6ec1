// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/hb_priority.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "net/kernel_files.h"
#include "net/words.h"

namespace ocfs2 {

bool raise_heartbeat_priority(const std::string& cluster_folder, const std::string& region, int level) {
  constexpr int process = 1, real_time = 1 << 13;  // as in ioprio_set(2)
  const auto thread = small_number(kernel_line(cluster_folder + "/heartbeat/" + region + "/pid"));
  if (!thread) return errno = ENOENT, false;
  return syscall(SYS_ioprio_set, process, *thread, real_time | level) == 0;
}

}  // namespace ocfs2
