// SPDX-License-Identifier: GPL-2.0-or-later
//
// posix_cases DIR [GROUP] -- does the file system of DIR behave as POSIX and Linux have it? Thousands of
// cases, most of them by loops over kinds of files, users, modes and calls. As root, for it becomes many
// users.
//
// Each case that fails is a line: where, what was expected, what came. The last line is
// "N cases, M failed", and the status is 1 when M is not 0. What a file system may lack (attributes, access
// lists, flags of files, flags of rename) is left out where it says so itself (EOPNOTSUPP).
#include "tests/posix/groups.h"

namespace ocfs2::probe {
namespace {

struct Group {
  const char* name;
  void (*run)(Cases&);
};

constexpr Group groups[] = {{"path errors", path_errors},
                            {"read-only mount", read_only_mount},
                            {"permissions of files", permissions_of_files},
                            {"permissions of folders", permissions_of_folders},
                            {"modes", modes},
                            {"owners", owners},
                            {"set-ID bits", set_id_bits},
                            {"creation", creation},
                            {"group of folder", group_of_folder},
                            {"opening", opening},
                            {"devices", devices},
                            {"symlinks", symlinks},
                            {"hard links", hard_links},
                            {"unlinking", unlinking},
                            {"nameless files", nameless_files},
                            {"folders removed", folders_removed},
                            {"renaming", renaming},
                            {"renaming folders", renaming_folders},
                            {"renaming with flags", renaming_with_flags},
                            {"sticky folders", sticky_folders},
                            {"seeking", seeking},
                            {"truncation", truncation},
                            {"times set", times_set},
                            {"times permitted", times_permitted},
                            {"contents", contents},
                            {"reserved space", reserved_space},
                            {"attributes", attributes},
                            {"access lists", access_lists},
                            {"inherited lists", inherited_lists},
                            {"immutable files", immutable_files},
                            {"names", names},
                            {"folder reading", folder_reading}};

}  // namespace
}  // namespace ocfs2::probe

int main(int count, char** words) {
  if (count < 2 || chdir(words[1]) != 0 || geteuid() != 0) {
    std::fprintf(stderr, "usage, as root: posix_cases DIR [GROUP]\n");
    return 2;
  }
  umask(0);
  ocfs2::probe::Cases cases;
  for (const auto& group : ocfs2::probe::groups) {
    if (count > 2 && std::string_view(words[2]) != group.name) continue;
    const ocfs2::probe::Playground playground(cases, group.name);
    group.run(cases);
  }
  std::printf("%llu cases, %llu failed\n", static_cast<unsigned long long>(cases.count()),
              static_cast<unsigned long long>(cases.failed()));
  return cases.failed() == 0 && cases.count() > 0 ? 0 : 1;
}
