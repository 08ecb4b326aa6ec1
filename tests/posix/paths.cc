// SPDX-License-Identifier: GPL-2.0-or-later
//
// What every call that takes a path has in common: what is wrong with the path itself, and what a read-only
// mount refuses.
#include <sched.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "tests/posix/groups.h"

namespace ocfs2::probe {
namespace {

struct PathCall {
  const char* name;
  bool makes;    ///< what the path leads to
  bool follows;  ///< a symlink at the end
  long (*call)(const char* path);
};

long probe_open(const char* path, int flags) {
  const int file = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0644);
  if (file >= 0) close(file);
  return file;
}
constexpr timespec some_times[] = {{1, 2}, {3, 4}};

constexpr PathCall path_calls[] = {
    {"chmod", false, true, [](const char* path) -> long { return chmod(path, 0644); }},
    {"chown", false, true, [](const char* path) -> long { return chown(path, 0, 0); }},
    {"lchown", false, false, [](const char* path) -> long { return lchown(path, 0, 0); }},
    {"truncate", false, true, [](const char* path) -> long { return truncate(path, 0); }},
    {"link from", false, false, [](const char* path) -> long { return link(path, "new link"); }},
    {"link to", true, false, [](const char* path) -> long { return link("there", path); }},
    {"mkdir", true, false, [](const char* path) -> long { return mkdir(path, 0755); }},
    {"mkfifo", true, false, [](const char* path) -> long { return mkfifo(path, 0644); }},
    {"mknod", true, false, [](const char* path) -> long { return mknod(path, S_IFREG | 0644, 0); }},
    {"open to read", false, true, [](const char* path) { return probe_open(path, O_RDONLY); }},
    {"open to write", false, true, [](const char* path) { return probe_open(path, O_WRONLY); }},
    {"open to create", true, true, [](const char* path) { return probe_open(path, O_CREAT | O_WRONLY); }},
    {"rename from", false, false, [](const char* path) -> long { return rename(path, "new name"); }},
    {"rename to", true, false, [](const char* path) -> long { return rename("there", path); }},
    {"rmdir", false, false, [](const char* path) -> long { return rmdir(path); }},
    {"symlink", true, false, [](const char* path) -> long { return symlink("target", path); }},
    {"unlink", false, false, [](const char* path) -> long { return unlink(path); }},
    {"utimensat", false, true,
     [](const char* path) -> long { return utimensat(AT_FDCWD, path, some_times, 0); }},
    {"utimensat of the link", false, false,
     [](const char* path) -> long { return utimensat(AT_FDCWD, path, some_times, AT_SYMLINK_NOFOLLOW); }},
    {"stat", false, true,
     [](const char* path) -> long {
       struct stat status {};
       return stat(path, &status);
     }},
    {"lstat", false, false,
     [](const char* path) -> long {
       struct stat status {};
       return lstat(path, &status);
     }},
    {"access", false, true,
     [](const char* path) -> long { return faccessat(AT_FDCWD, path, F_OK, AT_EACCESS); }},
    {"readlink", false, false,
     [](const char* path) -> long {
       char target[10];
       return readlink(path, target, sizeof target);
     }},
    {"getxattr", false, true,
     [](const char* path) -> long { return getxattr(path, "user.name", nullptr, 0); }},
    {"setxattr", false, true,
     [](const char* path) -> long { return setxattr(path, "user.name", "value", 5, 0); }},
    {"open a folder", false, true, [](const char* path) { return probe_open(path, O_DIRECTORY); }},
    {"chdir", false, true, [](const char* path) -> long { return chdir(path); }},
    {"statfs", false, true,
     [](const char* path) -> long {
       struct statfs status {};
       return statfs(path, &status);
     }},
};

void missing_and_wrong(Cases& cases, const PathCall& call) {
  const auto expect = [&](const std::string& path, int error, const std::string& what) {
    cases.expect(outcome(call.call(path.c_str())), error, what);
  };
  expect("", ENOENT, "an empty path");
  expect("missing/name", ENOENT, "in a folder that is missing");
  expect("folder/missing/name", ENOENT, "in a folder that is missing in a folder");
  if (!call.makes) expect("missing", ENOENT, "what is missing");
  if (!call.makes) expect("folder/missing", ENOENT, "what is missing in a folder");
  if (!call.makes || call.follows == false) expect("dangling/name", ENOENT, "below a symlink to nothing");
  for (const Kind kind : kinds) {
    if (kind == Kind::folder || kind == Kind::symlink) continue;
    const std::string path = name_of(kind);
    expect(path + "/name", ENOTDIR, "below " + path);
    expect(path + "/name/name", ENOTDIR, "far below " + path);
    if (!call.makes) expect(path + "/", ENOTDIR, "a slash behind " + path);
    if (!call.makes) expect(path + "/.", ENOTDIR, "a dot below " + path);
  }
  expect("to file/name", ENOTDIR, "below a symlink to a file");
  cases.expect(outcome(call.call(reinterpret_cast<const char*>(1))), EFAULT, "an address that is none");
}

void long_and_round(Cases& cases, const PathCall& call) {
  const auto expect = [&](const std::string& path, int error, const std::string& what) {
    cases.expect(outcome(call.call(path.c_str())), error, what);
  };
  const std::string long_name(256, 'n');
  expect(long_name, ENAMETOOLONG, "a name of 256 bytes");
  expect(long_name + "/name", ENAMETOOLONG, "below a name of 256 bytes");
  expect("folder/" + long_name, ENAMETOOLONG, "in a folder a name of 256 bytes");
  std::string path = "folder";
  while (path.size() < 4096) path += "/.";
  expect(path.substr(0, 4092) + "/nam", ENAMETOOLONG, "a path of 4096 bytes");
  if (!call.makes) expect(path.substr(0, 4090) + "/mis", ENOENT, "a path that is just short enough");
  expect("loop/name", ELOOP, "below a symlink to itself");
  expect("ring one/name", ELOOP, "below a ring of symlinks");
  expect("chain 41/name", ELOOP, "below a chain of 42 symlinks");
  if (!call.makes) expect("chain 38/missing", ENOENT, "below a chain of 39 symlinks");
  if (call.follows) expect("loop", ELOOP, "a symlink to itself");
  if (call.follows) expect("ring two", ELOOP, "a ring of symlinks");
}

void closed_folders(Cases& cases, const PathCall& call) {
  for (const mode_t mode : {0700, 0770, 0776, 0774, 0772})
    for (const char* const path : {"closed/name", "closed/file", "closed/folder/name"}) {
      cases.need(chmod("closed", mode), "chmod");
      cases.expect(as(stranger, [&] { return call.call(path); }), EACCES,
                   std::string("in a folder that cannot be searched, ") + path);
    }
}

}  // namespace

void path_errors(Cases& cases) {
  for (const Kind kind : kinds)
    if (kind != Kind::folder && kind != Kind::symlink) make(cases, kind, name_of(kind), 0666);
  make(cases, Kind::regular, "there", 0666);
  make(cases, Kind::folder, "folder", 0777);
  make(cases, Kind::folder, "closed", 0700);
  make(cases, Kind::regular, "closed/file", 0666);
  make(cases, Kind::folder, "closed/folder", 0777);
  const auto to = [&](const std::string& target, const std::string& path) {
    cases.need(symlink(target.c_str(), path.c_str()), path);
  };
  to("loop", "loop");
  to("ring two", "ring one");
  to("ring one", "ring two");
  to("nothing", "dangling");
  to("there", "to file");
  to("folder", "chain 0");
  for (int number = 1; number < 45; ++number)
    to("chain " + std::to_string(number - 1), "chain " + std::to_string(number));
  for (const PathCall& call : path_calls) {
    const Scope scope(cases, call.name);
    missing_and_wrong(cases, call);
    long_and_round(cases, call);
    closed_folders(cases, call);
  }
}

void read_only_mount(Cases& cases) {
  make(cases, Kind::folder, "source", 0777);
  make(cases, Kind::folder, "view", 0777);
  make(cases, Kind::regular, "source/there", 0666);
  make(cases, Kind::folder, "source/folder", 0777);
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("source", "view", nullptr, MS_BIND, nullptr) != 0 ||
      mount("none", "view", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) != 0)
    return cases.need(-1, "a read-only mount");
  cases.expect(outcome(rmdir("view")), EBUSY, "rmdir of a mount point");
  cases.expect(outcome(rename("view", "other")), EBUSY, "rename of a mount point");
  cases.expect(outcome(rename("view/there", "view/other")), EROFS, "rename");
  cases.expect(outcome(link("view/there", "view/other")), EROFS, "link");
  cases.expect(outcome(rename("view/there", "other")), EXDEV, "rename to another mount");
  cases.expect(outcome(link("view/there", "other")), EXDEV, "link to another mount");
  for (const PathCall& call : path_calls) {
    const std::string_view name = call.name;
    if (name.starts_with("link") || name.starts_with("rename")) continue;
    const bool looks = name.find("stat") != name.npos || name == "open to read" || name == "readlink" ||
                       name == "access" || name == "getxattr" || name == "open a folder" || name == "chdir";
    if (looks) continue;
    if (call.makes) cases.expect(outcome(call.call("view/new")), EROFS, std::string(name));
    if (!call.makes && name != "rmdir")
      cases.expect(outcome(call.call("view/there")), EROFS, std::string(name));
    if (name == "rmdir") cases.expect(outcome(call.call("view/folder")), EROFS, std::string(name));
  }
  cases.hold(exists("source/there") && exists("source/folder") && !exists("source/new"), "nothing changed");
  cases.need(umount("view"), "umount");
}

}  // namespace ocfs2::probe
