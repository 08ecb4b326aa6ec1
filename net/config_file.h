// SPDX-License-Identifier: GPL-2.0-or-later
//
// Changing a configuration file so that everybody sees the old one or the new one, whatever happens
// (spec: cluster.md A2.2), and two who change it do so one after the other.
#pragma once

#include <optional>
#include <string>

#include "net/kernel_files.h"

namespace ocfs2 {

/// While it lives no other of our programs changes files in the folder of `path`, which is made when it is
/// not there. What cannot be locked (a file system that is read-only, another's folder) is found out on
/// writing.
class ConfigLock {
 public:
  explicit ConfigLock(const std::string& path);
  ~ConfigLock();
  ConfigLock(const ConfigLock&) = delete;
  ConfigLock& operator=(const ConfigLock&) = delete;

 private:
  int folder_;
};

/// Puts a file of this text, readable by all, in the place of what is at `path`, or where that leads to. It
/// is on the disk when this returns.
std::optional<Refusal> replace_file(const std::string& path, const std::string& text);

}  // namespace ocfs2
