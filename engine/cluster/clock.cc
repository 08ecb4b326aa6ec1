// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/cluster/clock.h"

#include <chrono>
#include <thread>

namespace ocfs2 {

u64 SystemClock::now_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<u64>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

void SystemClock::sleep_ms(u64 duration_ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(duration_ms));
}

}  // namespace ocfs2
