// SPDX-License-Identifier: GPL-2.0-or-later
//
// The file that o2image writes. It has another name until it is whole, so that an image by its own name is
// one.
#pragma once

#include <string>

#include "ondisk/integers.h"

namespace ocfs2 {

class ImageFile {
 public:
  /// `path` may be "-", standard output, or a pipe: these get the bytes at once. Throws
  /// Error(invalid_argument) for a block device, which -I is for.
  explicit ImageFile(std::string path);
  ~ImageFile();
  ImageFile(const ImageFile&) = delete;
  ImageFile& operator=(const ImageFile&) = delete;

  bool is_stream() const { return stream_; }
  const std::string& temporary_name() const { return temporary_; }  ///< of what is no stream
  /// Begins to write bytes one after the other. A file that is there by the temporary name is not touched.
  void open();
  /// Somebody else has made the file by the temporary name, and fills it.
  void adopt() { made_ = true; }
  /// Throws Error(no_space), Error(io).
  void write(ConstBytes bytes);
  /// Makes all durable and gives the file its name. `length`: of a file that others wrote, which gets a hole
  /// at its end.
  void finish(u64 length);

 private:
  std::string path_, temporary_;
  bool stream_ = false;
  bool made_ = false;  ///< there is a file by the temporary name that is ours
  int file_ = -1;
};

}  // namespace ocfs2
