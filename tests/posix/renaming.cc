// SPDX-License-Identifier: GPL-2.0-or-later
//
// What moves where, over what, and who may do it.
#include <linux/fs.h>

#include "tests/posix/groups.h"

namespace ocfs2::probe {
namespace {

std::string onto(Kind from, Kind to) { return std::string(name_of(from)) + " onto " + name_of(to); }

int wanted_over(Kind from, Kind to) {
  if (from == Kind::folder && to != Kind::folder) return ENOTDIR;
  return from != Kind::folder && to == Kind::folder ? EISDIR : 0;
}

/// Two folders, a source in the one and a target there or in the other; returns where the target is.
std::string prepare_move(Cases& cases, Kind from, Kind to, bool other_folder) {
  clear("a");
  clear("b");
  make(cases, Kind::folder, "a", 0777);
  make(cases, Kind::folder, "b", 0777);
  const std::string target = other_folder ? "b/target" : "a/target";
  make(cases, from, "a/source");
  make(cases, to, target);
  return target;
}

void rename_over(Cases& cases, Kind from, Kind to, bool other_folder) {
  const Scope scope(cases, onto(from, to) + (other_folder ? " elsewhere" : ""));
  const std::string target = prepare_move(cases, from, to, other_folder);
  if (to != Kind::folder) cases.need(link(target.c_str(), "b/kept"), "link");
  const struct stat moved = status_of("a/source"), replaced = status_of(target);
  tick();
  const Watch one("a"), other("b"), kept("b/kept");
  const int wanted = wanted_over(from, to);
  cases.expect(outcome(rename("a/source", target.c_str())), wanted, "rename");
  if (wanted != 0) {
    cases.equal(status_of("a/source").st_ino, moved.st_ino, "the source after it was refused");
    cases.equal(status_of(target).st_ino, replaced.st_ino, "the target after it was refused");
    one.nothing(cases);
    return;
  }
  cases.hold(!exists("a/source"), "the old name is gone");
  cases.equal(status_of(target).st_ino, moved.st_ino, "the inode at the new name");
  cases.equal_mode(status_of(target).st_mode, moved.st_mode, "its mode");
  cases.equal(status_of("a").st_nlink, from == Kind::folder && !other_folder ? 3 : 2,
              "links of the old folder");
  cases.equal(status_of("b").st_nlink, from == Kind::folder && other_folder ? 3 : 2,
              "links of the new folder");
  one.contents(cases);
  if (other_folder) other.contents(cases);
  if (to == Kind::folder) return;
  cases.equal(status_of("b/kept").st_nlink, 1, "links of what was replaced");
  kept.attributes(cases);
}

void rename_alone(Cases& cases, Kind kind) {
  const Scope scope(cases, name_of(kind));
  for (const char* const path : {"a", "b", "c"}) clear(path);
  make(cases, Kind::folder, "a", 0777);
  make(cases, Kind::folder, "b", 0777);
  make(cases, kind, "a/object");
  const u64 inode = status_of("a/object").st_ino;
  tick();
  {
    const Watch folder("a"), object("a/object");
    cases.expect(outcome(rename("a/object", "a/object")), 0, "to its own name");
    cases.expect(outcome(rename("a/missing", "a/object")), ENOENT, "of nothing");
    cases.expect(outcome(rename("a/object", "missing/object")), ENOENT, "into nothing");
    folder.nothing(cases);
    object.nothing(cases);
  }
  const Watch from("a"), to("b");
  const struct stat before = status_of("a/object");
  cases.expect(as(stranger, [] { return rename("a/object", "b/object"); }), kind == Kind::folder ? EACCES : 0,
               "by a stranger");  // whose ".." is not his to change
  if (kind == Kind::folder)
    cases.expect(as(owner, [] { return rename("a/object", "b/object"); }), 0, "by its owner");
  from.contents(cases);
  to.contents(cases);
  cases.equal(status_of("b/object").st_ino, inode, "the inode");
  const struct stat after = status_of("b/object");
  cases.hold(after.st_ctim.tv_sec != before.st_ctim.tv_sec || after.st_ctim.tv_nsec != before.st_ctim.tv_nsec,
             "the change time of what moved goes on");
  cases.hold(after.st_mtim.tv_sec == before.st_mtim.tv_sec && after.st_mtim.tv_nsec == before.st_mtim.tv_nsec,
             "its modification time stays");
  if (kind == Kind::folder) return;
  cases.need(link("b/object", "c"), "link");
  cases.expect(outcome(rename("b/object", "c")), 0, "to another name of the same file");
  cases.hold(exists("b/object") && exists("c"), "both names stay");
  cases.equal(status_of("c").st_nlink, 2, "the links");
}

}  // namespace

void renaming(Cases& cases) {
  for (const Kind from : kinds)
    for (const Kind to : kinds)
      for (const bool other_folder : {false, true}) rename_over(cases, from, to, other_folder);
  for (const Kind kind : kinds) rename_alone(cases, kind);
}

void renaming_folders(Cases& cases) {
  for (const Kind kind : kinds) {
    const Scope scope(cases, std::string("over a folder with ") + name_of(kind));
    clear("empty");
    clear("full");
    make(cases, Kind::folder, "empty", 0777);
    make(cases, Kind::folder, "full", 0777);
    make(cases, kind, "full/object");
    cases.expect(outcome(rename("empty", "full")), {ENOTEMPTY, EEXIST}, "rename");
    cases.hold(exists("empty") && exists("full/object"), "nothing changed");
    cases.expect(outcome(rename("full", "empty")), 0, "the other way");
    cases.hold(exists("empty/object") && !exists("full"), "it moved");
  }
  clear("empty");
  make(cases, Kind::folder, "top", 0777);
  std::string path = "top";
  for (int depth = 0; depth < 20; ++depth) {
    cases.expect(outcome(rename("top", (path + "/new").c_str())), EINVAL, "into " + path);
    path += "/folder";
    make(cases, Kind::folder, path, 0777);
    cases.expect(outcome(rename("top", path.c_str())), {EINVAL, ENOTEMPTY}, "onto " + path);
    cases.expect(outcome(rename(path.c_str(), "top")), {ENOTEMPTY, EEXIST}, path + " onto what it is in");
  }
  for (const char* const name : {".", ".."}) {
    const std::string dots = std::string("top/") + name;
    cases.expect(outcome(rename(dots.c_str(), "other")), {EINVAL, EBUSY}, "of " + dots);
    cases.expect(outcome(rename("top/folder", dots.c_str())), {EINVAL, EBUSY, ENOTEMPTY, EEXIST},
                 "to " + dots);
  }
  make(cases, Kind::folder, "other", 0777);
  const u64 top = status_of("top").st_ino, other = status_of("other").st_ino;
  cases.equal(status_of("top/folder/..").st_ino, top, "two dots");
  cases.expect(outcome(rename("top/folder", "other/folder")), 0, "to another folder");
  cases.equal(status_of("other/folder/..").st_ino, other, "two dots after it moved");
  cases.equal(status_of("top").st_nlink, 2, "links of the old one");
  cases.equal(status_of("other").st_nlink, 3, "links of the new one");
  cases.expect(outcome(rename("other/folder", "other/renamed")), 0, "within its folder");
  cases.equal(status_of("other").st_nlink, 3, "links of it then");
  cases.need(symlink("other", "to other"), "symlink");
  cases.expect(outcome(rename("to other", "symlink")), 0, "a symlink to a folder");
  cases.hold(S_ISLNK(status_of("symlink").st_mode), "it is the symlink that moved");
}

void renaming_with_flags(Cases& cases) {
  const auto rename_flags = [](const char* from, const char* to, unsigned flags) {
    return outcome(renameat2(AT_FDCWD, from, AT_FDCWD, to, flags));
  };
  make(cases, Kind::regular, "one");
  if (rename_flags("one", "other", RENAME_NOREPLACE) == EINVAL) return;  // the kernel's ocfs2 has no flags
  cases.hold(exists("other"), "moved where nothing was");
  for (const Kind from : kinds)
    for (const Kind to : kinds)
      for (const bool other_folder : {false, true}) {
        const Scope scope(cases, onto(from, to) + (other_folder ? " elsewhere" : ""));
        const std::string target = prepare_move(cases, from, to, other_folder);
        const u64 one = status_of("a/source").st_ino, other = status_of(target).st_ino;
        cases.expect(rename_flags("a/source", target.c_str(), RENAME_NOREPLACE), EEXIST,
                     "not to be replaced");
        cases.expect(rename_flags("a/source", target.c_str(), RENAME_NOREPLACE | RENAME_EXCHANGE), EINVAL,
                     "both");
        tick();
        const Watch folder(other_folder ? "b" : "a");
        cases.expect(rename_flags("a/source", target.c_str(), RENAME_EXCHANGE), 0, "exchanged");
        folder.contents(cases);
        cases.equal(status_of("a/source").st_ino, other, "the one");
        cases.equal(status_of(target).st_ino, one, "the other");
        const nlink_t in_a = 2 + (to == Kind::folder) + (!other_folder && from == Kind::folder);
        const nlink_t in_b = 2 + (other_folder && from == Kind::folder);
        cases.equal(status_of("a").st_nlink, in_a, "links of the folder");
        cases.equal(status_of("b").st_nlink, in_b, "links of the other folder");
        cases.expect(rename_flags("a/source", "a/missing", RENAME_EXCHANGE), ENOENT,
                     "exchanged with nothing");
      }
}

void sticky_folders(Cases& cases) {
  struct Removal {
    const char* name;
    long (*call)(bool folder);
  };
  static constexpr Removal removals[] = {
      {"remove",
       [](bool folder) -> long { return folder ? rmdir("folder/object") : unlink("folder/object"); }},
      {"rename away", [](bool) -> long { return rename("folder/object", "moved"); }},
      {"rename within", [](bool) -> long { return rename("folder/object", "folder/moved"); }},
      {"rename over",
       [](bool folder) -> long { return rename(folder ? "own folder" : "own file", "folder/object"); }}};
  const User* const people[] = {&owner, &stranger, &mate};
  for (const Kind kind : kinds)
    for (const User* const of_folder : {&root, &owner, &stranger})
      for (const User* const of_file : people)
        for (const User* const caller : people)
          for (const Removal& removal : removals) {
            clear("folder");
            for (const char* const path : {"moved", "own folder", "own file"}) clear(path);
            make(cases, Kind::folder, "folder", 01777, *of_folder);
            make(cases, kind, "folder/object", 0777, *of_file);
            make(cases, Kind::folder, "own folder", 0777, *caller);
            make(cases, Kind::regular, "own file", 0777, *caller);
            const Scope scope(cases, std::string(removal.name) + " " + name_of(kind) + " of " +
                                         of_file->name + " in a folder of " + of_folder->name + " by " +
                                         caller->name);
            const bool allowed = caller == of_folder || caller == of_file;
            cases.expect(as(*caller, [&] { return removal.call(kind == Kind::folder); }),
                         allowed ? std::initializer_list<int>{0} : std::initializer_list<int>{EPERM, EACCES},
                         "the call");
            const bool stays = !allowed || std::string_view(removal.name) == "rename over";
            cases.equal(exists("folder/object"), stays, "whether it is still there");
          }
}

}  // namespace ocfs2::probe
