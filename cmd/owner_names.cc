// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/owner_names.h"

#include <grp.h>
#include <pwd.h>

#include <cstdio>

namespace ocfs2 {
namespace {

/// Calls `use` with the rows of a file until it returns true.
template <class Row, class Use>
void each_row(const char* path, Row* (*next)(std::FILE*), const Use& use) {
  std::FILE* const file = std::fopen(path, "re");
  if (file == nullptr) return;
  while (const Row* const row = next(file))
    if (use(*row)) break;
  std::fclose(file);
}

template <class Row>
std::string name_in(const char* path, Row* (*next)(std::FILE*), char* Row::*name, u32 Row::*number,
                    u32 wanted) {
  std::string found = "unknown";
  each_row(path, next, [&](const Row& row) {
    if (row.*number != wanted) return false;
    found = row.*name;
    return true;
  });
  return found;
}

template <class Row>
std::optional<u32> number_in(const char* path, Row* (*next)(std::FILE*), char* Row::*name, u32 Row::*number,
                             std::string_view wanted) {
  std::optional<u32> found;
  each_row(path, next, [&](const Row& row) {
    if (row.*name == wanted) found = row.*number;
    return found.has_value();
  });
  return found;
}

constexpr const char* users = "/etc/passwd";
constexpr const char* groups = "/etc/group";

}  // namespace

std::string user_name(u32 id) { return name_in(users, fgetpwent, &passwd::pw_name, &passwd::pw_uid, id); }
std::string group_name(u32 id) { return name_in(groups, fgetgrent, &group::gr_name, &group::gr_gid, id); }

std::optional<u32> user_number(std::string_view name) {
  return number_in(users, fgetpwent, &passwd::pw_name, &passwd::pw_uid, name);
}
std::optional<u32> group_number(std::string_view name) {
  return number_in(groups, fgetgrent, &group::gr_name, &group::gr_gid, name);
}

}  // namespace ocfs2
