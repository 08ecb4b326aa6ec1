// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one place that knows the version. It is above the 1.8 series of ocfs2-tools, because scripts that ask
// `mkfs.ocfs2 -V` compare the number to learn what the tool can do.
#pragma once

#include <string>
#include <string_view>

namespace ocfs2 {

inline constexpr std::string_view VERSION = "2.0.0-dev";

/// "mkfs.ocfs2 2.0.0-dev" (spec: commands.md 0.2).
inline std::string version_line(std::string_view program) {
  return std::string(program) + ' ' + std::string(VERSION);
}

}  // namespace ocfs2
