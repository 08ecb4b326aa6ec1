// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reading, writing, cutting and reserving; and the times that files have.
#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include <csignal>

#include "tests/posix/groups.h"

namespace ocfs2::probe {
namespace {

constexpr u64 sizes[] = {0,     1,     2,     100,   511,    512,    513,    1023,    1024,   1025,  3000,
                         3900,  4000,  4095,  4096,  4097,   5000,   8191,   8192,    16384,  32767, 32768,
                         32769, 65535, 65536, 65537, 100000, 131072, 500000, 1048576, 1048577};

std::string content_of(int file, u64 size) {
  std::string found(size + 10, 'x');
  const ssize_t count = pread(file, found.data(), found.size(), 0);
  found.resize(count < 0 ? 0 : static_cast<u64>(count));
  return found;
}

void cut_to(Cases& cases, u64 from, u64 to, bool by_path) {
  const Scope scope(cases, std::to_string(from) + " to " + std::to_string(to));
  clear("file");
  make(cases, Kind::regular, "file");
  const Descriptor file("file", O_RDWR);
  std::string content = Dice(from).bytes(from);
  cases.equal(static_cast<u64>(write(file, content.data(), content.size())), from, "a write");
  cases.expect(by_path ? outcome(truncate("file", static_cast<off_t>(to)))
                       : outcome(ftruncate(file, static_cast<off_t>(to))),
               0, "the call");
  cases.equal(static_cast<u64>(status_of("file").st_size), to, "the size");
  content.resize(to);
  cases.hold(content_of(file, to) == content, "the content");
}

constexpr u64 mebi = 1 << 20;

constexpr u64 no_such_byte = ~u64{0};

/// What lseek finds.
u64 sought(int file, u64 from, int whence) {
  const off_t found = lseek(file, static_cast<off_t>(from), whence);
  return found < 0 && errno == ENXIO ? no_such_byte : static_cast<u64>(found);
}

}  // namespace

void seeking(Cases& cases) {
  clear("file");
  make(cases, Kind::regular, "file", 0644);
  const Descriptor file("file", O_RDWR);
  if (through_fuse(file) && lseek(file, 0, SEEK_DATA) < 0 && errno == EINVAL) {  // but always then
    cases.need(write(file, "small", 5), "write");
    for (const int whence : {SEEK_DATA, SEEK_HOLE})
      cases.expect(outcome(lseek(file, 2, whence)), EINVAL, "what was not known before");
    return;
  }
  cases.equal(sought(file, 0, SEEK_DATA), no_such_byte, "data in an empty file");
  cases.need(write(file, "small", 5), "write");
  cases.equal(sought(file, 2, SEEK_DATA), 2, "data in a small file");
  cases.equal(sought(file, 2, SEEK_HOLE), 5, "its end");
  const std::string piece(mebi, 'x');
  for (const u64 at : {2 * mebi, 5 * mebi})
    cases.need(pwrite(file, piece.data(), piece.size(), static_cast<off_t>(at)), "write");
  cases.need(ftruncate(file, 8 * mebi), "truncate");
  cases.need(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, mebi), "punch");
  const struct {
    u64 from;
    int whence;
    u64 found;
  } questions[] = {{0, SEEK_HOLE, 0},
                   {0, SEEK_DATA, 2 * mebi},
                   {2 * mebi + 7, SEEK_DATA, 2 * mebi + 7},
                   {2 * mebi + 7, SEEK_HOLE, 3 * mebi},
                   {3 * mebi, SEEK_DATA, 5 * mebi},
                   {4 * mebi + 1, SEEK_HOLE, 4 * mebi + 1},
                   {6 * mebi, SEEK_DATA, no_such_byte},
                   {7 * mebi, SEEK_HOLE, 7 * mebi},
                   {8 * mebi, SEEK_HOLE, no_such_byte},
                   {8 * mebi, SEEK_DATA, no_such_byte}};
  for (const auto& [from, whence, found] : questions)
    cases.equal(sought(file, from, whence), found,
                (whence == SEEK_DATA ? "data from " : "a hole from ") + std::to_string(from));
}

void truncation(Cases& cases) {
  for (const u64 from : {0ul, 1ul, 4096ul, 5000ul, 70000ul})
    for (const u64 to : sizes) cut_to(cases, from, to, (to ^ from) % 2 != 0);
  clear("file");
  make(cases, Kind::regular, "file", 0644);
  cases.need(truncate("file", 5000), "truncate");
  for (const u64 size : {100ul, 0ul, 9000ul}) {
    tick();
    const Watch watch("file");
    cases.expect(outcome(truncate("file", static_cast<off_t>(size))), 0, "truncate");
    watch.contents(cases);
  }
  tick();
  const Watch watch("file");
  cases.expect(outcome(truncate("file", -1)), EINVAL, "a negative size");
  cases.expect(as(stranger, [] { return truncate("file", 3); }), EACCES, "by a stranger");
  const Descriptor looking("file", O_RDONLY);
  cases.expect(outcome(ftruncate(looking, 3)), {EINVAL, EBADF}, "of what is open to read");
  cases.expect(outcome(ftruncate(looking, -1)), EINVAL, "ftruncate to a negative size");
  watch.nothing(cases);
  const Descriptor same("file", O_RDWR);
  cases.expect(outcome(ftruncate(same, 9000)), 0, "ftruncate to the size that it has");
  cases.equal(static_cast<u64>(status_of("file").st_size), 9000, "the size");
  for (const Kind kind : {Kind::folder, Kind::fifo, Kind::socket}) {
    clear("object");
    make(cases, kind, "object");
    cases.expect(outcome(truncate("object", 0)), kind == Kind::folder ? EISDIR : EINVAL, name_of(kind));
  }
  tick();
  const Watch opened("file");
  cases.expect(outcome(Descriptor("file", O_WRONLY | O_TRUNC)), 0, "O_TRUNC");
  opened.contents(cases);
  cases.equal(static_cast<u64>(status_of("file").st_size), 0, "the size after O_TRUNC");
}

namespace {

void write_and_append(Cases& cases) {
  for (const u64 size : sizes) {
    clear("file");
    make(cases, Kind::regular, "file");
    const Descriptor file("file", O_RDWR), end("file", O_WRONLY | O_APPEND);
    const std::string bytes = Dice(size).bytes(100);
    cases.equal(static_cast<u64>(pwrite(file, bytes.data(), 100, static_cast<off_t>(size))), 100, "a write");
    cases.equal(static_cast<u64>(status_of("file").st_size), size + 100, "the size");
    cases.hold(content_of(file, size + 100) == std::string(size, '\0') + bytes, "zeros before it");
    cases.equal(static_cast<u64>(write(end, "end", 3)), 3, "an append");
    cases.equal(static_cast<u64>(write(end, "END", 3)), 3, "another append");
    cases.hold(content_of(file, size + 106).ends_with("endEND"), "the end");
    char byte = 'x';
    cases.equal(static_cast<u64>(pread(file, &byte, 1, static_cast<off_t>(size + 106))), 0,
                "a read at the end");
    cases.equal(static_cast<u64>(pread(file, &byte, 1, static_cast<off_t>(size + 99999))), 0,
                "a read behind it");
  }
}

void write_times(Cases& cases) {
  clear("file");
  make(cases, Kind::regular, "file");
  const Descriptor file("file", O_RDWR);
  cases.need(pwrite(file, "content", 7, 0), "write");
  for (int turn = 0; turn < 3; ++turn) {
    tick();
    const Watch watch("file");
    cases.equal(static_cast<u64>(pwrite(file, "again", 5, turn * 5000)), 5, "a write");
    watch.contents(cases);
  }
  tick();
  const Watch watch("file");
  cases.equal(static_cast<u64>(pwrite(file, "", 0, 0)), 0, "a write of nothing");
  char bytes[10];
  cases.equal(static_cast<u64>(pread(file, bytes, 5, 0)), 5, "a read");
  cases.expect(outcome(fsync(file)), 0, "fsync");
  watch.nothing(cases);
  const Descriptor looking("file", O_RDONLY), writing("file", O_WRONLY), folder(".", O_RDONLY);
  cases.expect(outcome(write(looking, "x", 1)), EBADF, "a write to what is open to read");
  cases.expect(outcome(read(writing, bytes, 1)), EBADF, "a read of what is open to write");
  cases.expect(outcome(read(folder, bytes, 1)), EISDIR, "a read of a folder");
  cases.expect(outcome(write(folder, "x", 1)), EBADF, "a write to a folder");
  cases.expect(outcome(pwrite(file, "x", 1, -1)), EINVAL, "a negative place");
  cases.expect(outcome(lseek(file, -1, SEEK_SET)), EINVAL, "lseek to a negative place");
  void* volatile nowhere = reinterpret_cast<void*>(1);
  cases.expect(outcome(pread(file, nowhere, 5, 0)), EFAULT, "a read to no address");
  for (const User& user : {owner, stranger}) {
    cases.equal(static_cast<u64>(as(user, [&] { return pread(file, bytes, 5, 0); })), 0,
                "an open file is open");
    cases.expect(as(user, [&] { return pwrite(file, bytes, 5, 0); }), 0, "also to write");
  }
}

void large_files(Cases& cases) {
  clear("file");
  make(cases, Kind::regular, "file");
  const Descriptor file("file", O_RDWR);
  for (const int shift : {20, 24, 28, 30, 31, 32, 33, 36, 38, 40}) {
    const off_t place = (off_t{1} << shift) + 12345;
    const std::string bytes = Dice(static_cast<u64>(shift)).bytes(50);
    const Scope scope(cases, "at 2 to the power of " + std::to_string(shift));
    cases.equal(static_cast<u64>(pwrite(file, bytes.data(), 50, place)), 50, "a write");
    std::string found(60, 'x');
    cases.equal(static_cast<u64>(pread(file, found.data(), 60, place - 10)), 60, "a read");
    cases.hold(found == std::string(10, '\0') + bytes, "what was read");
    cases.equal(static_cast<u64>(status_of("file").st_size), static_cast<u64>(place) + 50, "the size");
  }
  cases.hold(status_of("file").st_blocks < 100'000, "holes take no room");
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit little{10000, limit.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &little);
  cases.expect(outcome(pwrite(file, "x", 1, 10000)), EFBIG, "a write beyond the limit");
  cases.expect(outcome(ftruncate(file, off_t{1} << 41)), EFBIG, "truncate beyond the limit");
  setrlimit(RLIMIT_FSIZE, &limit);
}

void mapped_pages(Cases& cases) {
  for (const u64 size : sizes) {
    if (size == 0) continue;
    clear("file");
    make(cases, Kind::regular, "file");
    const Descriptor file("file", O_RDWR);
    std::string content = Dice(size).bytes(size);
    cases.need(write(file, content.data(), size), "write");
    void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    cases.hold(memory != MAP_FAILED, "mmap");
    if (memory == MAP_FAILED) continue;
    char* const bytes = static_cast<char*>(memory);
    cases.hold(std::string_view(bytes, size) == content, "what is mapped");
    bytes[size - 1] = content[size - 1] = 'm';
    bytes[size / 2] = content[size / 2] = 'M';
    cases.hold(content_of(file, size) == content, "a change by memory is read");
    content[0] = 'w';
    cases.need(pwrite(file, "w", 1, 0), "write");
    cases.hold(bytes[0] == 'w', "a write shows in memory");
    cases.expect(outcome(msync(memory, size, MS_SYNC)), 0, "msync");
    munmap(memory, size);
    cases.hold(content_of(file, size) == content, "the content afterwards");
  }
}

}  // namespace

void contents(Cases& cases) {
  write_and_append(cases);
  write_times(cases);
  large_files(cases);
  mapped_pages(cases);
}

void reserved_space(Cases& cases) {
  make(cases, Kind::regular, "probe");
  {
    const Descriptor file("probe", O_RDWR);
    if (fallocate(file, 0, 0, 1) != 0 && errno == EOPNOTSUPP) return;
  }
  for (const u64 size : sizes)
    for (const u64 offset : {0ul, 100ul, 5000ul})
      for (const bool keep : {false, true}) {
        const Scope scope(cases,
                          std::to_string(offset) + " +" + std::to_string(size) + (keep ? " kept" : ""));
        clear("file");
        make(cases, Kind::regular, "file");
        const Descriptor file("file", O_RDWR);
        const std::string content = Dice(size).bytes(700);
        cases.need(write(file, content.data(), 700), "write");
        const int result = outcome(fallocate(file, keep ? FALLOC_FL_KEEP_SIZE : 0, static_cast<off_t>(offset),
                                             static_cast<off_t>(size)));
        cases.expect(result, size == 0 ? EINVAL : 0, "fallocate");
        const u64 end = size == 0 || keep ? 700 : std::max<u64>(700, offset + size);
        cases.equal(static_cast<u64>(status_of("file").st_size), end, "the size");
        std::string wanted = content;
        wanted.resize(end);
        cases.hold(content_of(file, end) == wanted, "the content");
        if (size == 0) continue;
        cases.expect(outcome(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 50, 100)), 0,
                     "punch");
        wanted.replace(50, 100, 100, '\0');
        cases.hold(content_of(file, end) == wanted, "the content with a hole");
      }
  make(cases, Kind::fifo, "fifo");
  const Descriptor file("file", O_RDWR), looking("file", O_RDONLY), folder(".", O_RDONLY),
      fifo("fifo", O_RDWR | O_NONBLOCK);
  cases.expect(outcome(fallocate(looking, 0, 0, 10)), EBADF, "of what is open to read");
  cases.expect(outcome(fallocate(fifo, 0, 0, 10)), ESPIPE, "of a fifo");
  cases.expect(outcome(fallocate(folder, 0, 0, 10)), {EBADF, EISDIR}, "of a folder");
  cases.expect(outcome(fallocate(file, 0, -1, 10)), EINVAL, "a negative place");
  cases.expect(outcome(fallocate(file, 0, 0, -1)), EINVAL, "a negative length");
  cases.expect(outcome(fallocate(file, FALLOC_FL_PUNCH_HOLE, 0, 10)), EOPNOTSUPP, "punch that would grow");
  cases.expect(outcome(fallocate(file, 0, INT64_MAX - 5, 10)), EFBIG, "beyond all sizes");
  cases.expect(posix_fallocate(file, 0, 20000), 0, "posix_fallocate");
  cases.hold(status_of("file").st_blocks >= 39, "it has room now");
  tick();
  const Watch watch("file");
  cases.expect(posix_fallocate(file, 0, 60000), 0, "posix_fallocate");
  watch.contents(cases);
}

void times_set(Cases& cases) {
  for (const Kind kind : kinds) {
    const Scope scope(cases, name_of(kind));
    clear("object");
    make(cases, kind, "object");
    const auto set = [](const timespec& access, const timespec& modification) {
      const timespec times[] = {access, modification};
      return utimensat(AT_FDCWD, "object", times, AT_SYMLINK_NOFOLLOW);
    };
    for (const time_t seconds : {0l, 1l, 100'000'000l, 1'000'000'000l, 2'147'483'647l, 2'147'483'648l,
                                 4'294'967'295l, 4'294'967'296l, 8'000'000'000l})
      for (const long nanoseconds : {0l, 1l, 123'456'789l, 999'999'999l}) {
        const std::string words = std::to_string(seconds) + "." + std::to_string(nanoseconds);
        cases.expect(as(owner,
                        [&] {
                          return set({seconds, nanoseconds}, {seconds + 1, nanoseconds / 2});
                        }),
                     0, words);
        const struct stat status = status_of("object");
        cases.equal(static_cast<u64>(status.st_atim.tv_sec), static_cast<u64>(seconds), words);
        cases.equal(static_cast<u64>(status.st_atim.tv_nsec), static_cast<u64>(nanoseconds), words);
        cases.equal(static_cast<u64>(status.st_mtim.tv_sec), static_cast<u64>(seconds) + 1, words);
        cases.equal(static_cast<u64>(status.st_mtim.tv_nsec), static_cast<u64>(nanoseconds / 2), words);
      }
    const struct stat before = status_of("object");
    tick();
    cases.expect(outcome(set({0, UTIME_OMIT}, {77, 88})), 0, "the modification only");
    struct stat status = status_of("object");
    cases.equal(static_cast<u64>(status.st_mtim.tv_sec), 77, "the modification");
    cases.equal(static_cast<u64>(status.st_atim.tv_sec), static_cast<u64>(before.st_atim.tv_sec),
                "the access stays");
    cases.hold(
        status.st_ctim.tv_sec != before.st_ctim.tv_sec || status.st_ctim.tv_nsec != before.st_ctim.tv_nsec,
        "the change time goes on");
    cases.expect(outcome(set({55, 66}, {0, UTIME_OMIT})), 0, "the access only");
    status = status_of("object");
    cases.equal(static_cast<u64>(status.st_mtim.tv_sec), 77, "the modification stays");
    cases.equal(static_cast<u64>(status.st_atim.tv_sec), 55, "the access");
    cases.expect(outcome(set({0, UTIME_NOW}, {0, UTIME_NOW})), 0, "now");
    cases.hold(status_of("object").st_mtim.tv_sec > 1'500'000'000, "the present time");
    cases.expect(outcome(set({0, 1'000'000'000}, {0, 0})), EINVAL, "too many nanoseconds");
    tick();
    const Watch watch("object");
    cases.expect(outcome(set({0, UTIME_OMIT}, {0, UTIME_OMIT})), 0, "neither");
    watch.nothing(cases);
  }
}

void times_permitted(Cases& cases) {
  struct Wish {
    const char* name;
    timespec access, modification;
    bool now;  ///< enough to be allowed to write
    bool anybody;
  };
  static constexpr Wish wishes[] = {{"both now", {0, UTIME_NOW}, {0, UTIME_NOW}, true, false},
                                    {"two times", {1, 2}, {3, 4}, false, false},
                                    {"one now", {0, UTIME_NOW}, {3, 4}, false, false},
                                    {"one now, one as it is", {0, UTIME_NOW}, {0, UTIME_OMIT}, false, false},
                                    {"one, one as it is", {0, UTIME_OMIT}, {5, 6}, false, false},
                                    {"both as they are", {0, UTIME_OMIT}, {0, UTIME_OMIT}, false, true}};
  for (const Kind kind : kinds) {
    if (kind == Kind::symlink) continue;
    for (const mode_t mode : {0600, 0660, 0606, 0444})
      for (const User& user : everybody)
        for (const Wish& wish : wishes) {
          clear("object");
          make(cases, kind, "object", mode);
          const bool group = user.gid == owner.gid || user.other_group == owner.gid;
          const bool writes = (mode & (group ? 0020 : 0002)) != 0;
          const bool mine = user.uid == 0 || user.uid == owner.uid;
          const int wanted = mine || wish.anybody || (wish.now && writes) ? 0 : wish.now ? EACCES : EPERM;
          const timespec times[] = {wish.access, wish.modification};
          cases.expect(as(user, [&] { return utimensat(AT_FDCWD, "object", times, 0); }), wanted,
                       std::string(wish.name) + " of " + name_of(kind) + ", " + user.name);
        }
  }
}

}  // namespace ocfs2::probe
