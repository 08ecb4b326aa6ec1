// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/posix/tree_listing.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/posix/access_list_bytes.h"
#include "tests/posix/basics.h"

namespace ocfs2::probe {
namespace {

constexpr time_t told_before = 1'000'000'000;

void add_paths(const std::string& folder, std::vector<std::string>& paths) {
  DIR* const directory = opendir(folder.c_str());
  if (directory == nullptr) return;
  std::vector<std::string> names;
  while (const dirent* const entry = readdir(directory)) names.emplace_back(entry->d_name);
  closedir(directory);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (name == "." || name == "..") continue;
    const std::string path = folder + "/" + name;
    paths.push_back(path);
    struct stat status {};
    if (lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) add_paths(path, paths);
  }
}

std::string content_of(const std::string& path, const struct stat& status) {
  if (S_ISLNK(status.st_mode)) {
    std::string target(8192, 0);
    const ssize_t length = readlink(path.c_str(), target.data(), target.size());
    return length < 0 ? error_name(errno) : "-> " + target.substr(0, static_cast<u64>(length));
  }
  if (!S_ISREG(status.st_mode)) return "-";
  const Descriptor file(path, O_RDONLY);
  if (file < 0) return error_name(errno);
  Digest digest;
  std::string piece(1 << 20, 0);
  for (off_t offset = 0; offset < status.st_size;) {
    const off_t data = lseek(file, offset, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;
    offset = std::max(offset, data - data % 4096);
    const ssize_t count = pread(file, piece.data(), piece.size(), offset);
    if (count <= 0) return count < 0 ? error_name(errno) : "it ends at " + std::to_string(offset);
    for (ssize_t at = 0; at < count; at += 512) {
      const std::string_view part(piece.data() + at, static_cast<u64>(std::min<ssize_t>(512, count - at)));
      if (part.find_first_not_of('\0') == part.npos) continue;
      digest.add(static_cast<u64>(offset + at));
      digest.add(part);
    }
    offset += count;
  }
  return digest.text();
}

std::string attributes_of(const std::string& path) {
  std::string names(1 << 16, 0);
  const ssize_t length = llistxattr(path.c_str(), names.data(), names.size());
  if (length < 0) return error_name(errno);
  names.resize(static_cast<u64>(length));
  // Not every file system lists what fifos and devices have, nor access lists.
  std::set<std::string> asked = {access_list_name, default_list_name};
  for (int number = 0; number < 6; ++number) asked.insert("trusted.t" + std::to_string(number));
  for (u64 at = 0; at < names.size(); at = names.find('\0', at) + 1) asked.insert(names.c_str() + at);
  std::map<std::string, std::string> found;
  for (const std::string& name : asked)
    if (const auto value = attribute_value(path, name)) found[name] = *value;
  Digest digest;
  for (const auto& [name, value] : found) {
    digest.add(name);
    digest.add(value);
  }
  return std::to_string(found.size()) + "/" + digest.text();
}

}  // namespace

std::optional<std::string> attribute_value(const std::string& path, const std::string& name) {
  std::string value(1 << 16, 0);
  const ssize_t size = lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
  if (size < 0 && (errno == ENODATA || errno == EOPNOTSUPP)) return std::nullopt;
  if (size < 0) return error_name(errno);
  value.resize(static_cast<u64>(size));
  return value;
}

std::vector<std::string> all_paths() {
  std::vector<std::string> paths;
  add_paths(".", paths);
  return paths;
}

std::vector<std::string> tree_listing() {
  std::map<u64, std::string> first_names;
  std::vector<std::string> lines;
  std::vector<std::string> paths = all_paths();
  paths.insert(paths.begin(), ".");
  for (const std::string& path : paths) {
    if (path == "./lost+found") continue;
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) {
      lines.push_back(path + " " + error_name(errno));
      continue;
    }
    const bool folder = S_ISDIR(status.st_mode);
    char text[200];
    std::snprintf(text, sizeof text, " %o %lu %u:%u %ld %lx ", status.st_mode, status.st_nlink, status.st_uid,
                  status.st_gid, folder ? 0 : status.st_size,
                  S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode) ? status.st_rdev : 0);
    std::string line = path + text;
    const timespec& time = status.st_mtim;
    line += time.tv_sec < told_before ? std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec)
                                      : std::string("now");
    const std::string& first = first_names.try_emplace(status.st_ino, path).first->second;
    line += " " + (first == path ? "-" : first) + " " + attributes_of(path) + " " + content_of(path, status);
    lines.push_back(line);
  }
  return lines;
}

}  // namespace ocfs2::probe
