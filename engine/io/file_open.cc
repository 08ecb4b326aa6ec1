// SPDX-License-Identifier: GPL-2.0-or-later
//
// Opening a FileDevice: what is at the path, may we, how large is it, how does it want to be read.
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <thread>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/io/in_use.h"

namespace ocfs2 {
namespace {

constexpr std::chrono::milliseconds patience_unit(20);
constexpr int patience = 100;

std::string_view kind_of_file(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return "a directory";
    case S_IFCHR:
      return "a character device";
    case S_IFIFO:
      return "a pipe";
    case S_IFSOCK:
      return "a socket";
    default:
      return "neither a block device nor a file";
  }
}

void require_device_or_file(const std::string& path, mode_t mode) {
  if (S_ISBLK(mode) || S_ISREG(mode)) return;
  fail(ErrorKind::invalid_argument, "{}: is {}; give a block device or an image file", path,
       kind_of_file(mode));
}

[[noreturn]] void fail_to_open(const std::string& path, Access access, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      fail(ErrorKind::not_found, "{}: there is no such device or file", path);
    case ENXIO:
    case ENODEV:
      fail(ErrorKind::not_found, "{}: the device is not there; is its driver loaded?", path);
    case ENOMEDIUM:
      fail(ErrorKind::not_found, "{}: there is no medium in the device", path);
    case EACCES:
    case EPERM:
      fail(ErrorKind::io, "{}: permission to {} denied; try it as root", path,
           access == Access::read_only ? "read" : "write");
    case EROFS:
      fail(ErrorKind::io, "{}: is read-only and cannot be changed", path);
    case EBUSY:
      fail(ErrorKind::busy, "{}: is in use: mounted, or part of another device, or open in another program",
           path);
    case ETXTBSY:
      fail(ErrorKind::busy, "{}: is in use as swap space or as a running program", path);
    default:
      fail_errno(error, "{}: cannot open", path);
  }
}

int open_flags(Access access, bool block_device) {
  const int mode = access == Access::read_only ? O_RDONLY : O_RDWR;
  return mode | O_CLOEXEC | (access == Access::exclusive && block_device ? O_EXCL : 0);
}

/// The unit of direct requests to a file: as its file system says, or a page where that cannot be asked.
u32 direct_unit(int file) {
  struct statx facts {};
  const bool told =
      statx(file, "", AT_EMPTY_PATH, STATX_DIOALIGN, &facts) == 0 && (facts.stx_mask & STATX_DIOALIGN) != 0;
  return told ? facts.stx_dio_offset_align : 4096;
}

/// Whether somebody changes the image; else, in exclusive mode, others are kept out from now on. A file
/// system without locks cannot help us.
bool is_taken(int file, const std::string& path, Access access) {
  if (access == Access::exclusive) return flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  return access == Access::read_only && is_being_changed(path);
}

/// A FUSE mount works on its image for a moment when umount has returned: this waits for it. True when
/// somebody goes on changing the image.
bool stays_taken(int file, const std::string& path, Access access) {
  for (int turn = 0; is_taken(file, path, access); ++turn) {
    if (turn == patience || (turn == 0 && !uses_of(path).empty())) return true;
    std::this_thread::sleep_for(patience_unit);
  }
  return false;
}

/// Makes a new directory entry durable: a file that is lost with its name helps nobody.
void flush_directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == path.npos ? "." : path.substr(0, slash + 1);
  const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool failed = file < 0 || fsync(file) != 0;
  const int error = errno;
  if (file >= 0) close(file);
  // Some file systems have nothing to flush in a directory and say so with EINVAL.
  if (failed && error != EINVAL) fail_errno(error, "{}: cannot flush the directory that holds it", path);
}

}  // namespace

FileDevice::FileDevice(std::string path, int file) : path_(std::move(path)), file_(file) {}

FileDevice::~FileDevice() {
  close(file_);
  if (writeback_file_ >= 0) close(writeback_file_);
}

std::unique_ptr<FileDevice> FileDevice::open(const std::string& path, Access access, Caching caching) {
  struct stat before {};
  if (stat(path.c_str(), &before) != 0) fail_to_open(path, access, errno);
  require_device_or_file(path, before.st_mode);  // first: opening a pipe or a tape has effects

  const int file = ::open(path.c_str(), open_flags(access, S_ISBLK(before.st_mode)));
  if (file < 0) fail_to_open(path, access, errno);
  std::unique_ptr<FileDevice> device(new FileDevice(path, file));
  device->learn_size(access);
  if (!device->is_block_device_ && stays_taken(file, path, access) && access == Access::exclusive)
    fail(ErrorKind::busy, "{}: is in use by another program that changes it", path);
  device->go_direct(caching);
  return device;
}

std::unique_ptr<FileDevice> FileDevice::create(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST)
    fail(ErrorKind::invalid_argument,
         "{}: is there already and is not overwritten; remove it or take another name", path);
  if (file < 0) fail_errno(errno, "{}: cannot make this file", path);
  std::unique_ptr<FileDevice> device(new FileDevice(path, file));
  device->grows_ = true;
  flush_directory_of(path);
  return device;
}

/// The same descriptor, of a device that was opened once more.
void FileDevice::stop_excluding() {
  const int file = ::open(path_.c_str(), fcntl(file_, F_GETFL) | O_CLOEXEC);
  if (file < 0) fail_to_open(path_, Access::read_write, errno);
  const bool failed = dup3(file, file_, O_CLOEXEC) < 0;
  const int error = errno;
  close(file);
  if (failed) fail_errno(error, "{}: cannot be opened once more", path_);
}

void FileDevice::let_grow() {
  require(!is_block_device_ && unit_ == 1);
  grows_ = true;
}

void FileDevice::learn_size(Access access) {
  struct stat facts {};
  if (fstat(file_, &facts) != 0) fail_errno(errno, "{}: cannot be examined", path_);
  require_device_or_file(path_, facts.st_mode);
  is_block_device_ = S_ISBLK(facts.st_mode);
  if (!is_block_device_) {
    size_bytes_ = static_cast<u64>(facts.st_size);
    return;
  }
  device_number_ = facts.st_rdev;
  int sector = 0, read_only = 0;
  if (ioctl(file_, BLKGETSIZE64, &size_bytes_) != 0 || ioctl(file_, BLKSSZGET, &sector) != 0)
    fail_errno(errno, "{}: cannot ask for the size of the device", path_);
  if (access != Access::read_only && ioctl(file_, BLKROGET, &read_only) == 0 && read_only != 0)
    fail_to_open(path_, access, EROFS);
  if (sector < 512 || sector > 65536 || !std::has_single_bit(static_cast<u32>(sector)))
    fail(ErrorKind::unsupported, "{}: has sectors of {} bytes", path_, sector);
  sector_size_ = static_cast<u32>(sector);
}

void FileDevice::go_direct(Caching caching) {
  if (caching == Caching::buffered || (caching == Caching::automatic && !is_block_device_)) return;
  const u32 unit = is_block_device_ ? sector_size_ : direct_unit(file_);
  if (unit == 0 || size_bytes_ % unit != 0) return;  // the end could not be reached
  if (fcntl(file_, F_SETFL, fcntl(file_, F_GETFL) | O_DIRECT) == 0) unit_ = unit;
}

}  // namespace ocfs2
