// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/cluster/clock.h"

#include <chrono>
#include <thread>

namespace ocfs2 {

u64 SystemClock::now_ms() {
  using namespace std::chrono;
  return static_cast<u64>(duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

void SystemClock::sleep_ms(u64 duration_ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(duration_ms));
}

}  // namespace ocfs2
