// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/config_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace ocfs2 {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

/// Writes all of `text` and has it on the disk; errno, or 0.
int write_through(int file, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote = write(file, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    done += static_cast<std::size_t>(wrote);
  }
  return fchmod(file, 0644) == 0 && fsync(file) == 0 ? 0 : errno;
}

/// The names in a folder are on the disk, too.
void settle_folder(const fs::path& folder) {
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  fsync(file);
  close(file);
}

}  // namespace

ConfigLock::ConfigLock(const std::string& path) {
  std::error_code ignored;
  fs::create_directories(folder_of(path), ignored);
  folder_ = open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ >= 0) flock(folder_, LOCK_EX);
}

ConfigLock::~ConfigLock() {
  if (folder_ >= 0) close(folder_);
}

std::optional<Refusal> replace_file(const std::string& path, const std::string& text) {
  std::error_code error;
  const fs::path target = fs::is_symlink(path, error) ? fs::weakly_canonical(path, error) : fs::path(path);
  fs::create_directories(folder_of(target), error);
  if (error) return Refusal{error.value(), "make the folder " + folder_of(target).string()};
  std::string fresh = target.string() + ".XXXXXX";
  const int file = mkostemp(fresh.data(), O_CLOEXEC);
  if (file < 0) return Refusal{errno, "make a new " + target.string()};
  int number = write_through(file, text);
  close(file);
  if (number == 0 && rename(fresh.c_str(), target.c_str()) != 0) number = errno;
  if (number == 0) return settle_folder(folder_of(target)), std::nullopt;
  unlink(fresh.c_str());
  return Refusal{number, "write " + target.string()};
}

}  // namespace ocfs2
