// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "cmd/o2image.h"
#include "engine/error.h"
#include "engine/io/holes.h"

namespace ocfs2 {
namespace {

constexpr u64 buffer_bytes = 2 << 20;
constexpr u32 page_bytes = 4096;

/// False when it was not direct before. The end of a file, for one, is no whole number of sectors.
bool give_up_direct(int file) {
  const int flags = fcntl(file, F_GETFL);
  return (flags & O_DIRECT) != 0 && fcntl(file, F_SETFL, flags & ~O_DIRECT) == 0;
}

}  // namespace

ImageFile::ImageFile(std::string path) : path_(std::move(path)) {
  struct stat facts {};
  const bool there = path_ != "-" && stat(path_.c_str(), &facts) == 0;
  if (there && S_ISBLK(facts.st_mode))
    fail(ErrorKind::invalid_argument, "{}: is a block device; an image is put on a device with -I", path_);
  if (there && S_ISDIR(facts.st_mode))
    fail(ErrorKind::invalid_argument, "{}: is a directory; name a file in it", path_);
  stream_ = path_ == "-" || (there && !S_ISREG(facts.st_mode));
  if (!stream_) temporary_ = path_ + ".new";
}

ImageFile::~ImageFile() {
  if (file_ > STDERR_FILENO) close(file_);
  if (made_) unlink(temporary_.c_str());
}

void ImageFile::open(u64 length) {
  if (path_ == "-")
    file_ = STDOUT_FILENO;
  else if (stream_)
    file_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  else
    file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file_ < 0 && errno == EEXIST)
    fail(ErrorKind::invalid_argument,
         "{}: is there already: remove it, if no other o2image is writing it just now", temporary_);
  if (file_ < 0) fail_errno(errno, "{}: cannot be written", path_);
  if (stream_) return;
  made_ = true;
  if (ftruncate(file_, static_cast<off_t>(length)) != 0) fail_errno(errno, "{}: cannot be written", path_);
  buffer_ = AlignedBuffer(buffer_bytes, page_bytes);
  fcntl(file_, F_SETFL, fcntl(file_, F_GETFL) | O_DIRECT);  // not every file system has this
}

void ImageFile::put(u64 offset, ConstBytes bytes) {
  while (!bytes.empty()) {
    const ssize_t put = stream_ ? ::write(file_, bytes.data(), bytes.size())
                                : pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EINVAL && give_up_direct(file_)) continue;
    if (put < 0) fail_errno(errno, "{}: cannot be written", path_);
    offset += static_cast<u64>(put);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

void ImageFile::write(ConstBytes bytes) {
  if (stream_) return put(0, bytes);
  while (!bytes.empty()) {
    const u64 part = std::min<u64>(bytes.size(), buffer_bytes - buffered_);
    std::ranges::copy(bytes.first(part), buffer_.bytes().begin() + static_cast<std::ptrdiff_t>(buffered_));
    buffered_ += part;
    bytes = bytes.subspan(part);
    if (buffered_ == buffer_bytes) write_buffer();
  }
}

void ImageFile::write_buffer() {
  each_solid_part(written_, buffer_.bytes().first(buffered_),
                  [this](u64 offset, ConstBytes part) { put(offset, part); });
  written_ += std::exchange(buffered_, 0);
}

void ImageFile::finish() {
  if (stream_) return;
  write_buffer();
  struct stat facts {};
  const bool done =
      fstat(file_, &facts) == 0 &&
      (static_cast<u64>(facts.st_size) >= written_ || ftruncate(file_, static_cast<off_t>(written_)) == 0) &&
      fsync(file_) == 0 && rename(temporary_.c_str(), path_.c_str()) == 0;
  if (!done) fail_errno(errno, "{}: cannot be written", path_);
  made_ = false;
}

}  // namespace ocfs2
