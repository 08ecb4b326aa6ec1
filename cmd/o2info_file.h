// SPDX-License-Identifier: GPL-2.0-or-later
//
// What o2info tells of one file on a mounted volume: where the kernel has its extents (FIEMAP).
#pragma once

#include <string>

namespace ocfs2 {

/// `file`: open, or -1 when the path is no mounted file. Both throw Error(invalid_argument) then, Error(io).
void print_space_usage(const std::string& path, int file);
void print_file_state(const std::string& path, int file);
/// The device of the file system that a path is on. Throws Error(not_found).
std::string device_of_mount(const std::string& path);

}  // namespace ocfs2
