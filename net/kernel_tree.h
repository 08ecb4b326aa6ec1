// SPDX-License-Identifier: GPL-2.0-or-later
//
// The folders and small files through which a cluster is described to the kernel: configfs, sysfs. A seam:
// tests bring a kernel of their own that refuses what they want.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "net/kernel_files.h"

namespace ocfs2 {

class KernelTree {
 public:
  virtual ~KernelTree() = default;
  /// The first line of a file; nothing when there is none, or it cannot be read.
  virtual std::optional<std::string> read(const std::string& path) = 0;
  /// Names of the folders in a folder, sorted; none when it is not there.
  virtual std::vector<std::string> folders(const std::string& path) = 0;
  virtual std::optional<Refusal> write(const std::string& path, const std::string& text) = 0;
  virtual std::optional<Refusal> make_folder(const std::string& path) = 0;
  virtual std::optional<Refusal> remove_folder(const std::string& path) = 0;
};

/// This machine's kernel.
class SystemTree final : public KernelTree {
 public:
  std::optional<std::string> read(const std::string& path) override;
  std::vector<std::string> folders(const std::string& path) override;
  std::optional<Refusal> write(const std::string& path, const std::string& text) override;
  std::optional<Refusal> make_folder(const std::string& path) override;
  std::optional<Refusal> remove_folder(const std::string& path) override;
};

}  // namespace ocfs2
