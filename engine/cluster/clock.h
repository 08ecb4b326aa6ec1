// SPDX-License-Identifier: GPL-2.0-or-later
//
// Time, handed in to whatever waits, so that tests can run an hour in a millisecond.
#pragma once

#include "ondisk/integers.h"

namespace ocfs2 {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual u64 now_ms() = 0;  ///< milliseconds, never going back
  virtual void sleep_ms(u64 duration_ms) = 0;
};

/// The machine's own.
class SystemClock final : public Clock {
 public:
  u64 now_ms() override;
  void sleep_ms(u64 duration_ms) override;
};

}  // namespace ocfs2
