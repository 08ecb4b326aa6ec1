// SPDX-License-Identifier: GPL-2.0-or-later
//
// Content that no accident makes, the same for the same seed.
#pragma once

#include <random>
#include <vector>

#include "ondisk/integers.h"

namespace ocfs2 {

inline std::vector<u8> random_bytes(std::size_t count, u64 seed) {
  std::mt19937_64 dice(seed);
  std::vector<u8> bytes(count);
  for (u8& byte : bytes) byte = static_cast<u8>(dice() >> 56 | 1);  // never zero
  return bytes;
}

}  // namespace ocfs2
