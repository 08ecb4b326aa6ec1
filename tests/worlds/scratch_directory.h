// SPDX-License-Identifier: GPL-2.0-or-later
//
// A directory of its own for a test that needs real files; gone when the test is.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/error.h"

namespace ocfs2 {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "ocfs2box-test-XXXXXX";
    require(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  /// A path in it; nothing need be there.
  std::string operator/(const std::string& name) const { return path_ / name; }

  /// Makes a file of `size_bytes` zeros that takes no room; returns its path.
  std::string sparse_file(const std::string& name, std::uintmax_t size_bytes) const {
    std::ofstream(path_ / name).close();
    std::filesystem::resize_file(path_ / name, size_bytes);
    return path_ / name;
  }
  /// Makes a small text file, and the directories on the way; returns its path.
  std::string text_file(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace ocfs2
