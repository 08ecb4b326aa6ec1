// SPDX-License-Identifier: GPL-2.0-or-later
//
// The passes of a full check, in order. Each may rely on what those before it found and mended.
#pragma once

#include <span>
#include <string_view>

#include "engine/check/checkup.h"

namespace ocfs2 {

struct CheckPass {
  std::string_view name;  ///< for "while performing pass 1: …"
  void (*run)(Checkup&);
  bool finds_system_files = false;
  bool claims_clusters = false;  ///< what uses which cluster is known afterwards
};

std::span<const CheckPass> check_passes();

}  // namespace ocfs2
