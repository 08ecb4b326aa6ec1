// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program that fills a volume inside the test VM, and later tells what is on it. It is one static binary
// rather than a shell script because an emulated machine takes milliseconds to start a process, and because
// busybox knows neither reflinks nor extended attributes nor preallocation.
//
//     tree write DIR SEED NAMES ABILITIES   a tree with every kind of object; NAMES files in one directory
//     tree list DIR                         one line an object: everything that must survive an unmount
//     tree prune DIR                        removes, truncates and renames a part of the tree
//     tree verify FILE SEED                 does FILE hold what `tree file FILE SEED BYTES` wrote?
//     tree file FILE SEED BYTES
//     tree lock FILE UNTIL                  has FILE locked (flock) until a file UNTIL is there
//
// ABILITIES is a comma list of what the volume must be able to do: xattr, reflink, prealloc, or none. An
// ability that is listed and fails is an error; one that is not listed is not tried.
#include <dirent.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr u64 kibi = 1024;
constexpr u64 mebi = 1024 * 1024;

/// The kernel's own request for a reflink (its header is not among those that user space gets).
struct ReflinkArguments {
  u64 old_path;
  u64 new_path;
  u64 preserve;
};
constexpr unsigned long request_reflink = _IOW('o', 4, ReflinkArguments);

long need(long result, const std::string& what) {
  if (result >= 0) return result;
  std::fprintf(stderr, "tree: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

std::string content(u64 seed, u64 length) {
  std::string text(length, 0);
  u64 state = seed * 0x9E3779B97F4A7C15 + 1;
  for (char& byte : text) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    byte = static_cast<char>(state >> 24);
  }
  return text;
}

u64 mix(u64 hash, std::string_view bytes) {  // FNV-1a
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
  return hash;
}
constexpr u64 mix_start = 0xCBF29CE484222325;

/// An open file; every call that fails ends the program with the file's name.
class File {
 public:
  explicit File(std::string path, int flags = O_CREAT | O_RDWR)
      : path_(std::move(path)),
        fd_(static_cast<int>(need(open(path_.c_str(), flags, 0644), "open " + path_))) {}
  ~File() { need(close(fd_), "close " + path_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void write(u64 offset, std::string_view bytes) const {
    while (!bytes.empty()) {
      const long done =
          need(pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)), "write " + path_);
      offset += static_cast<u64>(done);
      bytes.remove_prefix(static_cast<u64>(done));
    }
  }
  void allocate(int mode, u64 offset, u64 length) const {
    need(fallocate(fd_, mode, static_cast<off_t>(offset), static_cast<off_t>(length)), "fallocate " + path_);
  }
  void truncate(u64 size) const { need(ftruncate(fd_, static_cast<off_t>(size)), "truncate " + path_); }
  void attribute(const std::string& name, const std::string& value) const {
    need(fsetxattr(fd_, name.c_str(), value.data(), value.size(), 0), "setxattr " + name + " of " + path_);
  }
  int fd() const { return fd_; }

 private:
  std::string path_;
  int fd_;
};

struct Writer {
  std::string root;
  u64 seed;
  u32 names;
  std::string abilities;
  u64 cluster = 4096;

  bool able(std::string_view ability) const { return abilities.find(ability) != std::string::npos; }

  std::string folder(const std::string& name) const {
    const std::string path = root + "/" + name;
    need(mkdir(path.c_str(), 0755), "mkdir " + path);
    return path + "/";
  }

  void plain() const {
    const std::string at = folder("plain");
    for (const u64 size : {0, 1, 100, 300, 800, 1500, 3000, 5000, 70000})
      File(at + "small-" + std::to_string(size)).write(0, content(seed + size, size));
    File(at + "large").write(0, content(seed, 5 * mebi + 123));
    File(at + "removed").write(0, content(seed, 2 * mebi));
    need(unlink((at + "removed").c_str()), "unlink");
    File cut(at + "truncated");
    cut.write(0, content(seed + 1, 3 * mebi));
    cut.truncate(mebi + 777);
    File grown(at + "from-inline-to-extents");
    for (u64 offset = 0; offset < 20000; offset += 100) grown.write(offset, content(offset, 100));
    for (u32 link_number = 0; link_number < 10; ++link_number)
      need(link((at + "large").c_str(), (at + "hard-link-" + std::to_string(link_number)).c_str()), "link");
  }

  /// Every other cluster of a file, so that its extents outgrow the inode.
  void scattered() const {
    File file(folder("scattered") + "file");
    const u64 pieces = std::min<u64>(600, 48 * mebi / cluster);
    for (u64 piece = 0; piece < pieces; ++piece) file.write(2 * piece * cluster, content(seed + piece, 512));
    File sparse(root + "/scattered/sparse");
    for (const u64 offset : {u64{0}, mebi + 5, 24 * mebi}) sparse.write(offset, content(offset, 3000));
    sparse.truncate(26 * mebi + 1);
  }

  void direct() const {
    File file(folder("direct") + "appended", O_CREAT | O_RDWR | O_DIRECT);
    void* buffer = nullptr;
    if (posix_memalign(&buffer, 4096, 64 * kibi) != 0) std::exit(1);
    const std::string text = content(seed + 2, 64 * kibi);
    std::memcpy(buffer, text.data(), text.size());
    for (u64 turn = 0; turn < 20; ++turn)
      file.write(turn * 64 * kibi, {static_cast<const char*>(buffer), 64 * kibi});
    std::free(buffer);
  }

  void prealloc() const {
    const std::string at = folder("prealloc");
    File beyond(at + "beyond-the-end");
    beyond.write(0, content(seed + 3, 10000));
    beyond.allocate(FALLOC_FL_KEEP_SIZE, 0, 4 * mebi);
    File inside(at + "inside");
    inside.allocate(0, 0, 3 * mebi);
    inside.write(mebi + 3, content(seed + 4, 5000));
    File empty(at + "nothing-written");
    empty.allocate(FALLOC_FL_KEEP_SIZE, mebi, mebi);
    File punched(at + "punched");
    punched.write(0, content(seed + 5, 4 * mebi));
    punched.allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, mebi + 100, 2 * mebi);
  }

  void many_names() const {
    const std::string at = folder("names");
    for (u32 number = 0; number < names; ++number) {
      const u64 length = number % 97 == 0 ? 240 : number % 7 * 5;
      const std::string path = at + std::to_string(number) + "-" + std::string(length, 'a' + number % 26);
      close(static_cast<int>(need(open(path.c_str(), O_CREAT | O_WRONLY, 0600), "create " + path)));
      if (number % 5 == 4) need(unlink(path.c_str()), "unlink " + path);
    }
    for (u32 number = 0; number < 50; ++number) folder("names/folder-" + std::to_string(number));
    File(at + "gr\xc3\xbc\xc3\x9f-\xe5\x90\x8d\xe5\x89\x8d").write(0, "bytes above 0x7F\n");
  }

  void links() const {
    const std::string at = folder("links");
    need(symlink("../plain/large", (at + "short").c_str()), "symlink");
    for (const u64 length : {200, 400, 900, 2500, 4000})
      need(symlink(std::string(length, 'x').c_str(), (at + "long-" + std::to_string(length)).c_str()),
           "symlink");
    need(mkfifo((at + "pipe").c_str(), 0600), "mkfifo");
    need(mknod((at + "null").c_str(), S_IFCHR | 0600, makedev(1, 3)), "mknod");
    std::string deep = "deep";
    for (u32 level = 0; level < 30; ++level, deep += "/level-" + std::to_string(level)) folder(deep);
    File owned(at + "owned");
    owned.write(0, content(seed + 6, 100000));
    need(fchown(owned.fd(), 1000, 100), "chown");
  }

  void attributes() const {
    const std::string at = folder("attributes");
    File few(at + "few");
    few.attribute("user.small", "value");
    few.attribute("trusted.medium", content(seed, 79));
    few.attribute("user.large", content(seed, 500));
    File(at + "huge").attribute("user.huge", content(seed, 60000));
    File many(at + "many");
    for (u64 number = 0; number < 250; ++number)
      many.attribute("user.attribute-" + std::to_string(number),
                     content(number, number % 10 == 0 ? 300 : number % 80));
    for (u64 number = 0; number < 250; number += 3)
      need(fremovexattr(many.fd(), ("user.attribute-" + std::to_string(number)).c_str()), "removexattr");
    File with_data(at + "inline-data-too");
    with_data.write(0, content(seed, 60));
    with_data.attribute("user.one", content(seed, 100));
    need(setxattr((root + "/links").c_str(), "user.on-a-directory", "yes", 3, 0), "setxattr");
    need(lsetxattr((root + "/links/short").c_str(), "trusted.on-a-symlink", "yes", 3, 0), "lsetxattr");
  }

  void reflinks() const {
    const std::string at = folder("reflinks");
    for (const std::string copy : {"one", "two", "three"}) {
      File source(root + "/plain/large", O_RDONLY);
      File target(at + copy);
      need(ioctl(target.fd(), FICLONE, source.fd()), "FICLONE " + at + copy);
    }
    File(at + "two").write(mebi, content(seed + 7, 100000));  // copies on write
    File(at + "three").truncate(2 * mebi + 5);
    const std::string from = at + "one", to = at + "by-reflink";
    if (able("xattr")) File(from).attribute("user.large", content(seed, 3000));
    const ReflinkArguments arguments{reinterpret_cast<u64>(from.c_str()), reinterpret_cast<u64>(to.c_str()),
                                     1};
    need(ioctl(File(from, O_RDONLY).fd(), request_reflink, &arguments), "OCFS2_IOC_REFLINK " + to);
    File(to).write(3 * mebi, content(seed + 8, 5000));
  }

  void run() const {
    plain();
    scattered();
    direct();
    links();
    many_names();
    if (able("prealloc")) prealloc();
    if (able("xattr")) attributes();
    if (able("reflink")) reflinks();
  }
};

/// Where a file has data again, at or behind `offset`; a hole that takes no time to read is read.
off_t skip_hole(int file, off_t offset) {
  const off_t data = lseek(file, offset, SEEK_DATA);
  const off_t next = data >= 0 ? data : lseek(file, 0, SEEK_END);
  return next - offset > static_cast<off_t>(64 * mebi) ? next - next % static_cast<off_t>(mebi) : offset;
}

std::string data_hash(const std::string& path) {
  const File file(path, O_RDONLY);
  std::vector<char> buffer(mebi);
  u64 hash = mix_start;
  off_t offset = 0;
  const auto read_piece = [&] {
    offset = skip_hole(file.fd(), offset);
    return need(pread(file.fd(), buffer.data(), buffer.size(), offset), "read " + path);
  };
  for (long length; (length = read_piece()) > 0; offset += length) {
    const bool zeros =
        std::all_of(buffer.begin(), buffer.begin() + length, [](char byte) { return byte == 0; });
    if (!zeros) hash = mix(mix(hash, std::to_string(offset)), {buffer.data(), static_cast<u64>(length)});
  }
  char text[32];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

/// All attributes of an object as "count/hash"; "-" where the volume knows none.
std::string attributes_of(const std::string& path) {
  std::vector<char> names(256 * kibi), value(64 * kibi);
  const long length = llistxattr(path.c_str(), names.data(), names.size());
  if (length < 0 && errno == EOPNOTSUPP) return "-";
  need(length, "listxattr " + path);
  std::map<std::string, u64> found;
  for (const char* name = names.data(); name < names.data() + length; name += std::strlen(name) + 1) {
    const long size = need(lgetxattr(path.c_str(), name, value.data(), value.size()), "getxattr " + path);
    found[name] = mix(mix_start, {value.data(), static_cast<u64>(size)});
  }
  u64 hash = mix_start;
  for (const auto& [name, sum] : found) hash = mix(mix(hash, name), std::to_string(sum));
  return std::to_string(found.size()) + "/" + std::to_string(hash);
}

void list(const std::string& path) {
  struct stat seen;
  need(lstat(path.c_str(), &seen), "lstat " + path);
  std::string detail = "-";
  if (S_ISREG(seen.st_mode)) detail = data_hash(path);
  if (S_ISLNK(seen.st_mode)) {
    std::vector<char> target(8 * kibi);
    const long length = need(readlink(path.c_str(), target.data(), target.size()), "readlink " + path);
    detail.assign(target.data(), static_cast<u64>(length));
  }
  std::printf("%s %lu %o %lu %u:%u %lu %ld.%09ld %lx %s %s\n", path.c_str(), seen.st_ino, seen.st_mode,
              seen.st_nlink, seen.st_uid, seen.st_gid, seen.st_size, seen.st_mtim.tv_sec,
              seen.st_mtim.tv_nsec, seen.st_rdev, attributes_of(path).c_str(), detail.c_str());
  if (!S_ISDIR(seen.st_mode)) return;
  std::vector<std::string> entries;
  DIR* open_directory = opendir(path.c_str());
  if (open_directory == nullptr) need(-1, "opendir " + path);
  while (const dirent* entry = readdir(open_directory)) entries.emplace_back(entry->d_name);
  closedir(open_directory);
  std::sort(entries.begin(), entries.end());
  for (const std::string& entry : entries)
    if (entry != "." && entry != "..") list(path + "/" + entry);
}

/// Takes away part of what Writer made, on a volume that was mounted anew.
void prune(const std::string& root) {
  const auto remove = [&](const std::string& path) { need(unlink((root + path).c_str()), "unlink " + path); };
  remove("/plain/hard-link-3");
  remove("/plain/small-70000");
  remove("/scattered/file");
  File(root + "/direct/appended", O_RDWR).truncate(100);
  need(rename((root + "/plain/small-100").c_str(), (root + "/deep/small-100").c_str()), "rename");
  need(rmdir((root + "/names/folder-7").c_str()), "rmdir");
  for (const std::string path : {"/reflinks/one", "/attributes/many", "/prealloc/inside"})
    if (access((root + path).c_str(), F_OK) == 0) remove(path);
}

int verify(const std::string& path, u64 seed) {
  struct stat seen;
  need(stat(path.c_str(), &seen), "stat " + path);
  std::string found(static_cast<u64>(seen.st_size), 0);
  const File file(path, O_RDONLY);
  need(pread(file.fd(), found.data(), found.size(), 0), "read " + path);
  if (!found.empty() && found == content(seed, found.size())) return 0;
  std::fprintf(stderr, "tree: %s does not hold what was written\n", path.c_str());
  return 1;
}

int lock_until(const char* path, const char* until) {
  const int file = static_cast<int>(need(open(path, O_RDWR | O_CREAT, 0644), path));
  need(flock(file, LOCK_EX), "flock");
  std::puts("locked");
  std::fflush(stdout);
  while (access(until, F_OK) != 0) usleep(100000);
  return 0;
}

u64 number(const char* text) { return std::strtoull(text, nullptr, 10); }

}  // namespace

int main(int count, char** words) {
  const std::string_view what = count > 2 ? words[1] : "";
  if (what == "write" && count == 6) {
    struct stat seen;
    need(stat(words[2], &seen), words[2]);
    const u64 cluster = std::clamp<u64>(static_cast<u64>(seen.st_blksize), 4096, mebi);
    Writer{words[2], number(words[3]), static_cast<u32>(number(words[4])), words[5], cluster}.run();
    return 0;
  }
  if (what == "list" && count == 3) return list(words[2]), 0;
  if (what == "prune" && count == 3) return prune(words[2]), 0;
  if (what == "verify" && count == 4) return verify(words[2], number(words[3]));
  if (what == "lock" && count == 4) return lock_until(words[2], words[3]);
  if (what == "file" && count == 5) {
    const File file(words[2]);
    file.write(0, content(number(words[3]), number(words[4])));
    return need(fsync(file.fd()), "fsync"), 0;
  }
  std::fprintf(stderr,
               "usage: tree write DIR SEED NAMES ABILITIES | list DIR | prune DIR | file FILE SEED BYTES | "
               "verify FILE SEED | lock FILE UNTIL\n");
  return 2;
}
