// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the kernel's debugfs is mounted, in which it shows its locks and its network; and the masks that say
// what it writes to its log (spec: commands.md 4.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/kernel_files.h"

namespace ocfs2 {

/// The first place where debugfs is mounted. `root` is put in front of /proc.
std::optional<std::string> kernel_debug_folder(const std::string& root = {});

/// The masks of the cluster's modules, wherever this kernel has them: a file for each in /sys/fs/o2cb or, of
/// older kernels, in /sys/o2cb, or one file in /proc for all.
class LogMasks {
 public:
  struct Mask {
    std::string name, state;
  };
  static constexpr std::string_view states[] = {"allow", "off", "deny"};

  /// `root` is put in front of /sys and /proc.
  explicit LogMasks(std::string root = {});

  /// False when no module that has masks is loaded.
  bool known() const { return !place_.empty(); }
  /// All of them, sorted.
  std::vector<Mask> list() const;
  std::optional<Refusal> set(const Mask& mask) const;

 private:
  std::string place_;  ///< a folder, or the one file
  bool one_file_ = false;
};

}  // namespace ocfs2
