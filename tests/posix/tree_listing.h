// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is in a folder, so that two file systems that went through the same can be compared: a line for each
// object, in the order of the paths.
//
// Times are told only when they were set to before 2001, since no two runs happen at the same time.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ocfs2::probe {

/// Lines "path type+mode links uid:gid size device time same-as attributes content". What cannot be read is
/// told with its error. The current folder is the top.
std::vector<std::string> tree_listing();

/// The value of an extended attribute of what is at `path` itself, or the name of the error; nothing when it
/// has none.
std::optional<std::string> attribute_value(const std::string& path, const std::string& name);

/// Paths of all objects below the current folder, each behind the folder that it is in, "./" before them.
std::vector<std::string> all_paths();

}  // namespace ocfs2::probe
