// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "cmd/o2image.h"
#include "engine/error.h"

namespace ocfs2 {

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

void ImageFile::open() {
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
  made_ = !stream_;
}

void ImageFile::write(ConstBytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_errno(errno, "{}: cannot be written", path_);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void ImageFile::finish(u64 length) {
  if (stream_) return;
  if (file_ < 0) file_ = ::open(temporary_.c_str(), O_WRONLY | O_CLOEXEC);
  struct stat facts {};
  const bool done =
      file_ >= 0 && fstat(file_, &facts) == 0 &&
      (static_cast<u64>(facts.st_size) >= length || ftruncate(file_, static_cast<off_t>(length)) == 0) &&
      fsync(file_) == 0 && rename(temporary_.c_str(), path_.c_str()) == 0;
  if (!done) fail_errno(errno, "{}: cannot be written", path_);
  made_ = false;
}

}  // namespace ocfs2
