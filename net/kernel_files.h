// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small files through which the kernel is asked and told: sysfs, configfs. What goes wrong is data here, an
// errno value and what was tried, because whoever asks knows better what it means.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ocfs2 {

/// Something that the system did not do.
struct Refusal {
  int number;         ///< errno
  std::string tried;  ///< "make the folder /dlm/UUID"
};

/// The first line of a file; empty when it cannot be read.
std::string kernel_line(const std::string& path);
/// All of a small file; nothing, and errno, when it cannot be read.
std::optional<std::string> whole_file(const std::string& path);
/// The names of the folders in `path`, in alphabetical order.
std::vector<std::string> folders_in(const std::string& path);
/// Writes `text` to a file in one call, as attributes want it.
std::optional<Refusal> tell_kernel(const std::string& path, const std::string& text);

}  // namespace ocfs2
