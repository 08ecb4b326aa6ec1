// SPDX-License-Identifier: GPL-2.0-or-later
//
// Extended attributes, access control lists, and the flags of chattr(1).
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

#include "tests/posix/access_list_bytes.h"
#include "tests/posix/groups.h"
#include "tests/posix/tree_listing.h"

namespace ocfs2::probe {
namespace {

using List = AccessListBytes;

int set(const char* name, const std::string& value, int flags = 0) {
  return outcome(lsetxattr("object", name, value.data(), value.size(), flags));
}

void values(Cases& cases) {
  for (const u64 size : {0, 1, 2, 50, 79, 80, 81, 100, 200, 255, 256, 257, 500, 1000, 1500, 2000}) {
    const std::string value = Dice(size).bytes(size), words = "a value of " + std::to_string(size) + " bytes";
    cases.expect(set("user.name", value), 0, words);
    cases.hold(attribute_value("object", "user.name") == value, words);
    cases.equal(static_cast<u64>(lgetxattr("object", "user.name", nullptr, 0)), size, words + ", its size");
    char little[1];
    if (size > 1)
      cases.expect(outcome(lgetxattr("object", "user.name", little, 1)), ERANGE, words + ", no room");
  }
  cases.expect(set("user.name", "x", XATTR_CREATE), EEXIST, "XATTR_CREATE of what is there");
  cases.expect(set("user.other", "x", XATTR_REPLACE), ENODATA, "XATTR_REPLACE of what is not");
  cases.expect(set("user.other", "x", XATTR_CREATE), 0, "XATTR_CREATE");
  cases.expect(set("user.other", "y", XATTR_REPLACE), 0, "XATTR_REPLACE");
  cases.hold(attribute_value("object", "user.other") == "y", "the value");
  cases.expect(outcome(lremovexattr("object", "user.other")), 0, "removexattr");
  cases.expect(outcome(lremovexattr("object", "user.other")), ENODATA, "removexattr again");
  cases.hold(!attribute_value("object", "user.other"), "it is gone");
  const std::string long_name = "user." + std::string(250, 'n');
  cases.expect(set(long_name.c_str(), "long"), 0, "a name of 255 bytes");
  cases.hold(attribute_value("object", long_name) == "long", "its value");
  cases.expect(set((long_name + "n").c_str(), "x"), ERANGE, "a name of 256 bytes");
  cases.expect(set("user.", "x"), EINVAL, "no name");
  cases.expect(set("nothing.name", "x"), EOPNOTSUPP, "a kind of name that there is not");
  cases.expect(set("user.much", std::string(65537, 'x')), E2BIG, "a value of 65537 bytes");
  for (int number = 0; number < 40; ++number)
    cases.expect(set(("user.n" + std::to_string(number)).c_str(), std::to_string(number)), 0, "many");
  for (int number = 0; number < 40; ++number)
    cases.hold(attribute_value("object", "user.n" + std::to_string(number)) == std::to_string(number),
               "many");
  std::string names(10000, 0);
  const ssize_t length = llistxattr("object", names.data(), names.size());
  names.resize(length < 0 ? 0 : static_cast<u64>(length));
  for (int number = 0; number < 40; ++number)
    cases.hold(names.find(std::string("user.n") + std::to_string(number) + '\0') != names.npos,
               "the list of names");
  cases.expect(outcome(llistxattr("object", names.data(), 5)), ERANGE, "no room for the list");
}

}  // namespace

void attributes(Cases& cases) {
  make(cases, Kind::regular, "object");
  if (set("user.probe", "x") == EOPNOTSUPP) return;
  for (const Kind kind : kinds) {
    const Scope scope(cases, name_of(kind));
    clear("object");
    make(cases, kind, "object", 0644);
    const bool takes = kind == Kind::regular || kind == Kind::folder;
    if (takes) values(cases);
    if (!takes) cases.expect(set("user.name", "x"), EPERM, "a user's");
    tick();
    const Watch watch("object");
    cases.expect(set("trusted.name", "trust"), 0, "a trusted one");
    watch.attributes(cases);
    cases.hold(attribute_value("object", "trusted.name") == "trust", "a trusted one's value");
    tick();
    const Watch kept("object");
    for (const User& user : {owner, stranger}) {
      cases.expect(as(user, [] { return lsetxattr("object", "trusted.name", "x", 1, 0); }), EPERM, user.name);
      cases.expect(as(user, [] { return lgetxattr("object", "trusted.name", nullptr, 0); }), ENODATA,
                   user.name);
      cases.expect(as(user, [] { return lremovexattr("object", "trusted.name"); }), EPERM, user.name);
    }
    if (takes) {
      cases.expect(as(stranger, [] { return lsetxattr("object", "user.name", "x", 1, 0); }), EACCES,
                   "to write");
      cases.expect(as(stranger, [] { return lremovexattr("object", "user.name"); }), EACCES, "to remove");
      cases.expect(as(stranger, [] { return lgetxattr("object", "user.name", nullptr, 0); }), 0, "to read");
    }
    kept.nothing(cases);
    if (!takes) continue;
    cases.need(chmod("object", 0600), "chmod");
    cases.expect(as(stranger, [] { return lgetxattr("object", "user.name", nullptr, 0); }), EACCES, "closed");
    cases.expect(as(owner, [] { return lsetxattr("object", "user.name", "x", 1, 0); }), 0, "by the owner");
  }
}

namespace {

/// A list of all kinds of entries, with random permissions.
struct RandomList {
  mode_t user_bits, named_user, group_bits, named_group, mask, other;
  explicit RandomList(Dice& dice)
      : user_bits(bits(dice)),
        named_user(bits(dice)),
        group_bits(bits(dice)),
        named_group(bits(dice)),
        mask(bits(dice)),
        other(bits(dice)) {}
  static mode_t bits(Dice& dice) { return static_cast<mode_t>(dice.below(8)); }
  std::string bytes() const {
    return List()
        .add(List::owner, user_bits)
        .add(List::user, named_user, mate.uid)
        .add(List::group, group_bits)
        .add(List::named_group, named_group, member.gid)
        .add(List::mask, mask)
        .add(List::other, other)
        .bytes();
  }
  mode_t shown() const { return user_bits << 6 | mask << 3 | other; }
  /// May the user do what needs `wish`? As acl(5) has it.
  bool allows(const User& user, mode_t wish) const {
    const auto has = [&](mode_t bits) { return (bits & wish) == wish; };
    if (user.uid == 0) return true;
    if (user.uid == owner.uid) return has(user_bits);
    if (user.uid == mate.uid) return has(named_user & mask);
    const bool in_named = user.gid == member.gid || user.other_group == member.gid;
    const bool in_group = user.gid == owner.gid || user.other_group == owner.gid;
    if (in_named || in_group)
      return (in_group && has(group_bits & mask)) || (in_named && has(named_group & mask));
    return has(other);
  }
};

long open_object(int flags) {
  const int file = open("object", flags | O_CLOEXEC | O_NONBLOCK);
  if (file >= 0) close(file);
  return file;
}

void lists_judge(Cases& cases) {
  Dice dice(17);
  for (int turn = 0; turn < 100; ++turn) {
    clear("object");
    make(cases, turn % 5 == 4 ? Kind::fifo : Kind::regular, "object", 0600);
    const RandomList list(dice);
    cases.expect(set(access_list_name, list.bytes()), 0, "set");
    cases.equal_mode(mode_of("object"), list.shown(), "the mode shows the mask");
    cases.hold(attribute_value("object", access_list_name) == list.bytes(), "the list as it was set");
    for (const User& user : everybody) {
      const std::string words = "list " + std::to_string(turn) + ", " + user.name;
      if (turn % 5 != 4) {
        cases.expect(as(user, [] { return open_object(O_RDONLY); }), list.allows(user, 4) ? 0 : EACCES,
                     words);
        cases.expect(as(user, [] { return open_object(O_WRONLY); }), list.allows(user, 2) ? 0 : EACCES,
                     words);
      }
      cases.expect(as(user, [] { return open_object(O_RDWR); }), list.allows(user, 6) ? 0 : EACCES, words);
    }
  }
}

void lists_and_modes(Cases& cases, Kind kind) {
  clear("object");
  make(cases, kind, "object", 0640);
  cases.hold(!attribute_value("object", access_list_name), "none at first");
  Dice dice(4);
  RandomList list(dice);
  tick();
  {
    const Watch watch("object");
    cases.expect(set(access_list_name, list.bytes()), 0, "set");
    watch.attributes(cases);
  }
  for (mode_t mode = 0; mode < 01000; mode += 037) {
    cases.expect(outcome(chmod("object", mode)), 0, "chmod");
    list.user_bits = mode >> 6, list.mask = mode >> 3 & 7, list.other = mode & 7;
    cases.hold(attribute_value("object", access_list_name) == list.bytes(), "the list follows the mode");
  }
  for (const User& user : {mate, member, stranger})
    cases.expect(as(user, [&] { return -set(access_list_name, list.bytes()); }) == 0 ? 0 : EPERM, {0, EPERM},
                 "");
  const std::string minimal = List().add(List::owner, 7).add(List::group, 5).add(List::other, 1).bytes();
  cases.expect(set(access_list_name, minimal), 0, "one that says what the mode says");
  cases.equal_mode(mode_of("object"), 0751, "the mode");
  cases.hold(!attribute_value("object", access_list_name), "it is not kept");
  cases.expect(set(access_list_name, list.bytes()), 0, "set again");
  cases.expect(outcome(lremovexattr("object", access_list_name)), 0, "removed");
  cases.hold(!attribute_value("object", access_list_name), "none in the end");
  const std::string broken[] = {
      "x",
      List().bytes().substr(0, 3),
      minimal.substr(0, minimal.size() - 3),
      List().add(List::owner, 7).bytes(),
      List().add(List::owner, 7).add(List::group, 5).add(List::group, 5).add(List::other, 1).bytes(),
      List().add(List::owner, 7).add(List::user, 7, 5).add(List::group, 5).add(List::other, 1).bytes(),
      List().add(List::owner, 77).add(List::group, 5).add(List::other, 1).bytes(),
      List().add(64, 7).add(List::group, 5).add(List::other, 1).bytes()};
  for (const std::string& bytes : broken)
    cases.expect(set(access_list_name, bytes), {EINVAL, EOPNOTSUPP}, "broken");
  if (kind != Kind::folder) cases.expect(set(default_list_name, minimal), EACCES, "a default of no folder");
}

void lists_refused(Cases& cases) {
  clear("object");
  make(cases, Kind::regular, "object", 0666);
  Dice dice(5);
  const std::string bytes = RandomList(dice).bytes();
  for (const User& user : {mate, member, stranger}) {
    cases.expect(
        as(user, [&] { return lsetxattr("object", access_list_name, bytes.data(), bytes.size(), 0); }), EPERM,
        std::string("set by ") + user.name);
    cases.expect(as(user, [&] { return lremovexattr("object", access_list_name); }), EPERM,
                 std::string("removed by ") + user.name);
  }
  cases.expect(
      as(owner, [&] { return lsetxattr("object", access_list_name, bytes.data(), bytes.size(), 0); }), 0,
      "set by the owner");
}

}  // namespace

void access_lists(Cases& cases) {
  make(cases, Kind::regular, "object");
  const std::string minimal = List().add(List::owner, 7).add(List::group, 5).add(List::other, 1).bytes();
  if (set(access_list_name, minimal) == EOPNOTSUPP) return;
  lists_judge(cases);
  for (const Kind kind : kinds) {
    if (kind == Kind::symlink) continue;
    const Scope scope(cases, name_of(kind));
    lists_and_modes(cases, kind);
  }
  lists_refused(cases);
}

void inherited_lists(Cases& cases) {
  Dice dice(6);
  for (int turn = 0; turn < 40; ++turn)
    for (const Kind kind : kinds) {
      clear("object");
      make(cases, Kind::folder, "object", 0777);
      const RandomList list(dice);
      const std::string bytes = list.bytes();
      const int result = set(default_list_name, bytes);
      if (result == EOPNOTSUPP) return;
      const Scope scope(cases, name_of(kind));
      cases.expect(result, 0, "set");
      cases.hold(attribute_value("object", default_list_name) == bytes, "the default as it was set");
      cases.equal_mode(mode_of("object"), 0777, "the mode of the folder");
      const auto mode = static_cast<mode_t>(dice.below(01000));
      umask(0077);
      if (kind == Kind::folder)
        cases.need(mkdir("object/new", mode), "mkdir");
      else if (kind == Kind::symlink)
        cases.need(symlink("target", "object/new"), "symlink");
      else
        cases.need(mknod("object/new",
                         (kind == Kind::fifo        ? S_IFIFO
                          : kind == Kind::socket    ? S_IFSOCK
                          : kind == Kind::character ? S_IFCHR
                          : kind == Kind::block     ? S_IFBLK
                                                    : S_IFREG) |
                             mode,
                         0),
                   "mknod");
      umask(0);
      const auto inherited = attribute_value("object/new", access_list_name);
      const auto passed_on = attribute_value("object/new", default_list_name);
      if (kind == Kind::symlink) {
        cases.hold(!inherited && !passed_on, "a symlink gets none");
        continue;
      }
      RandomList wanted = list;
      wanted.user_bits &= mode >> 6, wanted.mask &= mode >> 3, wanted.other &= mode;
      cases.equal_mode(mode_of("object/new"), wanted.shown(), "the mode, not the umask");
      cases.hold(inherited == wanted.bytes(), "the list");
      cases.hold(kind == Kind::folder ? passed_on == bytes : !passed_on,
                 "the default is passed on to folders");
    }
}

namespace {

/// False when the file system has no flags.
bool set_flags(const char* path, u32 flags) {
  const Descriptor file(path, O_RDONLY | O_NONBLOCK);
  long value = flags;
  return ioctl(file, FS_IOC_SETFLAGS, &value) == 0;
}

struct FlagCase {
  const char* name;
  bool folder;  ///< whether what has the flag is a folder
  int immutable, appending;
  long (*call)();
};

/// Opens it, and writes when it is open for that: a file system in user space may refuse only then.
long open_flagged(int flags) {
  const Descriptor file("flagged", flags);
  if (file < 0 || (flags & O_ACCMODE) == O_RDONLY) return file;
  return write(file, "x", 1);
}
constexpr timespec two_times[] = {{1, 2}, {3, 4}};

constexpr FlagCase flag_cases[] = {
    {"open to read", false, 0, 0, [] { return open_flagged(O_RDONLY); }},
    {"open to write", false, EPERM, EPERM, [] { return open_flagged(O_WRONLY); }},
    {"open for both", false, EPERM, EPERM, [] { return open_flagged(O_RDWR); }},
    {"open to append", false, EPERM, 0, [] { return open_flagged(O_WRONLY | O_APPEND); }},
    {"open to cut", false, EPERM, EPERM, [] { return open_flagged(O_WRONLY | O_TRUNC); }},
    {"truncate", false, EPERM, EPERM, []() -> long { return truncate("flagged", 1); }},
    {"chmod", false, EPERM, EPERM, []() -> long { return chmod("flagged", 0600); }},
    {"chown", false, EPERM, EPERM, []() -> long { return chown("flagged", 1, 1); }},
    {"link", false, EPERM, EPERM, []() -> long { return link("flagged", "new"); }},
    {"rename", false, EPERM, EPERM, []() -> long { return rename("flagged", "new"); }},
    {"rename over", false, EPERM, EPERM, []() -> long { return rename("other", "flagged"); }},
    {"unlink", false, EPERM, EPERM, []() -> long { return unlink("flagged"); }},
    {"utimensat", false, EPERM, EPERM, []() -> long { return utimensat(AT_FDCWD, "flagged", two_times, 0); }},
    {"utimensat now", false, EPERM, 0, []() -> long { return utimensat(AT_FDCWD, "flagged", nullptr, 0); }},
    {"setxattr", false, EPERM, EPERM, []() -> long { return setxattr("flagged", "user.name", "x", 1, 0); }},
    {"create in", true, EPERM, 0, []() -> long { return mknod("flagged/new", S_IFREG | 0644, 0); }},
    {"mkdir in", true, EPERM, 0, []() -> long { return mkdir("flagged/new", 0755); }},
    {"symlink in", true, EPERM, 0, []() -> long { return symlink("target", "flagged/new"); }},
    {"link into", true, EPERM, 0, []() -> long { return link("other", "flagged/new"); }},
    {"rename into", true, EPERM, 0, []() -> long { return rename("other", "flagged/new"); }},
    {"rename out of", true, EPERM, EPERM, []() -> long { return rename("flagged/file", "new"); }},
    {"unlink in", true, EPERM, EPERM, []() -> long { return unlink("flagged/file"); }},
    {"rmdir in", true, EPERM, EPERM, []() -> long { return rmdir("flagged/folder"); }},
    {"rmdir of", true, EPERM, EPERM, []() -> long { return rmdir("flagged"); }},
    {"write to what is in", true, 0, 0, []() -> long { return truncate("flagged/file", 7); }},
};

}  // namespace

void immutable_files(Cases& cases) {
  for (const FlagCase& one : flag_cases)
    for (const u32 flag : {FS_IMMUTABLE_FL, FS_APPEND_FL}) {
      set_flags("flagged", 0);
      for (const char* const path : {"flagged", "new", "other"}) clear(path);
      make(cases, one.folder ? Kind::folder : Kind::regular, "flagged", 0755, root);
      make(cases, Kind::regular, "other", 0644, root);
      if (!one.folder) cases.need(truncate("flagged", 3), "truncate");
      if (one.folder) make(cases, Kind::regular, "flagged/file", 0644, root);
      if (one.folder && std::string_view(one.name) != "rmdir of")
        make(cases, Kind::folder, "flagged/folder", 0755, root);
      const bool immutable = flag == FS_IMMUTABLE_FL;
      const Scope scope(cases, std::string(one.name) + (immutable ? ", immutable" : ", append-only"));
      if (!set_flags("flagged", flag)) return;
      cases.expect(outcome(one.call()), immutable ? one.immutable : one.appending, "with the flag");
      cases.hold(set_flags("flagged", 0), "the flag is taken off");
      if (std::string_view(one.name) == "rmdir of") clear("flagged/file");
      if (exists("flagged") && !exists("new") && !exists("flagged/new"))
        cases.expect(outcome(one.call()), 0, "without the flag");
    }
  set_flags("flagged", 0);
  clear("flagged");
  make(cases, Kind::regular, "flagged", 0666);
  for (const User& user : {owner, stranger}) {
    become(user);
    const bool done = set_flags("flagged", FS_IMMUTABLE_FL);
    become(root);
    cases.hold(!done, std::string("not set by ") + user.name);
  }
  become(stranger);
  const bool done = set_flags("flagged", FS_NOATIME_FL);
  become(root);
  cases.hold(!done, "a harmless flag not set by a stranger");
}

}  // namespace ocfs2::probe
