// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/kernel_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace ocfs2 {

std::string kernel_line(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  char line[128];
  if (!file || !std::fgets(line, sizeof line, file.get())) return {};
  std::string text(line);
  text.resize(std::min(text.size(), text.find('\n')));
  return text;
}

std::optional<std::string> whole_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) return std::nullopt;
  std::string text;
  char part[4096];
  std::size_t length;
  do {  // no more once the end was seen: some files of the kernel begin anew behind it
    length = std::fread(part, 1, sizeof part, file.get());
    text.append(part, length);
  } while (length == sizeof part);
  if (std::ferror(file.get())) return std::nullopt;
  return text;
}

std::vector<std::string> folders_in(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
  std::vector<std::string> names;
  while (const dirent* entry = folder ? readdir(folder.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

std::optional<Refusal> tell_kernel(const std::string& path, const std::string& text) {
  // The kernel makes no files on demand; where a plain folder stands in for it, O_CREAT does.
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  int number = file < 0 ? errno : 0;
  if (file >= 0 && write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) number = errno;
  if (file >= 0) close(file);
  if (number == 0) return std::nullopt;
  return Refusal{number, "write \"" + text + "\" to " + path};
}

}  // namespace ocfs2
