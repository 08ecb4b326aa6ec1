// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/kernel_tree.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace ocfs2 {

std::optional<std::string> SystemTree::read(const std::string& path) {
  auto text = whole_file(path);
  if (text) text->resize(std::min(text->size(), text->find('\n')));
  return text;
}

std::vector<std::string> SystemTree::folders(const std::string& path) { return folders_in(path); }

std::optional<Refusal> SystemTree::write(const std::string& path, const std::string& text) {
  return tell_kernel(path, text);
}

std::optional<Refusal> SystemTree::make_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0755) == 0) return std::nullopt;
  return Refusal{errno, "make the folder " + path};
}

std::optional<Refusal> SystemTree::remove_folder(const std::string& path) {
  if (rmdir(path.c_str()) == 0) return std::nullopt;
  return Refusal{errno, "remove the folder " + path};
}

}  // namespace ocfs2
