// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/files/directory_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "ondisk/inode.h"

namespace ocfs2 {
namespace {

constexpr std::size_t piece_bytes_max = 1 << 20;

Moment moment_of(const timespec& time) {
  if (time.tv_sec < 0) return {};
  return {static_cast<u64>(time.tv_sec), static_cast<u32>(time.tv_nsec)};
}

}  // namespace

DirectorySource::DirectorySource(std::string path) : top_(std::move(path)) {
  struct stat status {};
  if (stat(top_.c_str(), &status) != 0) fail_errno(errno, "{}", top_);
  if (!S_ISDIR(status.st_mode)) fail(ErrorKind::invalid_argument, "{} is not a directory", top_);
}

DirectorySource::~DirectorySource() { close_file(); }

void DirectorySource::close_file() {
  if (file_ >= 0) close(file_);
  file_ = -1;
}

void DirectorySource::failed(const std::string& path, std::string_view verb) const {
  fail_errno(errno, "cannot {} {}", verb, host_path(path));
}

std::optional<SourceFile> DirectorySource::next() {
  close_file();
  while (!ahead_.empty()) {
    SourceFile file{.path = std::move(ahead_.back())};
    ahead_.pop_back();
    struct stat status {};
    // The tree's own directory may be reached through a link.
    const int flags = file.path.empty() ? 0 : AT_SYMLINK_NOFOLLOW;
    if (fstatat(AT_FDCWD, host_path(file.path).c_str(), &status, flags) != 0) failed(file.path, "look at");
    if (S_ISSOCK(status.st_mode)) continue;
    if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) {
      const auto [first, is_new] = linked_.try_emplace({status.st_dev, status.st_ino}, file.path);
      if (!is_new) {
        file.same_as = first->second;
        return file;
      }
    }
    file.mode = static_cast<u16>(status.st_mode);
    file.uid = status.st_uid;
    file.gid = status.st_gid;
    file.access = moment_of(status.st_atim);
    file.modification = moment_of(status.st_mtim);
    if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
      file.device = device_number(major(status.st_rdev), minor(status.st_rdev));
    if (S_ISREG(status.st_mode)) file.size = static_cast<u64>(status.st_size);
    if (S_ISLNK(status.st_mode)) {
      file.target.resize(4096);
      const ssize_t length = readlink(host_path(file.path).c_str(), file.target.data(), file.target.size());
      if (length < 0) failed(file.path, "read the link");
      file.target.resize(static_cast<std::size_t>(length));
    }
    take_attributes(file);
    if (S_ISDIR(status.st_mode)) look_into(file.path);
    file_path_ = file.path;
    offset_ = 0;
    size_ = file.size;
    return file;
  }
  return std::nullopt;
}

void DirectorySource::look_into(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(host_path(path).c_str()), closedir);
  if (!directory) failed(path, "read the directory");
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* const entry = readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.push_back((path.empty() ? "" : path + "/") + std::string(name));
    errno = 0;
  }
  if (errno != 0) failed(path, "read the directory");
  std::ranges::sort(names, std::greater<>());
  ahead_.insert(ahead_.end(), std::make_move_iterator(names.begin()), std::make_move_iterator(names.end()));
}

/// A host's file system may have none.
void DirectorySource::take_attributes(SourceFile& file) const {
  const std::string path = host_path(file.path);
  const ssize_t size = llistxattr(path.c_str(), nullptr, 0);
  if (size <= 0) return;
  std::string names(static_cast<std::size_t>(size), '\0');
  const ssize_t length = llistxattr(path.c_str(), names.data(), names.size());
  if (length < 0) failed(file.path, "list the attributes of");
  names.resize(static_cast<std::size_t>(length));
  for (std::size_t at = 0; at < names.size(); at = names.find('\0', at) + 1) {
    const char* const name = names.data() + at;
    std::vector<u8> value(65536);
    const ssize_t bytes = lgetxattr(path.c_str(), name, value.data(), value.size());
    if (bytes < 0) failed(file.path, "read the attributes of");
    value.resize(static_cast<std::size_t>(bytes));
    file.attributes[name] = std::move(value);
  }
}

std::optional<SourcePiece> DirectorySource::next_piece() {
  if (offset_ >= size_) return std::nullopt;
  if (file_ < 0) file_ = open(host_path(file_path_).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file_ < 0) failed(file_path_, "open");
  const off_t data = lseek(file_, static_cast<off_t>(offset_), SEEK_DATA);
  if (data < 0 && errno == ENXIO) return std::nullopt;  // nothing but a hole is left
  if (data >= 0) offset_ = std::min(static_cast<u64>(data), size_);
  const off_t hole = data < 0 ? data : lseek(file_, data, SEEK_HOLE);
  const u64 end = hole < 0 ? size_ : std::min(static_cast<u64>(hole), size_);
  piece_.resize(std::min<u64>(end - std::min(offset_, end), piece_bytes_max));
  const ssize_t got = pread(file_, piece_.data(), piece_.size(), static_cast<off_t>(offset_));
  if (got < 0) failed(file_path_, "read");
  if (got == 0) return std::nullopt;  // it became shorter while we looked
  piece_.resize(static_cast<std::size_t>(got));
  const SourcePiece piece{offset_, piece_};
  offset_ += piece_.size();
  return piece;
}

}  // namespace ocfs2
