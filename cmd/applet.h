// SPDX-License-Identifier: GPL-2.0-or-later
//
// A command of the toolkit: one file each, named in the table of applets.cc and nowhere else.
#pragma once

#include <span>
#include <string_view>

#include "engine/error.h"

namespace ocfs2 {

struct Applet {
  std::string_view name;  ///< the command's name, as in "mkfs.ocfs2"
  std::string_view
      directory;  ///< where it is installed below the prefix: "sbin", "bin", or "" for no link of its own
  std::string_view summary;  ///< one line for --list and --help
  /// Runs the command. `arguments[0]` is the name it was called by. Returns the exit status.
  int (*run)(std::span<char*> arguments);
  /// The exit status when the command line is wrong (spec: commands.md 20).
  int misused = 2;
  /// The exit status when an Error of this kind ended the command.
  int (*failed)(ErrorKind) = [](ErrorKind) { return 1; };
};

std::span<const Applet> applets();  ///< all of them, in alphabetical order

}  // namespace ocfs2
