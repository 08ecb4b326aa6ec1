// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a distribution puts around the tools, carried inside the binary: units of systemd, a rule of udev,
// hooks of initramfs-tools and dracut, completions of bash, manual pages, lines of magic.
// `ocfs2box --install --systemd ROOT` writes them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ocfs2 {

struct InstalledFile {
  std::string_view part;  ///< "systemd", "udev", "initramfs", "completions"
  std::string_view path;  ///< below the root
  std::string_view text;
  bool program = false;  ///< to be run
};

std::span<const InstalledFile> systemd_files();
std::span<const InstalledFile> udev_files();
std::span<const InstalledFile> initramfs_files();
std::span<const InstalledFile> completion_files();

struct ManPage {
  std::string name;             ///< "o2cb.8"
  std::string_view compressed;  ///< by gzip
};
std::vector<ManPage> man_pages();
/// Lines of magic(5).
std::string_view magic_lines();

/// Writes the files of one part below `root` and prints their paths. Files that are there are replaced; in
/// etc/magic, which has lines of others, only our own.
/// `commands`: the names that have links of their own. Throws Error(io).
void install_part(std::string_view part, const std::string& root,
                  std::span<const std::string_view> commands);

}  // namespace ocfs2
