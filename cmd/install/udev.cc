// SPDX-License-Identifier: GPL-2.0-or-later
//
// The device through which daemons of user-space stacks talk to the kernel has its name from long ago.
#include "cmd/install/install.h"

namespace ocfs2 {
namespace {

constexpr InstalledFile files[] = {
    {"udev", "usr/lib/udev/rules.d/60-ocfs2.rules",
     "KERNEL==\"ocfs2_control\", SYMLINK+=\"misc/ocfs2_control\", MODE=\"0660\"\n"},
};

}  // namespace

std::span<const InstalledFile> udev_files() { return files; }

}  // namespace ocfs2
