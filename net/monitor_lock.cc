// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/monitor_lock.h"

#include <sys/ipc.h>
#include <sys/sem.h>

namespace ocfs2 {
namespace {

constexpr key_t key = 0x6F326862;

}  // namespace

bool take_monitor_lock() {
  const int set = semget(key, 1, IPC_CREAT | 0600);
  sembuf steps[] = {{0, 0, IPC_NOWAIT}, {0, 1, SEM_UNDO}};
  return set >= 0 && semop(set, steps, 2) == 0;
}

pid_t running_monitor() {
  const int set = semget(key, 1, 0);
  if (set < 0 || semctl(set, 0, GETVAL) <= 0) return 0;
  const int pid = semctl(set, 0, GETPID);
  return pid > 0 ? pid : 0;
}

}  // namespace ocfs2
