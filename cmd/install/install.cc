// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/install/install.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "engine/error.h"
#include "engine/refusal.h"
#include "net/config_file.h"

namespace ocfs2 {
namespace {

void write_file(const std::string& path, std::string_view text, bool program) {
  if (const auto refusal = replace_file(path, std::string(text)))
    fail_refused(*refusal);
  if (program && chmod(path.c_str(), 0755) != 0) fail_errno(errno, "{}", path);
  fmt::print("{}\n", path);
}

/// A file for each command, so that bash finds the one that serves all.
void link_completions(const std::string& root, std::span<const std::string_view> commands) {
  for (const std::string_view command : commands) {
    const std::string path = fmt::format("{}/usr/share/bash-completion/completions/{}", root, command);
    unlink(path.c_str());
    if (symlink("ocfs2box", path.c_str()) != 0) fail_errno(errno, "cannot make the link {}", path);
    fmt::print("{}\n", path);
  }
}

void write_pages(const std::string& root) {
  for (const ManPage& page : man_pages())
    write_file(fmt::format("{}/usr/share/man/man{}/{}.gz", root, page.name.substr(page.name.rfind('.') + 1),
                           page.name),
               page.compressed, false);
}

/// file(1) reads one file of lines that the host has beside its own.
void write_magic(const std::string& root) {
  constexpr std::string_view first = "# ocfs2box: begin\n", last = "# ocfs2box: end\n";
  const std::string path = root + "/etc/magic";
  std::string text = whole_file(path).value_or("");
  const std::size_t begin = text.find(first), end = text.find(last);
  if (begin != std::string::npos && end != std::string::npos && end > begin)
    text.erase(begin, end + last.size() - begin);
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  write_file(path, fmt::format("{}{}{}{}", text, first, magic_lines(), last), false);
}

}  // namespace

void install_part(std::string_view part, const std::string& root,
                  std::span<const std::string_view> commands) {
  for (const auto files : {systemd_files(), udev_files(), initramfs_files(), completion_files()})
    for (const InstalledFile& file : files)
      if (file.part == part) write_file(fmt::format("{}/{}", root, file.path), file.text, file.program);
  if (part == "man") write_pages(root);
  if (part == "magic") write_magic(root);
  if (part == "completions") link_completions(root, commands);
}

}  // namespace ocfs2
