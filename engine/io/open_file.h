// SPDX-License-Identifier: GPL-2.0-or-later
//
// A descriptor of a file or folder of this host that is closed in the end.
#pragma once

#include <unistd.h>

namespace ocfs2 {

class OpenFile {
 public:
  /// `file`: open, or below 0 when opening failed; the caller looks.
  explicit OpenFile(int file) : file_(file) {}
  ~OpenFile() {
    if (file_ >= 0) close(file_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return file_; }

 private:
  int file_;
};

}  // namespace ocfs2
