// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/mount_options.h"

#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <bit>

#include "cmd/options.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

struct FlagWord {
  std::string_view word;
  unsigned long set, clear;
};

constexpr unsigned long careful = MS_NOEXEC | MS_NOSUID | MS_NODEV;
constexpr FlagWord known_flags[] = {{"defaults", 0, 0},
                                    {"ro", MS_RDONLY, 0},
                                    {"rw", 0, MS_RDONLY},
                                    {"exec", 0, MS_NOEXEC},
                                    {"noexec", MS_NOEXEC, 0},
                                    {"suid", 0, MS_NOSUID},
                                    {"nosuid", MS_NOSUID, 0},
                                    {"dev", 0, MS_NODEV},
                                    {"nodev", MS_NODEV, 0},
                                    {"sync", MS_SYNCHRONOUS, 0},
                                    {"async", 0, MS_SYNCHRONOUS},
                                    {"dirsync", MS_DIRSYNC, 0},
                                    {"remount", MS_REMOUNT, 0},
                                    {"bind", MS_BIND, 0},
                                    {"mand", MS_MANDLOCK, 0},
                                    {"nomand", 0, MS_MANDLOCK},
                                    {"atime", 0, MS_NOATIME},
                                    {"noatime", MS_NOATIME, 0},
                                    {"diratime", 0, MS_NODIRATIME},
                                    {"nodiratime", MS_NODIRATIME, 0},
                                    {"relatime", MS_RELATIME, MS_STRICTATIME},
                                    {"norelatime", 0, MS_RELATIME},
                                    {"strictatime", MS_STRICTATIME, MS_RELATIME},
                                    {"nostrictatime", 0, MS_STRICTATIME},
                                    {"lazytime", MS_LAZYTIME, 0},
                                    {"nolazytime", 0, MS_LAZYTIME},
                                    {"quiet", MS_SILENT, 0},
                                    {"silent", MS_SILENT, 0},
                                    {"loud", 0, MS_SILENT},
                                    {"user", careful, 0},
                                    {"users", careful, 0},
                                    {"owner", MS_NOSUID | MS_NODEV, 0},
                                    {"group", MS_NOSUID | MS_NODEV, 0}};

/// For mount(8), the boot, or people; those in `with_value` end in "=".
constexpr std::string_view swallowed[] = {"auto", "noauto", "nouser", "_netdev", "nofail"};
constexpr std::string_view with_value[] = {
    "comment=", "x-", "X-", "vfs=", "offset=", "speed=", "encryption=", "user="};

constexpr std::array<std::string_view, 23> kernel_words{"acl",
                                                        "noacl",
                                                        "user_xattr",
                                                        "nouser_xattr",
                                                        "intr",
                                                        "nointr",
                                                        "inode64",
                                                        "usrquota",
                                                        "grpquota",
                                                        "localflocks",
                                                        "journal_async_commit",
                                                        "barrier=",
                                                        "errors=",
                                                        "data=",
                                                        "atime_quantum=",
                                                        "preferred_slot=",
                                                        "commit=",
                                                        "localalloc=",
                                                        "coherency=",
                                                        "resv_level=",
                                                        "dir_resv_level=",
                                                        "heartbeat=",
                                                        "cluster_stack="};

bool begins_as(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::any_of(words, [&](std::string_view known) {
    return known.ends_with('=') || known.ends_with('-') ? word.starts_with(known) : word == known;
  });
}

const FlagWord* flag_word(std::string_view word) {
  const auto found = std::ranges::find(known_flags, word, &FlagWord::word);
  return found == std::end(known_flags) ? nullptr : &*found;
}

void take(MountOptions& options, const std::string& word) {
  if (const FlagWord* const flag = flag_word(word)) {
    options.flags = (options.flags & ~flag->clear) | flag->set;
  } else if (word == "nocluster") {
    options.without_cluster = true;
  } else if (word.starts_with("cluster_wait=")) {
    options.wait_seconds = number_in(std::string_view(word).substr(13), {0, 3600});
  } else if (word == "fuse" || word == "fuse=auto") {
    options.way = word == "fuse" ? MountWay::fuse : MountWay::fuse_if_so;
  } else if (word == "loop" || word.starts_with("loop=")) {
    options.loop = word;
  } else if (!is_for_mount(word)) {
    if (!begins_as(kernel_words, word)) options.unknown.push_back(word);
    options.kernel.push_back(word);
  }
}

}  // namespace

bool MountOptions::read_only() const { return (flags & MS_RDONLY) != 0; }
bool MountOptions::remount() const { return (flags & MS_REMOUNT) != 0; }

std::vector<std::string> MountOptions::flag_words() const {
  std::vector<std::string> words;
  for (const FlagWord& flag : known_flags)
    if (flag.set != 0 && std::has_single_bit(flag.set) && (flags & flag.set) != 0)
      words.emplace_back(flag.word);
  return words;
}

std::string MountOptions::kernel_text() const {
  std::string text;
  for (const std::string& word : kernel) text += (text.empty() ? "" : ",") + word;
  return text;
}

MountOptions parse_mount_options(std::string_view text) {
  MountOptions options;
  for (const std::string& word : pieces(text, ",")) take(options, word);
  return options;
}

bool is_for_mount(std::string_view word) {
  return word == "defaults" || begins_as(swallowed, word) || begins_as(with_value, word);
}

std::string_view known_mount_option(std::string_view word) {
  std::vector<std::string_view> known(kernel_words.begin(), kernel_words.end());
  for (const FlagWord& flag : known_flags) known.push_back(flag.word);
  for (const std::string_view other : {"nocluster", "cluster_wait=", "fuse", "_netdev", "noauto", "nofail"})
    known.push_back(other);
  const std::size_t equals = word.find('=');
  return nearest(word.substr(0, equals == word.npos ? equals : equals + 1), known);
}

}  // namespace ocfs2
