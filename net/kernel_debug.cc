// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/kernel_debug.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include "net/words.h"

namespace ocfs2 {
namespace {

bool is_folder(const std::string& path) {
  struct stat facts;
  return stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

/// The kernel writes a blank and its like as a backslash and three octal digits.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) { return at < text.size() ? text[at] - '0' : -1; };
    const int high = digit(i + 1), middle = digit(i + 2), low = digit(i + 3);
    const bool octal = high >= 0 && high <= 3 && middle >= 0 && middle <= 7 && low >= 0 && low <= 7;
    const bool escaped = text[i] == '\\' && octal;
    plain += escaped ? static_cast<char>(high * 64 + middle * 8 + low) : text[i];
    if (escaped) i += 3;
  }
  return plain;
}

std::vector<std::string> files_in(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
  std::vector<std::string> names;
  while (const dirent* entry = folder ? readdir(folder.get()) : nullptr)
    if (entry->d_name[0] != '.') names.push_back(entry->d_name);
  std::ranges::sort(names);
  return names;
}

}  // namespace

std::optional<std::string> kernel_debug_folder(const std::string& root) {
  for (const std::string& line : pieces(whole_file(root + "/proc/mounts").value_or(""), "\n"))
    if (const auto words = pieces(line, " "); words.size() > 2 && words[2] == "debugfs")
      return root + unescaped(words[1]);
  return std::nullopt;
}

LogMasks::LogMasks(std::string root) {
  for (const char* folder : {"/sys/fs/o2cb/logmask", "/sys/o2cb/logmask"})
    if (place_.empty() && is_folder(root + folder)) place_ = root + folder;
  const std::string file = root + "/proc/fs/ocfs2_nodemanager/log_mask";
  one_file_ = place_.empty() && whole_file(file).has_value();
  if (one_file_) place_ = file;
}

std::vector<LogMasks::Mask> LogMasks::list() const {
  std::vector<Mask> masks;
  if (!one_file_) {
    for (const std::string& name : files_in(place_))
      masks.push_back({name, kernel_line(place_ + "/" + name)});
    return masks;
  }
  for (const std::string& line : pieces(whole_file(place_).value_or(""), "\n"))
    if (const auto words = pieces(line, " "); words.size() == 2) masks.push_back({words[0], words[1]});
  std::ranges::sort(masks, {}, &Mask::name);
  return masks;
}

std::optional<Refusal> LogMasks::set(const Mask& mask) const {
  if (one_file_) return tell_kernel(place_, mask.name + " " + mask.state + "\n");
  return tell_kernel(place_ + "/" + mask.name, mask.state + "\n");
}

}  // namespace ocfs2
