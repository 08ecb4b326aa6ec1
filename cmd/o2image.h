// SPDX-License-Identifier: GPL-2.0-or-later
//
// The file that o2image writes. It has another name until it is whole, so that an image by its own name is
// one. Zeros are left out of it, and it goes past the page cache where it can: an image may be larger than
// the memory of the host, which has better use for it.
#pragma once

#include <string>

#include "engine/io/aligned_buffer.h"

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
  /// Makes the file: to be written one byte after the other, or `length` bytes of nothing that others fill. A
  /// file that is there by the temporary name is not touched.
  void open(u64 length = 0);
  /// Throws Error(no_space), Error(io).
  void write(ConstBytes bytes);
  /// Makes all durable and gives the file its name.
  void finish();

 private:
  void write_buffer();
  void put(u64 offset, ConstBytes bytes);

  std::string path_, temporary_;
  bool stream_ = false;
  bool made_ = false;  ///< there is a file by the temporary name that is ours
  int file_ = -1;
  AlignedBuffer buffer_{};  ///< what comes next, not written yet
  u64 buffered_ = 0, written_ = 0;
};

}  // namespace ocfs2
