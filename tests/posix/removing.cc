// SPDX-License-Identifier: GPL-2.0-or-later
//
// Hard links, and how names and folders go.
#include <sys/file.h>

#include "tests/posix/groups.h"

namespace ocfs2::probe {

void hard_links(Cases& cases) {
  for (const Kind kind : kinds) {
    const Scope scope(cases, name_of(kind));
    for (const char* const path : {"object", "folder", "name"}) clear(path);
    make(cases, kind, "object");
    make(cases, Kind::folder, "folder", 0777);
    tick();
    const Watch object("object"), folder("folder");
    if (kind == Kind::folder) {
      for (const User& user : {root, owner})
        cases.expect(as(user, [] { return link("object", "folder/name"); }), EPERM, "link");
      object.nothing(cases);
      folder.nothing(cases);
      continue;
    }
    cases.expect(outcome(link("object", "folder/name")), 0, "link");
    object.attributes(cases);
    folder.contents(cases);
    const struct stat one = status_of("object"), other = status_of("folder/name");
    cases.equal(other.st_ino, one.st_ino, "the inode");
    cases.equal(one.st_nlink, 2, "the links");
    cases.equal(other.st_nlink, 2, "the links by the other name");
    cases.equal_mode(other.st_mode, one.st_mode, "the mode");
    cases.need(lchown("folder/name", 5, 6), "chown");
    cases.equal(status_of("object").st_uid, 5, "a change by one name shows by the other");
    tick();
    const Watch left("object");
    cases.expect(outcome(unlink("folder/name")), 0, "unlink");
    if (!by_kernels_ocfs2()) left.attributes(cases);
    cases.equal(status_of("object").st_nlink, 1, "the links that are left");
    for (const Kind taken : kinds) {
      clear("name");
      make(cases, taken, "name");
      cases.expect(outcome(link("object", "name")), EEXIST, std::string("where is ") + name_of(taken));
    }
  }
  clear("object");
  make(cases, Kind::regular, "object");
  for (u64 number = 2; number <= 120; ++number) {
    const std::string path = "link " + std::to_string(number);
    cases.expect(outcome(link("object", path.c_str())), 0, path);
    cases.equal(status_of("object").st_nlink, number, "the links");
  }
  for (u64 number = 120; number >= 2; --number) {
    cases.expect(outcome(unlink(("link " + std::to_string(number)).c_str())), 0, "unlink");
    cases.equal(status_of("object").st_nlink, number - 1, "the links");
  }
}

void unlinking(Cases& cases) {
  for (const Kind kind : kinds) {
    const Scope scope(cases, name_of(kind));
    clear("folder");
    make(cases, Kind::folder, "folder", 0777);
    make(cases, kind, "folder/object");
    tick();
    const Watch folder("folder"), object("folder/object");
    if (kind == Kind::folder) {
      cases.expect(outcome(unlink("folder/object")), EISDIR, "unlink");
      cases.expect(as(owner, [] { return unlink("folder/object"); }), EISDIR, "unlink by the owner");
      cases.expect(outcome(unlink("folder/object/")), EISDIR, "with a slash");
      folder.nothing(cases);
      object.nothing(cases);
      continue;
    }
    cases.expect(outcome(rmdir("folder/object")), ENOTDIR, "rmdir");
    folder.nothing(cases);
    object.nothing(cases);
    cases.expect(as(stranger, [] { return unlink("folder/object"); }), 0, "unlink");
    folder.contents(cases);
    cases.hold(!exists("folder/object"), "it is gone");
    cases.expect(outcome(unlink("folder/object")), ENOENT, "unlink again");
    make(cases, kind, "folder/object");
    cases.hold(exists("folder/object"), "the name can be had again");
  }
  cases.expect(outcome(unlink(".")), EISDIR, "unlink of .");
  cases.expect(outcome(unlink("..")), EISDIR, "unlink of ..");
}

void nameless_files(Cases& cases) {
  for (const bool replaced : {false, true}) {
    const Scope scope(cases, replaced ? "replaced" : "unlinked");
    make(cases, Kind::regular, "file");
    const Descriptor file("file", O_RDWR), second("file", O_RDWR | O_APPEND);
    cases.need(pwrite(file, "before", 6, 0), "write");
    tick();
    if (replaced) make(cases, Kind::regular, "other");
    cases.expect(outcome(replaced ? rename("other", "file") : unlink("file")), 0, "the name goes");
    struct stat status {};
    cases.expect(outcome(fstat(file, &status)), 0, "fstat");
    cases.equal(status.st_nlink, 0, "the links");
    cases.equal(static_cast<u64>(status.st_size), 6, "the size");
    cases.equal(static_cast<u64>(pwrite(file, "after", 5, 100000)), 5, "a write");
    cases.equal(static_cast<u64>(write(second, "end", 3)), 3, "an append");
    char found[20] = {};
    cases.equal(static_cast<u64>(pread(file, found, 20, 100000)), 8, "a read");
    cases.hold(std::string_view(found) == "afterend", "what was written");
    cases.equal(static_cast<u64>(pread(second, found, 6, 0)), 6, "a read of the beginning");
    cases.hold(std::string_view(found, 6) == "before", "what was written before");
    cases.expect(outcome(ftruncate(file, 3)), 0, "ftruncate");
    cases.expect(outcome(fchmod(file, 0600)), 0, "fchmod");
    cases.expect(outcome(fchown(file, 9, 9)), 0, "fchown");
    const timespec times[] = {{5, 6}, {7, 8}};
    cases.expect(outcome(futimens(file, times)), 0, "futimens");
    cases.expect(outcome(fsync(file)), 0, "fsync");
    cases.expect(outcome(fallocate(file, 0, 0, 50000)), 0, "fallocate");
    cases.need(fstat(file, &status), "fstat");
    cases.equal_mode(status.st_mode & 07777, 0600, "the mode");
    cases.equal(status.st_uid, 9, "the owner");
    cases.equal(static_cast<u64>(status.st_mtim.tv_sec > 7), 1, "the time after fallocate");
    cases.equal(static_cast<u64>(status.st_size), 50000, "the size after fallocate");
    const std::string by_number = "/proc/self/fd/" + std::to_string(file);
    cases.expect(outcome(linkat(AT_FDCWD, by_number.c_str(), AT_FDCWD, "back", AT_SYMLINK_FOLLOW)), ENOENT,
                 "a new name");
    clear("file");
  }
  make(cases, Kind::fifo, "fifo");
  const Descriptor fifo("fifo", O_RDWR | O_NONBLOCK);
  cases.expect(outcome(unlink("fifo")), 0, "unlink of an open fifo");
  char letter = 0;
  cases.expect(outcome(write(fifo, "x", 1)), 0, "a write to a fifo without a name");
  cases.expect(outcome(read(fifo, &letter, 1)), 0, "a read from it");
}

void folders_removed(Cases& cases) {
  for (const Kind kind : kinds) {
    const Scope scope(cases, name_of(kind));
    clear("parent");
    make(cases, Kind::folder, "parent", 0777);
    make(cases, Kind::folder, "parent/folder", 0777);
    make(cases, kind, "parent/folder/object");
    tick();
    const Watch parent("parent"), folder("parent/folder");
    cases.expect(outcome(rmdir("parent/folder")), {ENOTEMPTY, EEXIST}, "a folder with it");
    parent.nothing(cases);
    folder.nothing(cases);
    cases.hold(exists("parent/folder/object"), "it is still there");
    if (kind != Kind::folder) cases.expect(outcome(rmdir("parent/folder/object")), ENOTDIR, "rmdir of it");
    clear("parent/folder/object");
    cases.equal(status_of("parent").st_nlink, 3, "the links of the parent");
    tick();
    const Watch emptied("parent");
    cases.expect(outcome(rmdir("parent/folder")), 0, "the folder without it");
    emptied.contents(cases);
    cases.equal(status_of("parent").st_nlink, 2, "the links of the parent then");
    cases.expect(outcome(rmdir("parent/folder")), ENOENT, "again");
  }
  make(cases, Kind::folder, "folder", 0777);
  cases.expect(outcome(rmdir("folder/.")), EINVAL, "a dot");
  cases.expect(outcome(rmdir("folder/..")), {ENOTEMPTY, EEXIST}, "two dots");
  cases.expect(outcome(rmdir(".")), EINVAL, "a dot alone");
  cases.expect(outcome(rmdir("folder/")), 0, "a slash");
  cases.need(symlink("parent", "to parent"), "symlink");
  cases.expect(outcome(rmdir("to parent")), ENOTDIR, "a symlink to a folder");
  const Descriptor back(".", O_RDONLY);
  make(cases, Kind::folder, "current", 0777);
  cases.need(chdir("current"), "chdir");
  cases.expect(outcome(rmdir("../current")), 0, "the current folder");
  cases.expect(outcome(mkdir("new", 0777)), ENOENT, "something new in it");
  struct stat status {};
  cases.expect(outcome(stat(".", &status)), 0, "stat of it");
  cases.equal(status.st_nlink, 0, "its links");
  cases.need(fchdir(back), "back");
}

}  // namespace ocfs2::probe
