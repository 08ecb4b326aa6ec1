// SPDX-License-Identifier: GPL-2.0-or-later
//
// A command of the toolkit: one file each, named in the table of applets.cc and nowhere else.
#pragma once

#include <span>
#include <string_view>

namespace ocfs2 {

struct Applet {
  std::string_view name;       ///< the command's name, as in "mkfs.ocfs2"
  std::string_view directory;  ///< where it is installed below the prefix: "sbin" or "bin"
  std::string_view summary;    ///< one line for --list and --help
  /// Runs the command. `arguments[0]` is the name it was called by. Returns the exit status.
  int (*run)(std::span<char*> arguments);
};

std::span<const Applet> applets();  ///< all of them, in alphabetical order

}  // namespace ocfs2
