// SPDX-License-Identifier: GPL-2.0-or-later
//
// random_tree DIR SEED OPERATIONS [--all] [--log FILE] [--processes N] -- random operations on names,
// contents and attributes below DIR: files of every kind come, change hands, move and go.
// random_tree list DIR -- what is there, a line for each object.
//
// Alone it does the same for the same seed on any file system, and ends with a digest of what each operation
// came to: two file systems that behave alike give the same digest and the same list. --log has a line for
// each operation. --all also does what the kernel's ocfs2 does not offer (rename with flags, zeroing).
// Several processes work in the same folders; then nothing can be compared, but no error of the file
// system's own may show, and all must come to their end.
#include <dirent.h>
#include <grp.h>
#include <linux/falloc.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <set>

#include "tests/posix/access_list_bytes.h"
#include "tests/posix/basics.h"
#include "tests/posix/tree_listing.h"

namespace ocfs2::probe {
namespace {

constexpr int own_errors[] = {EIO, EUCLEAN, ENOTCONN, ECONNABORTED, ENOSYS, ESTALE, EBADMSG};
constexpr u32 people[] = {0, 1000, 1001, 65534};
constexpr u64 known_max = 400, depth_max = 6;

class RandomTree {
 public:
  RandomTree(u64 seed, bool all, bool alone, std::FILE* log)
      : dice_(seed), seed_(seed), all_(all), alone_(alone), log_(log) {
    umask(022);
    look_around();
  }

  void run(u64 operations) {
    for (number_ = 1; number_ <= operations; ++number_) {
      if (!alone_ && number_ % 100 == 0) look_around();
      const bool as_user = dice_.once_in(5);
      if (as_user) become(1000);
      step();
      if (as_user) become(0);
    }
    if (alone_)
      std::printf("random_tree: %llu operations with seed %llu, %llu of them went well, digest %s\n",
                  static_cast<unsigned long long>(operations), static_cast<unsigned long long>(seed_),
                  static_cast<unsigned long long>(good_), digest_.text().c_str());
  }
  bool failed() const { return failed_; }

 private:
  void become(uid_t user) {
    const gid_t groups[] = {user, 100};
    if (user != 0 && (setgroups(2, groups) != 0 || setegid(user) != 0 || seteuid(user) != 0)) std::abort();
    if (user == 0 && (seteuid(0) != 0 || setegid(0) != 0 || setgroups(0, nullptr) != 0)) std::abort();
  }
  void look_around() {
    known_ = all_paths();
    std::erase(known_, "./lost+found");
    if (known_.size() > known_max) known_.resize(known_max);
  }

  /// What operation came to what. Returns whether it went well.
  bool record(const std::string& what, int error) {
    digest_.add(static_cast<u64>(error));
    good_ += error == 0;
    if (log_ != nullptr)
      std::fprintf(log_, "%llu %s: %s\n", static_cast<unsigned long long>(number_), what.c_str(),
                   error_name(error).c_str());
    if (std::find(std::begin(own_errors), std::end(own_errors), error) != std::end(own_errors))
      complain(what + ": " + error_name(error));
    return error == 0;
  }
  void complain(const std::string& words) {
    failed_ = true;
    std::printf("random_tree: seed %llu, operation %llu: %s\n", static_cast<unsigned long long>(seed_),
                static_cast<unsigned long long>(number_), words.c_str());
  }

  void step() {
    using Step = void (RandomTree::*)();
    using Self = RandomTree;
    static constexpr std::array steps = {
        &Self::create,       &Self::create,    &Self::create,        &Self::make_folder, &Self::make_folder,
        &Self::make_node,    &Self::make_link, &Self::make_link,     &Self::link_file,   &Self::link_file,
        &Self::move,         &Self::move,      &Self::move,          &Self::move,        &Self::remove,
        &Self::remove,       &Self::remove,    &Self::remove_folder, &Self::write,       &Self::write,
        &Self::write,        &Self::write,     &Self::cut,           &Self::cut,         &Self::allocate,
        &Self::allocate,     &Self::set_xattr, &Self::set_xattr,     &Self::set_xattr,   &Self::remove_xattr,
        &Self::set_list,     &Self::set_list,  &Self::change_mode,   &Self::change_mode, &Self::change_owner,
        &Self::change_owner, &Self::set_times, &Self::sync,          &Self::read_file,   &Self::look_up,
        &Self::read_folder,  &Self::nameless,  &Self::crowd};
    const Step chosen = steps[dice_.below(steps.size())];
    (this->*chosen)();
  }

  // Paths.

  static u64 depth(const std::string& path) {
    return static_cast<u64>(std::count(path.begin(), path.end(), '/'));
  }
  /// One that is there, as far as we know.
  std::string known() {
    return known_.empty() || dice_.once_in(30) ? "./nothing" : known_[dice_.below(known_.size())];
  }
  std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
  /// Where something new may be; now and then there is something already.
  std::string fresh() {
    std::string folder = ".";
    for (int turn = 0; turn < 4 && !known_.empty() && folder == "."; ++turn) {
      const std::string& path = known_[dice_.below(known_.size())];
      struct stat status {};
      if (depth(path) < depth_max && lstat(path.c_str(), &status) == 0)
        folder = S_ISDIR(status.st_mode) ? path : folder_of(path);
    }
    std::string name = "n" + std::to_string(dice_.below(80));
    if (dice_.once_in(12)) name += std::string(dice_.below(256 - name.size()), 'x');
    return folder + "/" + name;
  }
  std::string regular() {
    for (int turn = 0; turn < 6; ++turn) {
      const std::string path = known();
      struct stat status {};
      if (lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)) return path;
    }
    return "./nothing";
  }
  void came(const std::string& path) {
    if (std::find(known_.begin(), known_.end(), path) == known_.end()) known_.push_back(path);
  }
  void went(const std::string& path) { std::erase(known_, path); }
  /// When there is much, more is taken away.
  bool crowded() const { return known_.size() > known_max; }
  mode_t some_mode() {
    return static_cast<mode_t>(dice_.once_in(4) ? dice_.below(010000) : 0755 & ~dice_.below(0100));
  }

  // Names.

  void create() {
    if (crowded()) return remove();
    const std::string path = fresh();
    const int flags = O_CREAT | O_WRONLY | (dice_.once_in(2) ? O_EXCL : 0) | (dice_.once_in(6) ? O_TRUNC : 0);
    const Descriptor file(path, flags | O_NONBLOCK | O_NOFOLLOW, some_mode());
    if (record("create " + path, outcome(file))) came(path);
  }
  void make_folder() {
    if (crowded()) return remove_folder();
    const std::string path = fresh();
    if (record("mkdir " + path, outcome(mkdir(path.c_str(), some_mode())))) came(path);
  }
  void make_node() {
    static constexpr mode_t types[] = {S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK};
    const std::string path = fresh();
    const mode_t type = types[dice_.below(4)];
    const dev_t device = makedev(dice_.below(4096), dice_.below(1 << 20));
    const int result =
        outcome(mknod(path.c_str(), type | some_mode(), S_ISCHR(type) || S_ISBLK(type) ? device : 0));
    if (record("mknod " + path, result)) came(path);
  }
  void make_link() {
    const std::string path = fresh();
    std::string target = known();
    if (dice_.once_in(3)) target = std::string(1 + dice_.below(dice_.once_in(4) ? 4090 : 300), 't');
    if (record("symlink " + path, outcome(symlink(target.c_str(), path.c_str())))) came(path);
  }
  void link_file() {
    const std::string from = known(), to = fresh();
    if (record("link " + from + " " + to, outcome(link(from.c_str(), to.c_str())))) came(to);
  }
  void move() {
    const std::string from = known(), to = dice_.once_in(3) ? known() : fresh();
    unsigned flags = 0;
    if (all_ && dice_.once_in(3)) flags = dice_.once_in(2) ? RENAME_NOREPLACE : RENAME_EXCHANGE;
    const int result = outcome(renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags));
    if (!record("rename " + std::to_string(flags) + " " + from + " " + to, result)) return;
    if (flags == RENAME_EXCHANGE) return look_around();
    const std::string below = from + "/";
    went(to);
    for (std::string& path : known_)
      if (path == from || path.starts_with(below)) path = to + path.substr(from.size());
    struct stat status {};
    if (lstat(from.c_str(), &status) == 0) came(from);  // two names of one file: nothing happened
  }
  void remove() {
    const std::string path = known();
    if (record("unlink " + path, outcome(unlink(path.c_str())))) went(path);
  }
  void remove_folder() {
    std::string path = known();
    if (dice_.once_in(3)) path = folder_of(path);
    if (record("rmdir " + path, outcome(rmdir(path.c_str())))) went(path);
  }
  void look_up() {
    const std::string path = dice_.once_in(2) ? known() : fresh();
    struct stat status {};
    const int result = outcome(lstat(path.c_str(), &status));
    if (record("lstat " + path, result)) {
      digest_.add(status.st_mode);
      digest_.add(status.st_nlink);
      digest_.add(status.st_uid);
      if (!S_ISDIR(status.st_mode)) digest_.add(static_cast<u64>(status.st_size));
    }
  }

  // Contents.

  u64 some_offset() { return dice_.below(dice_.once_in(10) ? 3'000'000 : dice_.once_in(2) ? 100'000 : 3000); }
  void write() {
    const std::string path = regular();
    const Descriptor file(path, O_WRONLY | (dice_.once_in(4) ? O_APPEND : 0) | O_NONBLOCK | O_NOFOLLOW);
    if (!record("open to write " + path, outcome(file))) return;
    const u64 offset = some_offset();
    const std::string bytes = dice_.bytes(1 + dice_.below(dice_.once_in(5) ? 150'000 : 5000));
    const ssize_t done = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    record("write " + path + " " + std::to_string(offset) + " +" + std::to_string(bytes.size()),
           outcome(done));
    if (done >= 0 && static_cast<u64>(done) != bytes.size()) complain("a write stopped half-way");
  }
  void cut() {
    const std::string path = regular();
    const u64 size = dice_.once_in(5) ? 0 : some_offset();
    record("truncate " + path + " " + std::to_string(size),
           outcome(truncate(path.c_str(), static_cast<off_t>(size))));
  }
  void allocate() {
    const std::string path = regular();
    const Descriptor file(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
    if (!record("open to allocate " + path, outcome(file))) return;
    static constexpr int modes[] = {0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FALLOC_FL_ZERO_RANGE};
    const int mode = modes[dice_.below(all_ ? 5 : 4)];
    u64 offset = some_offset(), length = 1 + dice_.below(100'000);
    if (!all_ && (mode & FALLOC_FL_PUNCH_HOLE) != 0) {
      // Beyond the room that an inode has the kernel's ocfs2 refuses, when the file lies in its inode.
      struct stat status {};
      if (fstat(file, &status) != 0 || status.st_size == 0) return;
      offset %= static_cast<u64>(status.st_size);
      length = std::min(length, static_cast<u64>(status.st_size) - offset);
    }
    record("fallocate " + std::to_string(mode) + " " + path + " " + std::to_string(offset) + " +" +
               std::to_string(length),
           outcome(fallocate(file, mode, static_cast<off_t>(offset), static_cast<off_t>(length))));
  }
  void read_file() {
    const std::string path = regular();
    const Descriptor file(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    if (!record("open to read " + path, outcome(file))) return;
    std::string bytes(200'000, 0);
    const ssize_t count = pread(file, bytes.data(), bytes.size(), static_cast<off_t>(some_offset()));
    if (record("read " + path, outcome(count))) digest_.add({bytes.data(), static_cast<u64>(count)});
  }
  void sync() {
    const std::string path = known();
    const Descriptor file(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    if (!S_ISREG(type_of(file)) && !S_ISDIR(type_of(file))) return;
    record("fsync " + path, outcome(dice_.once_in(2) ? fsync(file) : fdatasync(file)));
  }
  static mode_t type_of(int file) {
    struct stat status {};
    return file >= 0 && fstat(file, &status) == 0 ? status.st_mode : 0;
  }
  /// A file that has lost its name is written to and read.
  void nameless() {
    const std::string path = regular();
    const Descriptor file(path, O_RDWR | O_NOFOLLOW);
    if (!record("open " + path, outcome(file))) return;
    if (!record("unlink the open " + path, outcome(unlink(path.c_str())))) return;
    went(path);
    const std::string bytes = dice_.bytes(3000);
    std::string found(bytes.size(), 0);
    const auto offset = static_cast<off_t>(some_offset());
    record("write what has no name", outcome(pwrite(file, bytes.data(), bytes.size(), offset)));
    record("read what has no name", outcome(pread(file, found.data(), found.size(), offset)));
    if (alone_ && found != bytes) complain("a file without a name lost what was written");
  }

  // Attributes.

  std::string attribute_name() {
    const std::string number = std::to_string(dice_.below(6));
    if (dice_.once_in(10)) return "user." + std::string(20 + dice_.below(200), 'n') + number;
    return (dice_.once_in(4) ? "trusted.t" : "user.u") + number;
  }
  void set_xattr() {
    const std::string path = known(), name = attribute_name();
    const u64 most = dice_.once_in(12) ? 60'000 : dice_.once_in(3) ? 1500 : 80;
    const std::string value = dice_.bytes(dice_.below(most));
    const int flags = static_cast<int>(dice_.below(6));
    const int result = outcome(lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(),
                                         flags == XATTR_CREATE || flags == XATTR_REPLACE ? flags : 0));
    record("setxattr " + path + " " + name + " " + std::to_string(value.size()), result);
  }
  void remove_xattr() {
    const std::string path = known(), name = dice_.once_in(5) ? list_name() : attribute_name();
    record("removexattr " + path + " " + name, outcome(lremovexattr(path.c_str(), name.c_str())));
  }
  const char* list_name() { return dice_.once_in(2) ? access_list_name : default_list_name; }
  void set_list() {
    AccessListBytes list;
    list.add(AccessListBytes::owner, dice_.below(8));
    const bool named = !dice_.once_in(4);
    if (named)
      for (const u32 person : {people[1], people[2]})
        if (dice_.once_in(2)) list.add(AccessListBytes::user, dice_.below(8), person);
    list.add(AccessListBytes::group, dice_.below(8));
    if (named && dice_.once_in(2)) list.add(AccessListBytes::named_group, dice_.below(8), people[1]);
    if (named) list.add(AccessListBytes::mask, dice_.below(8));
    list.add(AccessListBytes::other, dice_.below(8));
    const std::string path = known();
    struct stat status {};
    if (lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) return;
    const char* const name = list_name();
    record("setxattr " + path + " " + name,
           outcome(lsetxattr(path.c_str(), name, list.data(), list.size(), 0)));
  }
  void change_mode() {
    const std::string path = known();
    struct stat status {};
    if (lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) return;
    record("chmod " + path, outcome(chmod(path.c_str(), some_mode())));
  }
  void change_owner() {
    const auto someone = [&] { return dice_.once_in(3) ? u32(-1) : people[dice_.below(std::size(people))]; };
    const std::string path = known();
    const u32 owner = someone(), group = someone();
    record("chown " + path + " " + std::to_string(owner) + ":" + std::to_string(group),
           outcome(lchown(path.c_str(), owner, group)));
  }
  void set_times() {
    const std::string path = known();
    const auto moment = [&] {
      return timespec{static_cast<time_t>(dice_.below(900'000'000)),
                      static_cast<long>(dice_.below(1'000'000'000))};
    };
    const timespec times[] = {moment(), moment()};
    record("utimens " + path, outcome(utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW)));
  }

  // Folders.

  /// Many names at once, or as many gone.
  void crowd() {
    if (!dice_.once_in(4)) return;
    const std::string folder = folder_of(known());
    const u64 count = 1 + dice_.below(120), length = 1 + dice_.below(120);
    const bool away = dice_.once_in(2);
    for (u64 number = 0; number < count; ++number) {
      const std::string path = folder + "/crowd" + std::to_string(number) + std::string(length, 'c');
      const int result =
          away ? outcome(unlink(path.c_str())) : outcome(mknod(path.c_str(), S_IFREG | 0600, 0));
      record((away ? "unlink " : "make ") + path, result);
    }
  }
  /// A folder is read while names in it come and go; those that stay show once.
  void read_folder() {
    const std::string folder = folder_of(known());
    std::multiset<std::string> before, seen;
    DIR* directory = opendir(folder.c_str());
    if (!record("opendir " + folder, outcome(directory == nullptr ? -1 : 0))) return;
    while (const dirent* const entry = readdir(directory)) before.insert(entry->d_name);
    rewinddir(directory);
    for (u64 count = before.size() / 2; count > 0; --count)
      if (const dirent* const entry = readdir(directory)) seen.insert(entry->d_name);
    std::set<std::string> touched;
    for (u64 count = dice_.below(12); count > 0; --count) {
      const std::string name = "r" + std::to_string(dice_.below(40));
      const std::string path = folder + "/" + name;
      const bool came_now = outcome(mknod(path.c_str(), S_IFREG | 0644, 0)) == 0;
      record("while reading, " + path, came_now || outcome(unlink(path.c_str())) == 0 ? 0 : EACCES);
      touched.insert(name);
    }
    while (const dirent* const entry = readdir(directory)) seen.insert(entry->d_name);
    closedir(directory);
    if (!alone_) return;
    for (const std::string& name : before)
      if (!touched.contains(name) && seen.count(name) != 1)
        complain("folder " + folder + " shows " + name + " " + std::to_string(seen.count(name)) + " times");
    digest_.add(before.size());
  }

  Dice dice_;
  u64 seed_, number_ = 0, good_ = 0;
  bool all_, alone_, failed_ = false;
  std::FILE* log_;
  std::vector<std::string> known_;
  Digest digest_;
};

struct Wish {
  u64 seed = 0, operations = 0, processes = 0;
  bool all = false;
  std::FILE* log = nullptr;
};

int run_several(const Wish& wish) {
  std::vector<pid_t> children;
  for (u64 number = 0; number < wish.processes; ++number) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      RandomTree tree(wish.seed * 1000 + number, wish.all, false, nullptr);
      tree.run(wish.operations);
      std::fflush(nullptr);
      _exit(tree.failed() ? 1 : 0);
    }
    children.push_back(child);
  }
  bool good = true;
  for (const pid_t child : children) {
    int status = 0;
    good = waitpid(child, &status, 0) == child && status == 0 && good;
  }
  std::printf("random_tree: %llu processes %s\n", static_cast<unsigned long long>(wish.processes),
              good ? "came to their end" : "FAILED");
  return good ? 0 : 1;
}

int list() {
  for (const std::string& line : tree_listing()) std::puts(line.c_str());
  return 0;
}

int run_words(int count, char** words) {
  if (count < 3) return 2;
  if (std::string_view(words[1]) == "list") return chdir(words[2]) == 0 ? list() : 2;
  if (count < 4) return 2;
  Wish wish{std::strtoull(words[2], nullptr, 10), std::strtoull(words[3], nullptr, 10)};
  for (int index = 4; index < count; ++index) {
    const std::string_view word = words[index];
    if (word == "--all")
      wish.all = true;
    else if (word == "--log" && index + 1 < count)
      wish.log = std::fopen(words[++index], "w");
    else if (word == "--processes" && index + 1 < count)
      wish.processes = std::strtoull(words[++index], nullptr, 10);
    else
      return 2;
  }
  if (chdir(words[1]) != 0) return 2;
  if (wish.processes > 0) return run_several(wish);
  RandomTree tree(wish.seed, wish.all, true, wish.log);
  tree.run(wish.operations);
  if (wish.log != nullptr) std::fclose(wish.log);
  return tree.failed() ? 1 : 0;
}

}  // namespace
}  // namespace ocfs2::probe

int main(int count, char** words) {
  const int status = ocfs2::probe::run_words(count, words);
  if (status == 2)
    std::fprintf(stderr,
                 "usage: random_tree DIR SEED OPERATIONS [--all] [--log FILE] [--processes N]\n"
                 "       random_tree list DIR\n");
  return status;
}
