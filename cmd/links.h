// SPDX-License-Identifier: GPL-2.0-or-later
//
// The symbolic links by which this one program is called as each of its commands.
#pragma once

#include <string>
#include <string_view>

namespace ocfs2 {

inline constexpr std::string_view BOX = "ocfs2box";  ///< the file name of the binary

struct LinkRequest {
  std::string directory;  ///< where the links go; must exist
  std::string kind;       ///< only commands that belong in "sbin" or "bin"; empty: all
  bool force = false;     ///< replace also what is not a link to an ocfs2box
};

/// Makes a link for every command and prints each. Returns the exit status: 1 when something stood in the
/// way.
int make_links(std::string_view program, const LinkRequest& request);

}  // namespace ocfs2
