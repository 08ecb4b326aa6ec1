// SPDX-License-Identifier: GPL-2.0-or-later
//
// A host for tests: its modules and mounts are sets, and it does what it is told unless it is told not to:
// not a module by its name, or not the n-th change.
#pragma once

#include <cerrno>
#include <set>

#include "net/host.h"

namespace ocfs2 {

class FakeHost final : public Host {
 public:
  std::set<std::string> modules{}, mounted{};  ///< mounted: "TYPE FOLDER"
  std::set<std::string> refused{};             ///< modules that cannot be loaded
  int changes = 0;                             ///< asked for so far
  int refuse_at = 0;                           ///< the change that is refused, from 1; 0: none

  bool knows_file_system(const std::string& type) override { return modules.contains(type); }
  bool has_module(const std::string& name) override { return modules.contains(name); }
  std::optional<Refusal> load_module(const std::string& name) override {
    if (refuses() || refused.contains(name)) return Refusal{ENOENT, "load " + name};
    modules.insert(name);
    return std::nullopt;
  }
  std::optional<Refusal> unload_module(const std::string& name) override {
    if (refuses()) return Refusal{EBUSY, "unload " + name};
    modules.erase(name);
    return std::nullopt;
  }
  bool is_mounted(const std::string& type, const std::string& folder) override {
    return mounted.contains(type + " " + folder);
  }
  std::optional<Refusal> mount(const std::string& type, const std::string& folder) override {
    if (refuses()) return Refusal{EIO, "mount " + type};
    mounted.insert(type + " " + folder);
    return std::nullopt;
  }
  std::optional<Refusal> unmount(const std::string& folder) override {
    if (refuses()) return Refusal{EBUSY, "unmount " + folder};
    std::erase_if(mounted, [&](const std::string& entry) { return entry.ends_with(" " + folder); });
    return std::nullopt;
  }
  std::optional<Refusal> run_own(const std::string& name) override {
    ran.push_back(name);
    return std::nullopt;
  }
  std::vector<std::string> ran{};

 private:
  bool refuses() { return ++changes == refuse_at; }
};

}  // namespace ocfs2
