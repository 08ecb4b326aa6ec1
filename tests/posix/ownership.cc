// SPDX-License-Identifier: GPL-2.0-or-later
//
// Modes and owners: who may change them, what changes with them, and what they permit.
#include "tests/posix/groups.h"

namespace ocfs2::probe {
namespace {

bool in_group(const User& user, gid_t group) { return user.gid == group || user.other_group == group; }

/// By how much the bits of the class that the user is in are shifted.
int class_of(const User& user, uid_t uid, gid_t gid) {
  return user.uid == uid ? 6 : in_group(user, gid) ? 3 : 0;
}

/// Every bit pattern for one class, with the other classes all open or all closed.
template <class Act>
void each_class_mode(const Act& act) {
  for (const int shift : {0, 3, 6})
    for (mode_t bits = 0; bits < 8; ++bits)
      for (const mode_t others : {0, 0777})
        act(static_cast<mode_t>((others & ~(7u << shift)) | (bits << shift)));
}

std::string with_mode(const std::string& words, mode_t mode) {
  char text[40];
  std::snprintf(text, sizeof text, " with mode 0%o", mode);
  return words + text;
}

long open_and_close(const char* path, int flags) {
  const int file = open(path, flags | O_NONBLOCK | O_CLOEXEC);
  if (file >= 0) close(file);
  return file;
}

void modes_by_owner(Cases& cases, Kind kind) {
  make(cases, kind, "object");
  cases.need(symlink("object", "to object"), "symlink");
  for (mode_t mode = 0; mode < 010000; mode += 61) {
    cases.expect(outcome(chmod("object", mode)), 0, with_mode("chmod", mode));
    cases.equal_mode(mode_of("object"), mode, "the mode after chmod");
    if (mode % 4 != 0) continue;
    const mode_t other = mode ^ 0777;
    cases.expect(as(owner, [&] { return chmod("to object", other); }), 0, with_mode("by a symlink", other));
    cases.equal_mode(mode_of("object"), other, "the mode after chmod by a symlink");
  }
  tick();
  const Watch watch("object");
  cases.expect(outcome(chmod("object", 0640)), 0, "chmod");
  watch.attributes(cases);
  clear("to object");
}

void modes_by_others(Cases& cases, Kind kind) {
  clear("object");
  make(cases, kind, "object", 0666);
  tick();
  const Watch watch("object");
  for (const User& user : {mate, member, stranger})
    cases.expect(as(user, [] { return chmod("object", 0777); }), EPERM, user.name);
  cases.equal_mode(mode_of("object"), 0666, "the mode after refused calls");
  watch.nothing(cases);
  cases.need(lchown("object", owner.uid, foreign_group), "chown");
  cases.expect(as(owner, [] { return chmod("object", 06755); }), 0, "set-ID with a foreign group");
  cases.equal_mode(mode_of("object"), 04755, "a foreign group takes the set-group-ID bit off");
  cases.need(lchown("object", owner.uid, owner.other_group), "chown");
  cases.expect(as(owner, [] { return chmod("object", 06755); }), 0, "set-ID with a supplementary group");
  cases.equal_mode(mode_of("object"), 06755, "a supplementary group keeps it");
  cases.expect(as(owner, [] { return chmod("object", 01777); }), 0, "sticky by the owner");
  cases.equal_mode(mode_of("object"), 01777, "the sticky bit");
}

struct Ownership {
  const User& caller;
  Kind kind;
  uid_t uid;
  gid_t gid;
};

/// As chown(2) has it, for what belongs to the owner and his group.
bool may_change(const Ownership& wish) {
  if (wish.caller.uid == 0) return true;
  const bool mine = wish.caller.uid == owner.uid;
  const bool uid_fits = wish.uid == uid_t(-1) || (mine && wish.uid == owner.uid);
  const bool gid_fits =
      wish.gid == gid_t(-1) || (mine && (wish.gid == owner.gid || in_group(wish.caller, wish.gid)));
  return uid_fits && gid_fits;
}

void change_ownership(Cases& cases, const Ownership& wish, mode_t mode) {
  clear("object");
  make(cases, wish.kind, "object", mode);
  const std::string words = std::string(wish.caller.name) + " to " +
                            std::to_string(static_cast<int>(wish.uid)) + ":" +
                            std::to_string(static_cast<int>(wish.gid));
  const Scope scope(cases, with_mode(words, mode));
  const bool special = (mode & 06000) != 0 && wish.kind != Kind::folder && wish.kind != Kind::symlink;
  // Taking set-ID bits off is a change, too.
  const bool allowed = may_change(wish) && !(special && wish.caller.uid == stranger.uid);
  const int result = as(wish.caller, [&] { return lchown("object", wish.uid, wish.gid); });
  cases.expect(result, allowed ? 0 : EPERM, "lchown");
  const struct stat status = status_of("object");
  cases.equal(status.st_uid, allowed && wish.uid != uid_t(-1) ? wish.uid : owner.uid, "the owner");
  cases.equal(status.st_gid, allowed && wish.gid != gid_t(-1) ? wish.gid : owner.gid, "the group");
  if (wish.kind == Kind::symlink) return;
  cases.equal_mode(status.st_mode & 07777, allowed && special ? mode & ~06000 : mode, "the mode");
}

}  // namespace

void modes(Cases& cases) {
  for (const Kind kind : kinds) {
    if (kind == Kind::symlink) continue;
    const Scope scope(cases, name_of(kind));
    modes_by_owner(cases, kind);
    modes_by_others(cases, kind);
    clear("object");
  }
  make(cases, Kind::regular, "file");
  const Descriptor file("file", O_RDONLY);
  cases.expect(outcome(fchmod(file, 04711)), 0, "fchmod of what is open to read");
  cases.equal_mode(mode_of("file"), 04711, "the mode after fchmod");
  cases.expect(as(stranger, [&] { return fchmod(file, 0777); }), EPERM, "fchmod by a stranger");
}

void owners(Cases& cases) {
  for (const Kind kind : kinds) {
    const Scope scope(cases, name_of(kind));
    for (const User& caller : {root, owner, stranger})
      for (const uid_t uid : {uid_t(-1), owner.uid, stranger.uid})
        for (const gid_t gid : {gid_t(-1), owner.gid, owner.other_group, foreign_group})
          for (const mode_t mode : {0644, 06755}) change_ownership(cases, {caller, kind, uid, gid}, mode);
    clear("object");
    make(cases, kind, "object");
    tick();
    const Watch watch("object");
    cases.expect(outcome(lchown("object", 7, 8)), 0, "lchown");
    watch.attributes(cases);
  }
  clear("object");
  make(cases, Kind::regular, "object");
  cases.need(symlink("object", "to object"), "symlink");
  cases.expect(outcome(chown("to object", 70000, 4'000'000'000)), 0, "chown by a symlink");
  cases.equal(status_of("object").st_uid, 70000, "the owner by a symlink");
  cases.equal(status_of("object").st_gid, 4'000'000'000, "a large group by a symlink");
  cases.equal(status_of("to object").st_uid, 0, "the owner of the symlink");
}

void permissions_of_files(Cases& cases) {
  struct Opening {
    const char* name;
    int flags;
    mode_t bits;
  };
  static constexpr Opening openings[] = {{"to read", O_RDONLY, 4},
                                         {"to write", O_WRONLY, 2},
                                         {"for both", O_RDWR, 6},
                                         {"to cut", O_RDONLY | O_TRUNC, 6},
                                         {"to append", O_WRONLY | O_APPEND, 2}};
  for (const Kind kind : {Kind::regular, Kind::fifo}) {
    const Scope scope(cases, name_of(kind));
    clear("object");
    make(cases, kind, "object");
    each_class_mode([&](mode_t mode) {
      cases.need(chmod("object", mode), "chmod");
      for (const User& user : everybody)
        for (const Opening& opening : openings) {
          if (kind == Kind::fifo && opening.flags != O_RDWR) continue;
          const mode_t bits = mode >> class_of(user, owner.uid, owner.gid) & 7;
          const bool allowed = user.uid == 0 || (bits & opening.bits) == opening.bits;
          cases.expect(as(user, [&] { return open_and_close("object", opening.flags); }),
                       allowed ? 0 : EACCES, with_mode(std::string(opening.name) + ", " + user.name, mode));
        }
    });
  }
  for (const Kind kind : {Kind::regular, Kind::folder}) {
    const Scope scope(cases, std::string("access of ") + name_of(kind));
    clear("object");
    make(cases, kind, "object");
    each_class_mode([&](mode_t mode) {
      cases.need(chmod("object", mode), "chmod");
      for (const User& user : everybody)
        for (const int wish : {R_OK, W_OK, X_OK}) {
          const auto bits = static_cast<int>(mode >> class_of(user, owner.uid, owner.gid) & 7);
          const bool any_x = kind == Kind::folder || (mode & 0111) != 0;
          const bool allowed = user.uid == 0 ? wish != X_OK || any_x : (bits & wish) != 0;
          cases.expect(as(user, [&] { return faccessat(AT_FDCWD, "object", wish, AT_EACCESS); }),
                       allowed ? 0 : EACCES, with_mode(std::to_string(wish) + " for " + user.name, mode));
        }
    });
  }
}

namespace {

struct FolderCall {
  const char* name;
  mode_t bits;  ///< that it needs of the folder
  long (*call)();
};

constexpr FolderCall folder_calls[] = {
    {"look up", 1,
     []() -> long {
       struct stat status {};
       return stat("folder/file", &status);
     }},
    {"list", 4, [] { return open_and_close("folder", O_RDONLY | O_DIRECTORY); }},
    {"open what is in it", 1, [] { return open_and_close("folder/file", O_RDONLY); }},
    {"create", 3, [] { return open_and_close("folder/new", O_CREAT | O_WRONLY); }},
    {"mkdir", 3, []() -> long { return mkdir("folder/new", 0777); }},
    {"mkfifo", 3, []() -> long { return mkfifo("folder/new", 0666); }},
    {"mknod", 3, []() -> long { return mknod("folder/new", S_IFSOCK | 0666, 0); }},
    {"symlink", 3, []() -> long { return symlink("target", "folder/new"); }},
    {"link into", 3, []() -> long { return link("mine", "folder/new"); }},
    {"link out of", 1, []() -> long { return link("folder/file", "out"); }},
    {"unlink", 3, []() -> long { return unlink("folder/file"); }},
    {"rmdir", 3, []() -> long { return rmdir("folder/folder"); }},
    {"rename into", 3, []() -> long { return rename("mine", "folder/new"); }},
    {"rename out of", 3, []() -> long { return rename("folder/file", "out"); }},
    {"rename over", 3, []() -> long { return rename("mine", "folder/file"); }},
    {"rename within", 3, []() -> long { return rename("folder/file", "folder/new"); }},
};

void call_in_folder(Cases& cases, const FolderCall& call, const User& user, mode_t mode) {
  cases.need(chmod("folder", 0777), "chmod");
  for (const char* const path : {"folder/new", "folder/folder", "folder/file", "mine", "out"}) clear(path);
  make(cases, Kind::regular, "folder/file", 0666, user);
  make(cases, Kind::folder, "folder/folder", 0777, user);
  make(cases, Kind::regular, "mine", 0666, user);
  cases.need(chmod("folder", mode), "chmod");
  const mode_t bits = mode >> class_of(user, owner.uid, owner.gid) & 7;
  const bool allowed = user.uid == 0 || (bits & call.bits) == call.bits;
  cases.expect(as(user, call.call), allowed ? 0 : EACCES,
               with_mode(std::string(call.name) + ", " + user.name, mode));
}

}  // namespace

void permissions_of_folders(Cases& cases) {
  make(cases, Kind::folder, "folder", 0777);
  for (const FolderCall& call : folder_calls)
    for (const User& user : {root, owner, mate, member, stranger})
      for (mode_t bits = 0; bits < 8; ++bits)
        call_in_folder(cases, call, user, static_cast<mode_t>(bits << class_of(user, owner.uid, owner.gid)));
}

void set_id_bits(Cases& cases) {
  struct Change {
    const char* name;
    long (*call)(int file);
  };
  static constexpr Change changes[] = {
      {"write", [](int file) -> long { return write(file, "words", 5); }},
      {"pwrite", [](int file) -> long { return pwrite(file, "words", 5, 3); }},
      {"ftruncate", [](int file) -> long { return ftruncate(file, 3); }},
      {"growing", [](int file) -> long { return ftruncate(file, 9000); }},
      {"truncate", [](int) -> long { return truncate("file", 2); }},
      {"open to cut", [](int) -> long { return open_and_close("file", O_WRONLY | O_TRUNC); }},
      {"fallocate", [](int file) -> long { return fallocate(file, 0, 0, 10000); }},
  };
  for (const Change& change : changes) {
    if (std::string_view(change.name) == "fallocate" && by_kernels_ocfs2()) continue;
    for (const mode_t mode : {04777, 02777, 06777, 04666, 0777, 01777})
      for (const User& user : {root, owner, mate, stranger}) {
        clear("file");
        make(cases, Kind::regular, "file", mode);
        const Descriptor file("file", O_RDWR);
        cases.need(pwrite(file, "content", 7, 0), "write");
        cases.need(chmod("file", mode), "chmod");
        const std::string words = with_mode(std::string(change.name) + " by " + user.name, mode);
        cases.expect(as(user, [&] { return change.call(file); }), 0, words);
        cases.equal_mode(mode_of("file"), user.uid == 0 ? mode : mode & ~06000, words);
      }
  }
}

}  // namespace ocfs2::probe
