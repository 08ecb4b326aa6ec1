// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstring>

#include "ondisk/integers.h"

namespace ocfs2 {

/// Whether all of them are zeros; none are.
inline bool is_zero(ConstBytes bytes) {
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace ocfs2
