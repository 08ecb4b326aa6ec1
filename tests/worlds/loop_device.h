// SPDX-License-Identifier: GPL-2.0-or-later
//
// A real block device over an image file, where the machine and our rights allow that.
#pragma once

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <utility>

#include "ondisk/integers.h"

namespace ocfs2 {

class LoopDevice {
 public:
  struct Options {
    u32 sector_size = 512;
    bool read_only = false;
  };

  /// Nothing when there are no loop devices here, or not for us.
  static std::optional<LoopDevice> over(const std::string& image, Options options) {
    const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    const int mode = (options.read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC;
    const int backing = open(image.c_str(), mode);
    std::optional<LoopDevice> made;
    for (int attempt = 0; control >= 0 && backing >= 0 && !made && attempt < 20; ++attempt) {
      const int number = ioctl(control, LOOP_CTL_GET_FREE);
      const std::string path = "/dev/loop" + std::to_string(number);
      const int file = number < 0 ? -1 : open(path.c_str(), mode);
      loop_config config{};
      config.fd = static_cast<u32>(backing);
      config.block_size = options.sector_size;
      config.info.lo_flags = options.read_only ? LO_FLAGS_READ_ONLY : 0;
      if (file >= 0 && ioctl(file, LOOP_CONFIGURE, &config) == 0)
        made = LoopDevice(path, file);
      else if (file >= 0)
        close(file);  // somebody was faster: ask for another one
    }
    if (control >= 0) close(control);
    if (backing >= 0) close(backing);
    return made;
  }
  LoopDevice(LoopDevice&& other) noexcept
      : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}
  LoopDevice& operator=(LoopDevice&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(file_, other.file_);
    return *this;
  }
  ~LoopDevice() {
    if (file_ < 0) return;
    ioctl(file_, LOOP_CLR_FD);
    close(file_);
  }
  const std::string& path() const { return path_; }

 private:
  LoopDevice(std::string path, int file) : path_(std::move(path)), file_(file) {}
  std::string path_;
  int file_;
};

}  // namespace ocfs2
