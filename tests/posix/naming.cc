// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be a name, how long paths may be, and what a folder lists.
#include <dirent.h>

#include <map>
#include <set>

#include "tests/posix/groups.h"

namespace ocfs2::probe {
namespace {

std::multiset<std::string> names_in(const char* path) {
  std::multiset<std::string> names;
  if (DIR* const directory = opendir(path)) {
    while (const dirent* const entry = readdir(directory)) names.insert(entry->d_name);
    closedir(directory);
  }
  return names;
}

void one_name(Cases& cases, const std::string& name, const std::string& words) {
  cases.expect(outcome(mknod(name.c_str(), S_IFREG | 0644, 0)), 0, words + ", made");
  cases.hold(exists(name), words + ", found");
  cases.expect(outcome(mknod(name.c_str(), S_IFREG | 0644, 0)), EEXIST, words + ", made again");
  cases.equal(names_in(".").count(name), 1, words + ", listed");
  cases.expect(outcome(rename(name.c_str(), "renamed")), 0, words + ", renamed");
  cases.hold(!exists(name), words + ", not found any more");
  cases.expect(outcome(unlink("renamed")), 0, words + ", removed");
}

}  // namespace

void names(Cases& cases) {
  for (u64 length = 1; length <= 255; length += length < 20 || length > 240 ? 1 : 11)
    one_name(cases, std::string(length, 'n'), std::to_string(length) + " bytes");
  for (int byte = 1; byte < 256; ++byte) {
    if (byte == '/') continue;
    const std::string name = std::string("a") + static_cast<char>(byte);
    const std::string words = "byte " + std::to_string(byte);
    cases.expect(outcome(mkdir(name.c_str(), 0755)), 0, words);
    cases.equal(names_in(".").count(name), 1, words + ", listed");
    cases.expect(outcome(rmdir(name.c_str())), 0, words + ", removed");
  }
  for (const char* const name : {"...", " ", " .", ". ", "-", "~", "*", "\\", "con", "NUL", "a:b", ".hidden"})
    one_name(cases, name, name);
  make(cases, Kind::regular, "Name");
  cases.hold(!exists("name") && !exists("NAME"), "upper and lower case are two");
  clear("Name");
  const std::string level(254, 'd');
  u64 depth = 0;
  for (; (depth + 1) * 255 < 4000; ++depth) {
    cases.expect(outcome(mkdir(level.c_str(), 0755)), 0, "a level");
    cases.need(chdir(level.c_str()), "chdir");
  }
  make(cases, Kind::regular, "deep", 0644);
  for (u64 up = 0; up < depth; ++up) cases.need(chdir(".."), "chdir");
  std::string path;
  for (u64 down = 0; down < depth; ++down) path += level + "/";
  cases.hold(exists(path + "deep"), "a path of " + std::to_string(path.size() + 4));
  while (path.size() < 4091) path += path.size() % 2 != 0 ? "./" : "/";
  cases.hold(exists(path + "deep"), "a path of 4095 bytes");
  cases.expect(outcome(access((path + "/deep").c_str(), F_OK)), ENAMETOOLONG, "a path of 4096 bytes");
}

namespace {

void kinds_listed(Cases& cases) {
  std::map<std::string, Kind> made;
  for (const Kind kind : kinds) {
    make(cases, kind, name_of(kind));
    made[name_of(kind)] = kind;
  }
  static constexpr unsigned char types[] = {DT_REG, DT_DIR, DT_FIFO, DT_SOCK, DT_CHR, DT_BLK, DT_LNK};
  DIR* const directory = opendir(".");
  if (directory == nullptr) return cases.need(-1, "opendir");
  u64 found = 0;
  while (const dirent* const entry = readdir(directory)) {
    const std::string name = entry->d_name;
    struct stat status {};
    cases.need(fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW), name);
    // What is mounted shows on the two dots of its top only.
    cases.equal(entry->d_ino, status.st_ino, "the inode of " + name);
    if (!made.contains(name)) continue;
    ++found;
    const unsigned char wanted = types[static_cast<int>(made[name])];
    cases.hold(entry->d_type == wanted || entry->d_type == DT_UNKNOWN, "the type of " + name);
  }
  closedir(directory);
  cases.equal(found, std::size(kinds), "all are listed");
}

void many_listed(Cases& cases, u64 count, u64 length) {
  const Scope scope(cases, std::to_string(count) + " names of " + std::to_string(length) + " bytes");
  clear("many");
  make(cases, Kind::folder, "many", 0777);
  std::multiset<std::string> wanted = {".", ".."};
  const auto path_of = [&](u64 number) {
    const std::string digits = std::to_string(number);
    return digits + std::string(length - digits.size(), 'n');
  };
  for (u64 number = 0; number < count; ++number) {
    const std::string name = path_of(number);
    cases.need(mknod(("many/" + name).c_str(), S_IFREG | 0644, 0), "mknod");
    wanted.insert(name);
  }
  cases.hold(names_in("many") == wanted, "all are listed once");
  for (u64 number = 0; number < count; number += 3) {
    cases.expect(outcome(unlink(("many/" + path_of(number)).c_str())), 0, "unlink");
    wanted.erase(path_of(number));
  }
  cases.hold(names_in("many") == wanted, "all that are left");
  DIR* const directory = opendir("many");
  if (directory == nullptr) return cases.need(-1, "opendir");
  std::multiset<std::string> seen;
  std::vector<std::pair<long, std::string>> places;
  for (long place = telldir(directory); const dirent* const entry = readdir(directory);
       place = telldir(directory)) {
    seen.insert(entry->d_name);
    places.emplace_back(place, entry->d_name);
    if (entry->d_name[0] != '.')
      cases.expect(outcome(unlinkat(dirfd(directory), entry->d_name, 0)), 0, "while read");
  }
  cases.hold(seen == wanted, "all are seen while they are removed");
  rewinddir(directory);
  u64 left = 0;
  while (readdir(directory) != nullptr) ++left;
  cases.equal(left, 2, "none is left after rewinddir");
  closedir(directory);
  cases.expect(outcome(rmdir("many")), 0, "rmdir");
}

void places_listed(Cases& cases) {
  clear("many");
  make(cases, Kind::folder, "many", 0777);
  for (u64 number = 0; number < 100; ++number) make(cases, Kind::regular, "many/" + std::to_string(number));
  DIR* const directory = opendir("many");
  if (directory == nullptr) return cases.need(-1, "opendir");
  std::vector<std::pair<long, std::string>> places;
  for (long place = telldir(directory); const dirent* const entry = readdir(directory);
       place = telldir(directory))
    places.emplace_back(place, entry->d_name);
  cases.equal(places.size(), 102, "all");
  for (u64 at = 0; at < places.size(); at += 7) {
    seekdir(directory, places[at].first);
    const dirent* const entry = readdir(directory);
    cases.hold(entry != nullptr && places[at].second == entry->d_name, "seekdir to what telldir said");
  }
  closedir(directory);
}

/// Files are replaced while their folder is being read: afterwards each name leads to the newer one.
void changed_while_listed(Cases& cases, u64 count) {
  const Scope scope(cases, std::to_string(count) + " names, replaced meanwhile");
  make(cases, Kind::folder, "replaced", 0777);
  const auto path = [](u64 number) { return "replaced/" + std::to_string(number); };
  for (u64 i = 0; i < count; ++i) make(cases, Kind::regular, path(i), 0644);
  DIR* const directory = opendir("replaced");
  if (directory == nullptr) return cases.need(-1, "opendir");
  for (int i = 0; i < 10; ++i) readdir(directory);
  for (u64 i = 0; i < count; ++i) cases.need(unlink(path(i).c_str()), "unlink");
  for (u64 i = count; i-- > 0;) {  // another order gives other inodes
    make(cases, Kind::regular, path(i), 0644);
    const Descriptor file(path(i), O_WRONLY);
    const std::string text = std::to_string(i);
    cases.need(write(file, text.data(), text.size()), "write");
  }
  while (readdir(directory) != nullptr) {
  }
  closedir(directory);
  for (u64 i = 0; i < count; ++i) {
    const Descriptor file(path(i), O_RDONLY);
    char text[32];
    const ssize_t length = read(file, text, sizeof text);
    cases.hold(length > 0 && std::string(text, static_cast<u64>(length)) == std::to_string(i),
               "the name " + path(i) + " leads to its file");
    cases.expect(outcome(unlink(path(i).c_str())), 0, "unlink");
  }
  cases.expect(outcome(rmdir("replaced")), 0, "rmdir");
}

}  // namespace

void folder_reading(Cases& cases) {
  kinds_listed(cases);
  for (const u64 count : {1, 5, 20, 60, 200, 600}) {
    many_listed(cases, count, 10);
    if (count < 300) many_listed(cases, count, 200);
  }
  places_listed(cases);
  for (const u64 count : {30, 1000}) changed_while_listed(cases, count);
  make(cases, Kind::folder, "gone", 0777);
  DIR* const directory = opendir("gone");
  if (directory == nullptr) return cases.need(-1, "opendir");
  cases.expect(outcome(rmdir("gone")), 0, "rmdir of an open folder");
  errno = 0;
  u64 seen = 0;
  while (readdir(directory) != nullptr) ++seen;
  cases.hold(seen == 0 || seen == 2, "a folder that is gone has no names but its own");
  closedir(directory);
}

}  // namespace ocfs2::probe
