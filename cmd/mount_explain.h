// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an errno value of mount(2) means when the file system is OCFS2, and what to do about it.
#pragma once

#include <string>

#include "cmd/mount_options.h"

namespace ocfs2 {

/// What is known of a mount that failed.
struct FailedMount {
  int number;  ///< errno
  std::string device, folder;
  const MountOptions& options;
  bool clustered;
  std::string stack;
  unsigned slots;                    ///< that the volume has
  std::vector<std::string> holders;  ///< who stands in its slot map: "node 3 (alpha)"
};

std::string explain_mount(const FailedMount& failed);

}  // namespace ocfs2
