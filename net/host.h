// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the operating system is asked for to bring a cluster up: kernel modules and the file systems through
// which the kernel is told (spec: cluster.md L1). A seam: tests bring a host of their own.
#pragma once

#include <optional>
#include <string>

#include "net/kernel_files.h"

namespace ocfs2 {

class Host {
 public:
  virtual ~Host() = default;
  /// The kernel can mount this type now.
  virtual bool knows_file_system(const std::string& type) = 0;
  /// The module is in the kernel, loaded or built in.
  virtual bool has_module(const std::string& name) = 0;
  virtual std::optional<Refusal> load_module(const std::string& name) = 0;
  /// EBUSY: it is in use. A module that is not loaded is no refusal.
  virtual std::optional<Refusal> unload_module(const std::string& name) = 0;
  virtual bool is_mounted(const std::string& type, const std::string& folder) = 0;
  virtual std::optional<Refusal> mount(const std::string& type, const std::string& folder) = 0;
  virtual std::optional<Refusal> unmount(const std::string& folder) = 0;
  /// Runs this very program under another of its names, without words, until it ends or goes to the
  /// background.
  virtual std::optional<Refusal> run_own(const std::string& name) = 0;
};

/// This machine.
class SystemHost final : public Host {
 public:
  bool knows_file_system(const std::string& type) override;
  bool has_module(const std::string& name) override;
  std::optional<Refusal> load_module(const std::string& name) override;
  std::optional<Refusal> unload_module(const std::string& name) override;
  bool is_mounted(const std::string& type, const std::string& folder) override;
  std::optional<Refusal> mount(const std::string& type, const std::string& folder) override;
  std::optional<Refusal> unmount(const std::string& folder) override;
  std::optional<Refusal> run_own(const std::string& name) override;
};

}  // namespace ocfs2
