// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a host refused, in words and as an error. Any type serves that has net/'s two facts of it, a `number`
// (errno) and what was `tried`: net/ cannot be seen from here.
#pragma once

#include "engine/error.h"

namespace ocfs2 {

std::string refusal_text(const auto& refusal) {
  return fmt::format("could not {}: {}", refusal.tried, errno_text(refusal.number));
}

[[noreturn]] void fail_refused(const auto& refusal) { fail(ErrorKind::io, "{}", refusal_text(refusal)); }

}  // namespace ocfs2
