// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/files/directory_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "ondisk/inode.h"

namespace ocfs2 {
namespace {

constexpr u64 stat_block_bytes = 512;  ///< unit of st_blocks
constexpr std::size_t names_bytes = 4096, value_bytes_max = 65536;

Moment moment_of(const timespec& time) {
  if (time.tv_sec < 0) return {};
  return {static_cast<u64>(time.tv_sec), static_cast<u32>(time.tv_nsec)};
}

}  // namespace

DirectorySource::DirectorySource(std::string path, std::optional<Identity> image)
    : top_(std::move(path)), image_(image) {
  while (top_.size() > 1 && top_.ends_with('/')) top_.pop_back();
  look_at("");
}

DirectorySource::~DirectorySource() { close_file(); }

void DirectorySource::failed(const std::string& path, std::string_view verb) const {
  fail_errno(errno, "cannot {} {}", verb, host_path(path));
}

struct stat DirectorySource::look_at(const std::string& path) const {
  struct stat status {};
  // The tree's own directory may be reached through a link.
  const int flags = path.empty() ? 0 : AT_SYMLINK_NOFOLLOW;
  if (fstatat(AT_FDCWD, host_path(path).c_str(), &status, flags) != 0) failed(path, "look at");
  return status;
}

std::optional<SourceFile> DirectorySource::next() {
  close_file();
  while (!ahead_.empty()) {
    SourceFile file{.path = std::move(ahead_.back())};
    ahead_.pop_back();
    const struct stat status = look_at(file.path);
    const Identity identity{status.st_dev, status.st_ino};
    if (identity == image_)
      fail(ErrorKind::invalid_argument,
           "{} is the volume that is to be made, and cannot be in it; put one of the two elsewhere",
           host_path(file.path));
    if (S_ISSOCK(status.st_mode)) {
      ++sockets_;
      continue;
    }
    if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) {
      const auto [first, is_new] = linked_.try_emplace(identity, file.path);
      if (!is_new) {
        file.same_as = first->second;
        return file;
      }
    }
    describe(file, status);
    return file;
  }
  return std::nullopt;
}

void DirectorySource::describe(SourceFile& file, const struct stat& status) {
  file.mode = static_cast<u16>(status.st_mode);
  file.uid = status.st_uid;
  file.gid = status.st_gid;
  file.access = moment_of(status.st_atim);
  file.modification = moment_of(status.st_mtim);
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
    file.device = device_number(major(status.st_rdev), minor(status.st_rdev));
  if (S_ISLNK(status.st_mode)) {
    file.target.resize(4096);
    const ssize_t length = readlink(host_path(file.path).c_str(), file.target.data(), file.target.size());
    if (length < 0) failed(file.path, "read the link");
    file.target.resize(static_cast<std::size_t>(length));
  }
  take_attributes(file);
  if (S_ISDIR(status.st_mode)) look_into(file.path);
  if (!S_ISREG(status.st_mode)) return;
  file.size = static_cast<u64>(status.st_size);
  file.data_bytes = std::min(file.size, static_cast<u64>(status.st_blocks) * stat_block_bytes);
  has_holes_ = file.data_bytes < file.size;
  file_path_ = file.path;
  size_ = file.size;
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
  const auto list = file.path.empty() ? listxattr : llistxattr;
  const auto get = file.path.empty() ? getxattr : lgetxattr;
  std::string names(names_bytes, '\0');
  ssize_t length = list(path.c_str(), names.data(), names.size());
  if (length < 0 && errno == ERANGE) {
    names.resize(value_bytes_max);
    length = list(path.c_str(), names.data(), names.size());
  }
  if (length < 0 && errno == ENOTSUP) return;
  if (length < 0) failed(file.path, "list the attributes of");
  names.resize(static_cast<std::size_t>(length));
  for (std::size_t at = 0; at < names.size(); at = names.find('\0', at) + 1) {
    const char* const name = names.data() + at;
    std::vector<u8> value(value_bytes_max);
    const ssize_t bytes = get(path.c_str(), name, value.data(), value.size());
    if (bytes < 0) failed(file.path, "read the attributes of");
    value.resize(static_cast<std::size_t>(bytes));
    file.attributes[name] = std::move(value);
  }
}

void DirectorySource::open_file() {
  const int follow = file_path_.empty() ? 0 : O_NOFOLLOW;
  file_ = open(host_path(file_path_).c_str(), O_RDONLY | O_CLOEXEC | follow);
  if (file_ < 0) failed(file_path_, "open");
}

/// The end of what was told before: nothing is to be read.
void DirectorySource::close_file() {
  if (file_ >= 0) close(file_);
  file_ = -1;
  offset_ = size_ = data_end_ = 0;
}

/// Passes over a hole. False when nothing else is left.
bool DirectorySource::to_next_data() {
  if (offset_ < data_end_) return true;
  const off_t data = has_holes_ ? lseek(file_, static_cast<off_t>(offset_), SEEK_DATA) : -1;
  if (has_holes_ && data < 0 && errno == ENXIO) return false;
  if (data >= 0) offset_ = std::min(static_cast<u64>(data), size_);
  const off_t hole = data < 0 ? data : lseek(file_, data, SEEK_HOLE);
  data_end_ = hole < 0 ? size_ : std::min(static_cast<u64>(hole), size_);
  return offset_ < data_end_;
}

std::optional<SourcePiece> DirectorySource::next_piece() {
  if (offset_ >= size_) return std::nullopt;
  if (file_ < 0) open_file();
  if (!to_next_data()) return std::nullopt;
  piece_.resize(SourcePiece::bytes_max);
  const std::size_t wanted = std::min<u64>(data_end_ - offset_, piece_.size());
  const ssize_t got = pread(file_, piece_.data(), wanted, static_cast<off_t>(offset_));
  if (got < 0) failed(file_path_, "read");
  if (got == 0) return std::nullopt;  // it became shorter while we looked
  const SourcePiece piece{offset_, ConstBytes(piece_).first(static_cast<std::size_t>(got))};
  offset_ += piece.bytes.size();
  return piece;
}

}  // namespace ocfs2
