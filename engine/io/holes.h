// SPDX-License-Identifier: GPL-2.0-or-later
//
// Leaving zeros out of a new file: what was never written there reads as zeros, takes no room, and costs no
// time.
#pragma once

#include <algorithm>

#include "ondisk/zeros.h"

namespace ocfs2 {

/// Shorter holes save less than the requests that they cost.
inline constexpr u64 hole_bytes = 64 << 10;

/// Calls `use(offset, part)` for what has to be written of `bytes`, whose place in the new file is `offset`:
/// everything but whole stretches of zeros from one multiple of hole_bytes to the next, and at the ends.
template <class Use>
void each_solid_part(u64 offset, ConstBytes bytes, const Use& use) {
  u64 begin = 0;  // of what is to be written and was not yet
  for (u64 at = 0, end; at < bytes.size(); at = end) {
    end = std::min<u64>(bytes.size(), round_up(offset + at + 1, hole_bytes) - offset);
    if (!is_zero(bytes.subspan(at, end - at))) continue;
    if (begin < at) use(offset + begin, bytes.subspan(begin, at - begin));
    begin = end;
  }
  if (begin < bytes.size()) use(offset + begin, bytes.subspan(begin));
}

}  // namespace ocfs2
