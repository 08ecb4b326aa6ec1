// SPDX-License-Identifier: GPL-2.0-or-later
//
// How files of every kind come: with which modes and owners, at which times, and where they may not.
#include "tests/posix/groups.h"

namespace ocfs2::probe {
namespace {

struct Maker {
  const char* name;
  bool folder;
  long (*make)(const char* path, mode_t mode);
};

long create_and_close(const char* path, mode_t mode) {
  const int file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode);
  if (file >= 0) close(file);
  return file;
}

constexpr Maker makers[] = {
    {"open", false, create_and_close},
    {"mknod", false, [](const char* path, mode_t mode) -> long { return mknod(path, S_IFREG | mode, 0); }},
    {"mkdir", true, [](const char* path, mode_t mode) -> long { return mkdir(path, mode); }},
    {"mkfifo", false, [](const char* path, mode_t mode) -> long { return mkfifo(path, mode); }},
    {"socket", false, [](const char* path, mode_t mode) -> long { return mknod(path, S_IFSOCK | mode, 0); }},
};

void modes_of_new(Cases& cases, const Maker& maker) {
  for (const mode_t mask : {0000, 0022, 0027, 0077, 0111, 0333, 0707, 0777})
    for (mode_t mode = 0; mode < 010000; mode += 0357) {
      clear("new");
      umask(mask);
      cases.expect(outcome(maker.make("new", mode)), 0, "made");
      umask(0);
      // mkdir(2) leaves set-ID bits to the folder above.
      const mode_t wanted = mode & ~mask & (maker.folder ? 01777u : 07777u);
      cases.equal_mode(mode_of("new"), wanted, "mode and umask");
    }
}

void owners_of_new(Cases& cases, const Maker& maker) {
  for (const User& user : everybody) {
    clear("new");
    cases.expect(as(user, [&] { return maker.make("new", 0644); }), 0, user.name);
    const struct stat status = status_of("new");
    cases.equal(status.st_uid, user.uid, std::string("the owner, by ") + user.name);
    cases.equal(status.st_gid, user.gid, std::string("the group, by ") + user.name);
    cases.equal(status.st_nlink, maker.folder ? 2 : 1, "the links");
    if (!maker.folder) cases.equal(static_cast<u64>(status.st_size), 0, "the size");
  }
}

void times_of_new(Cases& cases, const Maker& maker) {
  clear("folder");
  make(cases, Kind::folder, "folder", 0777);
  const nlink_t links = status_of("folder").st_nlink;
  tick();
  const Watch watch("folder");
  const struct stat before = status_of("folder");
  cases.expect(outcome(maker.make("folder/new", 0644)), 0, "made");
  watch.contents(cases);
  cases.equal(status_of("folder").st_nlink, links + maker.folder, "the links of the folder");
  const struct stat status = status_of("folder/new");
  for (const timespec& time : {status.st_atim, status.st_mtim, status.st_ctim})
    cases.hold(time.tv_sec > before.st_ctim.tv_sec || time.tv_nsec != before.st_ctim.tv_nsec,
               "the new one has the present time");
  tick();
  const Watch folder("folder"), object("folder/new");
  cases.expect(outcome(maker.make("folder/new", 0600)), EEXIST, "made again");
  folder.nothing(cases);
  object.nothing(cases);
  cases.equal_mode(mode_of("folder/new"), 0644, "the mode after it was refused");
}

void places_taken(Cases& cases, const Maker& maker) {
  for (const Kind kind : kinds) {
    clear("taken");
    make(cases, kind, "taken");
    cases.expect(outcome(maker.make("taken", 0644)), EEXIST, std::string("where ") + name_of(kind) + " is");
    cases.expect(as(stranger, [&] { return maker.make("taken", 0644); }), EEXIST,
                 std::string("by a stranger, where ") + name_of(kind) + " is");
  }
}

}  // namespace

void creation(Cases& cases) {
  for (const Maker& maker : makers) {
    const Scope scope(cases, maker.name);
    modes_of_new(cases, maker);
    owners_of_new(cases, maker);
    times_of_new(cases, maker);
    places_taken(cases, maker);
  }
  const Scope scope(cases, "removed folder");
  make(cases, Kind::folder, "gone", 0777);
  const Descriptor gone("gone", O_RDONLY | O_DIRECTORY);
  cases.need(rmdir("gone"), "rmdir");
  cases.expect(outcome(openat(gone, "new", O_CREAT | O_WRONLY, 0644)), ENOENT, "open");
  cases.expect(outcome(mkdirat(gone, "new", 0755)), ENOENT, "mkdir");
  cases.expect(outcome(symlinkat("target", gone, "new")), ENOENT, "symlink");
  cases.expect(outcome(mknodat(gone, "new", S_IFIFO | 0644, 0)), ENOENT, "mknod");
  make(cases, Kind::regular, "file");
  cases.expect(outcome(linkat(AT_FDCWD, "file", gone, "new", 0)), ENOENT, "link");
  cases.expect(outcome(renameat(AT_FDCWD, "file", gone, "new")), ENOENT, "rename");
}

void group_of_folder(Cases& cases) {
  for (const mode_t special : {0, 02000})
    for (const Maker& maker : makers)
      for (const User& user : everybody) {
        const Scope scope(cases,
                          std::string(maker.name) + " by " + user.name + (special ? " in set-GID" : ""));
        clear("folder");
        make(cases, Kind::folder, "folder", 0777 | special);
        cases.expect(as(user, [&] { return maker.make("folder/new", 02755); }), 0, "made");
        const struct stat status = status_of("folder/new");
        cases.equal(status.st_uid, user.uid, "the owner");
        cases.equal(status.st_gid, special ? owner.gid : user.gid, "the group");
        mode_t wanted = maker.folder ? 0755 | special : 02755;
        // Nobody gets a program that runs as a group that he is not in.
        const bool within = user.uid == 0 || user.gid == owner.gid || user.other_group == owner.gid;
        if (special && !maker.folder && !within) wanted = 0755;
        cases.equal_mode(status.st_mode & 07777, wanted, "the mode");
      }
  const Scope scope(cases, "symlink");
  clear("folder");
  make(cases, Kind::folder, "folder", 02777);
  cases.expect(as(stranger, [] { return symlink("target", "folder/new"); }), 0, "made");
  cases.equal(status_of("folder/new").st_gid, owner.gid, "the group");
  cases.equal_mode(mode_of("folder/new"), 0777, "the mode");
}

void opening(Cases& cases) {
  for (const Kind kind : kinds) {
    const Scope scope(cases, name_of(kind));
    clear("object");
    make(cases, kind, "object");
    const auto opened = [](int flags) { return outcome(Descriptor("object", flags | O_NONBLOCK)); };
    const bool folder = kind == Kind::folder, symlink = kind == Kind::symlink;
    cases.expect(opened(O_CREAT | O_EXCL | O_WRONLY), EEXIST, "O_EXCL");
    cases.expect(opened(O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY), EEXIST, "O_EXCL, O_NOFOLLOW");
    cases.expect(opened(O_PATH | O_NOFOLLOW), 0, "O_PATH");
    const int plain = folder || kind == Kind::regular ? 0 : -1;
    if (plain == 0) cases.expect(opened(O_RDONLY), 0, "O_RDONLY");
    if (kind == Kind::socket) cases.expect(opened(O_RDONLY), ENXIO, "O_RDONLY");
    if (kind == Kind::fifo) cases.expect(opened(O_WRONLY), ENXIO, "O_WRONLY without a reader");
    if (kind == Kind::fifo) cases.expect(opened(O_RDONLY), 0, "O_RDONLY without a writer");
    if (kind == Kind::character) cases.expect(opened(O_RDWR), {0, EACCES}, "O_RDWR");
    if (folder)
      for (const int flags :
           {O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_WRONLY | O_TRUNC, O_RDWR | O_CREAT, O_WRONLY | O_APPEND})
        cases.expect(opened(flags), EISDIR, "open with flags " + std::to_string(flags));
    if (symlink) cases.expect(opened(O_RDONLY | O_NOFOLLOW), ELOOP, "O_NOFOLLOW");
    if (symlink) cases.expect(opened(O_RDONLY), ENOENT, "a symlink to nothing");
    if (!folder) cases.expect(opened(O_RDONLY | O_DIRECTORY), symlink ? ENOENT : ENOTDIR, "O_DIRECTORY");
    if (!folder && !symlink) cases.expect(outcome(chdir("object")), ENOTDIR, "chdir");
  }
  const Scope scope(cases, "by a symlink to nothing");
  cases.need(symlink("made by it", "to nothing"), "symlink");
  cases.expect(outcome(Descriptor("to nothing", O_CREAT | O_EXCL | O_WRONLY)), EEXIST, "O_EXCL");
  cases.expect(outcome(Descriptor("to nothing", O_CREAT | O_WRONLY | O_NOFOLLOW)), ELOOP, "O_NOFOLLOW");
  cases.hold(!exists("made by it"), "nothing was made");
  cases.expect(outcome(Descriptor("to nothing", O_CREAT | O_WRONLY)), 0, "O_CREAT");
  cases.hold(exists("made by it"), "the target was made");
}

void devices(Cases& cases) {
  for (const mode_t type : {S_IFCHR, S_IFBLK})
    for (const unsigned major_number : {0u, 1u, 8u, 255u, 256u, 511u, 4095u})
      for (const unsigned minor_number : {0u, 1u, 127u, 255u, 256u, 65535u, 65536u, 1048575u}) {
        clear("device");
        const std::string words = std::to_string(major_number) + ":" + std::to_string(minor_number);
        cases.expect(outcome(mknod("device", type | 0600, makedev(major_number, minor_number))), 0, words);
        const struct stat status = status_of("device");
        cases.equal(status.st_rdev, makedev(major_number, minor_number), words);
        cases.equal_mode(status.st_mode, type | 0600, words);
      }
  clear("device");
  for (const User& user : {owner, stranger}) {
    cases.expect(as(user, [] { return mknod("device", S_IFCHR | 0666, makedev(1, 3)); }), EPERM, "mknod c");
    cases.expect(as(user, [] { return mknod("device", S_IFBLK | 0666, makedev(7, 0)); }), EPERM, "mknod b");
  }
  cases.expect(outcome(mknod("device", S_IFDIR | 0755, 0)), EPERM, "mknod of a folder");
  cases.expect(outcome(mknod("device", S_IFLNK | 0777, 0)), EINVAL, "mknod of a symlink");
  cases.hold(!exists("device"), "nothing was made");
}

void symlinks(Cases& cases) {
  for (const u64 length : {1,    2,    3,    10,   31,   32,   33,   59,   60,   61,   100,  254,  255,  256,
                           500,  511,  512,  513,  600,  700,  800,  900,  1000, 1023, 1024, 1025, 1500, 2000,
                           2047, 2048, 2049, 3000, 3500, 3600, 3700, 3800, 3900, 4000, 4090, 4094, 4095}) {
    const std::string target = Dice(length).bytes(length);
    const std::string words = "a target of " + std::to_string(length) + " bytes";
    clear("link");
    cases.expect(as(owner, [&] { return symlink(target.c_str(), "link"); }), 0, words);
    cases.equal(static_cast<u64>(status_of("link").st_size), length, words + ", its size");
    std::string found(5000, 'x');
    const ssize_t count = readlink("link", found.data(), found.size());
    cases.equal(static_cast<u64>(count), length, words + ", as read");
    cases.hold(found.substr(0, length) == target, words + ", its bytes");
    char little[3];
    cases.equal(static_cast<u64>(readlink("link", little, 3)), std::min<u64>(length, 3), words + ", cut");
  }
  clear("link");
  cases.expect(outcome(symlink(std::string(4096, 't').c_str(), "link")), ENAMETOOLONG, "4096 bytes");
  cases.expect(outcome(symlink("", "link")), ENOENT, "an empty target");
  for (const Kind kind : kinds) {
    clear("object");
    make(cases, kind, "object");
    tick();
    const Watch watch("object");
    cases.expect(outcome(symlink("other", "object")), EEXIST, name_of(kind));
    char target[20];
    if (kind != Kind::symlink)
      cases.expect(outcome(readlink("object", target, 20)), EINVAL,
                   std::string("readlink of ") + name_of(kind));
    watch.nothing(cases);
  }
  make(cases, Kind::folder, "folder", 0777);
  tick();
  const Watch watch("folder");
  cases.expect(outcome(symlink("target", "folder/link")), 0, "symlink");
  watch.contents(cases);
  cases.equal_mode(mode_of("folder/link"), 0777, "the mode");
  cases.equal(status_of("folder/link").st_nlink, 1, "the links");
}

}  // namespace ocfs2::probe
