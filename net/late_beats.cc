// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/late_beats.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>

#include "net/kernel_files.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

constexpr off_t most_bytes = 1 << 20;

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

std::string boot_id() { return kernel_line("/proc/sys/kernel/random/boot_id"); }

void note_late_beat(const std::string& words, const std::string& path) {
  mkdir(path.substr(0, path.rfind('/')).c_str(), 0755);
  struct stat status {};
  const bool grown = stat(path.c_str(), &status) == 0 && status.st_size > most_bytes;
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_DSYNC | O_CLOEXEC | (grown ? O_TRUNC : 0), 0644);
  if (file < 0) return;
  const std::string line = boot_id() + " " + now_text() + " " + words + "\n";
  [[maybe_unused]] const ssize_t written = write(file, line.data(), line.size());
  close(file);
}

std::string late_beats_of_last_boot(std::string_view notes, const std::string& running) {
  std::string boot, words;
  for (const std::string& line : pieces(notes, "\n")) {
    const std::string id = line.substr(0, line.find(' '));
    if (id == running || id.size() == line.size()) continue;
    if (id != boot) words.clear();
    boot = id;
    words += line.substr(id.size() + 1) + "\n";
  }
  return words;
}

}  // namespace ocfs2
