// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/posix/cases.h"

#include <dirent.h>
#include <grp.h>
#include <sys/vfs.h>

#include <ctime>

namespace ocfs2::probe {
namespace {

bool later(const timespec& one, const timespec& other) {
  return one.tv_sec != other.tv_sec ? one.tv_sec > other.tv_sec : one.tv_nsec > other.tv_nsec;
}
bool same(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}
std::string octal(u64 number) {
  char text[30];
  std::snprintf(text, sizeof text, "0%llo", static_cast<unsigned long long>(number));
  return text;
}

}  // namespace

const char* name_of(Kind kind) {
  static constexpr const char* names[] = {
      "a file", "a folder", "a fifo", "a socket", "a character device", "a block device", "a symlink"};
  return names[static_cast<int>(kind)];
}

void Cases::fail(const std::string& what, const std::string& wanted, const std::string& got) {
  ++failed_;
  std::string place;
  for (const std::string& scope : scopes_) place += scope + ": ";
  std::printf("FAILED %s%s: expected %s, got %s\n", place.c_str(), what.c_str(), wanted.c_str(), got.c_str());
}

void Cases::expect(int got, std::initializer_list<int> wanted, const std::string& what) {
  ++count_;
  std::string words;
  for (const int one : wanted) {
    if (one == got) return;
    words += (words.empty() ? "" : " or ") + error_name(one);
  }
  fail(what, words, error_name(got));
}
void Cases::equal(u64 got, u64 wanted, const std::string& what) {
  ++count_;
  if (got != wanted) fail(what, std::to_string(wanted), std::to_string(got));
}
void Cases::equal_mode(u64 got, u64 wanted, const std::string& what) {
  ++count_;
  if (got != wanted) fail(what, octal(wanted), octal(got));
}
void Cases::hold(bool good, const std::string& what) {
  ++count_;
  if (!good) fail(what, "this", "something else");
}
void Cases::need(long result, const std::string& what) {
  if (result >= 0) return;
  ++count_;
  fail("setting: " + what, "success", error_name(errno));
}

Playground::Playground(Cases& cases, const char* name) : scope_(cases, name), name_(name) {
  clear(name_);
  cases.need(mkdir(name, 0777), "mkdir");
  cases.need(chmod(name, 0777), "chmod");
  cases.need(chdir(name), "chdir");
}
Playground::~Playground() {
  if (chdir("..") == 0) clear(name_);
}

void become(const User& user) {
  const gid_t groups[] = {user.gid, user.other_group};
  if (seteuid(0) != 0 || setgroups(user.uid == 0 ? 0 : 2, groups) != 0 || setegid(user.gid) != 0 ||
      seteuid(user.uid) != 0)
    std::abort();  // not root
}

void make(Cases& cases, Kind kind, const std::string& path, mode_t mode, const User& whose) {
  static constexpr mode_t types[] = {S_IFREG, 0, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK, 0};
  long result = 0;
  if (kind == Kind::folder)
    result = mkdir(path.c_str(), 0700);
  else if (kind == Kind::symlink)
    result = symlink("target", path.c_str());
  else
    result = mknod(path.c_str(), types[static_cast<int>(kind)] | 0600,
                   kind >= Kind::character ? makedev(1, 3) : 0);
  cases.need(result, "make " + path);
  cases.need(lchown(path.c_str(), whose.uid, whose.gid), "chown " + path);
  if (kind != Kind::symlink) cases.need(chmod(path.c_str(), mode), "chmod " + path);
}

void clear(const std::string& path) {
  if (unlink(path.c_str()) == 0 || (errno != EISDIR && errno != EPERM)) return;
  std::vector<std::string> names;
  if (DIR* const directory = opendir(path.c_str())) {
    while (const dirent* const entry = readdir(directory)) names.emplace_back(entry->d_name);
    closedir(directory);
  }
  for (const std::string& name : names)
    if (name != "." && name != "..") clear(path + "/" + name);
  rmdir(path.c_str());
}

struct stat status_of(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) status = {};
  return status;
}

bool by_kernels_ocfs2() {
  constexpr long magic = 0x7461636F;
  struct statfs status {};
  return statfs(".", &status) == 0 && static_cast<long>(status.f_type) == magic;
}

void tick() {
  timespec began{}, now{};
  clock_gettime(CLOCK_REALTIME, &began);  // which the coarse one, that files get, runs after
  do {
    const timespec pause{0, 500'000};
    nanosleep(&pause, nullptr);
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
  } while (!later(now, began));
}

void Watch::judge(Cases& cases, bool modification, bool change) const {
  const struct stat now = status_of(path_);
  if (modification)
    cases.hold(later(now.st_mtim, before_.st_mtim), "the modification time of " + path_ + " goes on");
  else
    cases.hold(same(now.st_mtim, before_.st_mtim), "the modification time of " + path_ + " stays");
  if (change)
    cases.hold(later(now.st_ctim, before_.st_ctim), "the change time of " + path_ + " goes on");
  else
    cases.hold(same(now.st_ctim, before_.st_ctim), "the change time of " + path_ + " stays");
}

}  // namespace ocfs2::probe
