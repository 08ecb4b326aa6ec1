// SPDX-License-Identifier: GPL-2.0-or-later
//
// The entry points that the table of applets.cc names; each is defined in the file of its command.
#pragma once

#include <span>

namespace ocfs2 {

int run_debugfs(std::span<char*> arguments);
int run_defragfs(std::span<char*> arguments);
int run_fsck(std::span<char*> arguments);
int run_fswreck(std::span<char*> arguments);
int run_fuse(std::span<char*> arguments);
int run_fuse_helper(std::span<char*> arguments);
int run_mkfs(std::span<char*> arguments);
int run_hb_ctl(std::span<char*> arguments);
int run_hb_monitor(std::span<char*> arguments);
int run_mount(std::span<char*> arguments);
int run_mounted(std::span<char*> arguments);
int run_o2cb(std::span<char*> arguments);
int run_o2cb_ctl(std::span<char*> arguments);
int run_o2cluster(std::span<char*> arguments);
int run_o2image(std::span<char*> arguments);
int run_o2info(std::span<char*> arguments);
int run_tunefs(std::span<char*> arguments);
int run_undo(std::span<char*> arguments);

}  // namespace ocfs2
