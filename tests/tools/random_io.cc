// SPDX-License-Identifier: GPL-2.0-or-later
//
// random_io FILE SEED OPERATIONS [BYTES_MAX] -- random operations on one file of a mounted file system,
// beside a model of it in memory: reads and writes by every way there is, growing and cutting, holes, zeros
// and space reserved, copies within the file, a new descriptor now and then, with and without the caches.
// Whatever is read must be what the model holds. The file stays, for others to read.
//
// What a file system does not offer (EOPNOTSUPP, or EINVAL for O_DIRECT) is left out. Without a word about a
// difference it ends with status 0 and the digest of the file.
#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <deque>

#include "tests/posix/basics.h"

namespace ocfs2::probe {
namespace {

constexpr u64 page = 4096;
constexpr std::size_t told_operations = 25;  ///< how many of the last ones are told with a difference

class RandomIo {
 public:
  RandomIo(std::string path, u64 seed, u64 bytes_max)
      : path_(std::move(path)), seed_(seed), bytes_max_(bytes_max), dice_(seed) {
    file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    need(file_, "open");
  }

  void run(u64 operations) {
    for (number_ = 1; number_ <= operations; ++number_) {
      step();
      if (number_ % 100 == 0) compare_all();
    }
    reopen();
    compare_all();
    if (close(file_) != 0) lose("close: " + error_name(errno));
    Digest digest;
    digest.add(model_);
    std::printf("random_io: %llu operations with seed %llu, %zu bytes, digest %s\n",
                static_cast<unsigned long long>(operations), static_cast<unsigned long long>(seed_),
                model_.size(), digest.text().c_str());
  }

 private:
  struct Range {
    u64 offset, length;
    u64 end() const { return offset + length; }
  };

  [[noreturn]] void lose(const std::string& words) {
    std::printf("random_io: %s: seed %llu, operation %llu: %s\nthe last operations:\n", path_.c_str(),
                static_cast<unsigned long long>(seed_), static_cast<unsigned long long>(number_),
                words.c_str());
    for (const std::string& line : lines_) std::printf("  %s\n", line.c_str());
    std::exit(1);
  }
  long need(long result, const char* what) {
    if (result < 0) lose(std::string(what) + ": " + error_name(errno));
    return result;
  }
  void note(const char* what, const Range& range, std::string more = "") {
    lines_.push_back(std::to_string(number_) + " " + what + " " + std::to_string(range.offset) + " +" +
                     std::to_string(range.length) + more);
    if (lines_.size() > told_operations) lines_.pop_front();
  }

  void step() {
    using Step = void (RandomIo::*)();
    static constexpr std::array steps = {
        &RandomIo::write_plain, &RandomIo::write_plain,  &RandomIo::write_plain,  &RandomIo::write_vector,
        &RandomIo::append,      &RandomIo::read_plain,   &RandomIo::read_plain,   &RandomIo::read_mapped,
        &RandomIo::read_mapped, &RandomIo::write_mapped, &RandomIo::write_mapped, &RandomIo::resize,
        &RandomIo::resize,      &RandomIo::punch,        &RandomIo::punch,        &RandomIo::zero,
        &RandomIo::reserve,     &RandomIo::copy,         &RandomIo::copy,         &RandomIo::write_direct,
        &RandomIo::read_direct, &RandomIo::sync,         &RandomIo::forget,       &RandomIo::reopen,
        &RandomIo::seek_data};
    const Step chosen = steps[dice_.below(steps.size())];
    (this->*chosen)();
  }

  /// Small pieces mostly, some at the borders of pages, some large.
  Range anywhere() {
    u64 offset = dice_.below(bytes_max_);
    if (dice_.once_in(3)) offset -= offset % page;
    const u64 most = dice_.once_in(4) ? bytes_max_ - offset : std::min<u64>(bytes_max_ - offset, 3 * page);
    return {offset, 1 + dice_.below(most)};
  }
  /// A piece of what is there; nothing of an empty file.
  Range inside() {
    if (model_.empty()) return {0, 0};
    const Range range = anywhere();
    const u64 offset = range.offset % model_.size();
    return {offset, std::min<u64>(range.length, model_.size() - offset)};
  }

  void put(const Range& range, std::string_view bytes) {
    if (model_.size() < range.end()) model_.resize(range.end());
    std::copy(bytes.begin(), bytes.end(), model_.begin() + static_cast<long>(range.offset));
  }
  void compare(std::string_view found, u64 offset, const char* how) {
    for (u64 at = 0; at < found.size(); ++at) {
      if (found[at] == model_[offset + at]) continue;
      char words[160];
      std::snprintf(words, sizeof words, "%s: byte %llu is %02x, should be %02x", how,
                    static_cast<unsigned long long>(offset + at), found[at] & 0xFF,
                    model_[offset + at] & 0xFF);
      lose(words);
    }
  }
  void compare_all() {
    struct stat status {};
    need(fstat(file_, &status), "fstat");
    if (static_cast<u64>(status.st_size) != model_.size())
      lose("the size is " + std::to_string(status.st_size) + ", should be " + std::to_string(model_.size()));
    std::string found(model_.size() + 100, 0);
    const long count = need(pread(file_, found.data(), found.size(), 0), "read all");
    if (static_cast<u64>(count) != model_.size()) lose("there is less to read than the size says");
    compare({found.data(), model_.size()}, 0, "all of it");
  }

  void write_plain() {
    const Range range = anywhere();
    note("write", range);
    const std::string bytes = dice_.bytes(range.length);
    const long done =
        need(pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(range.offset)), "write");
    if (static_cast<u64>(done) != range.length) lose("a write stopped half-way");
    put(range, bytes);
  }
  void write_vector() {
    const Range range = anywhere();
    note("writev", range);
    std::string bytes = dice_.bytes(range.length);
    const u64 cut = dice_.below(range.length);
    const iovec parts[] = {{bytes.data(), cut}, {bytes.data() + cut, range.length - cut}};
    const long done = need(pwritev(file_, parts, 2, static_cast<off_t>(range.offset)), "writev");
    if (static_cast<u64>(done) != range.length) lose("a writev stopped half-way");
    put(range, bytes);
  }
  void append() {
    if (model_.size() + page > bytes_max_) return;
    const Range range{model_.size(), 1 + dice_.below(page)};
    note("append", range);
    const Descriptor end(path_, O_WRONLY | O_APPEND);
    need(end, "open to append");
    const std::string bytes = dice_.bytes(range.length);
    need(::write(end, bytes.data(), bytes.size()), "append");
    put(range, bytes);
  }
  void read_plain() {
    const Range range = anywhere();
    note("read", range);
    std::string found(range.length, 0);
    const long count =
        need(pread(file_, found.data(), found.size(), static_cast<off_t>(range.offset)), "read");
    const u64 wanted =
        range.offset >= model_.size() ? 0 : std::min<u64>(range.length, model_.size() - range.offset);
    if (static_cast<u64>(count) != wanted)
      lose("read " + std::to_string(count) + " bytes, should be " + std::to_string(wanted));
    compare({found.data(), wanted}, range.offset, "read");
  }

  /// Calls `act` with the address of `range.offset`, whose whole pages are mapped.
  template <class Act>
  void mapped(const Range& range, int protection, const Act& act) {
    const u64 start = range.offset - range.offset % page;
    const u64 length = range.end() - start;
    void* const memory = mmap(nullptr, length, protection, MAP_SHARED, file_, static_cast<off_t>(start));
    if (memory == MAP_FAILED) lose("mmap: " + error_name(errno));
    act(static_cast<char*>(memory) + (range.offset - start));
    if ((protection & PROT_WRITE) != 0 && dice_.once_in(2)) need(msync(memory, length, MS_SYNC), "msync");
    need(munmap(memory, length), "munmap");
  }
  void read_mapped() {
    const Range range = inside();
    if (range.length == 0) return;
    note("read by mmap", range);
    mapped(range, PROT_READ, [&](const char* bytes) {
      compare({bytes, range.length}, range.offset, "mmap");
      const u64 rest = range.end() == model_.size() ? (page - range.end() % page) % page : 0;
      for (u64 at = 0; at < rest; ++at)
        if (bytes[range.length + at] != 0) lose("behind the end a mapped page is not zero");
    });
  }
  void write_mapped() {
    const Range range = inside();
    if (range.length == 0) return;
    note("write by mmap", range);
    const std::string bytes = dice_.bytes(range.length);
    mapped(range, PROT_READ | PROT_WRITE,
           [&](char* memory) { std::memcpy(memory, bytes.data(), bytes.size()); });
    put(range, bytes);
  }

  void resize() {
    u64 size = dice_.below(bytes_max_);
    if (dice_.once_in(10)) size = 0;
    if (dice_.once_in(4)) size -= size % page;
    note("truncate to", {size, 0}, " from " + std::to_string(model_.size()));
    need(dice_.once_in(2) ? ftruncate(file_, static_cast<off_t>(size))
                          : truncate(path_.c_str(), static_cast<off_t>(size)),
         "truncate");
    model_.resize(size);
  }
  /// False when the file system has no such thing.
  bool allocate(const char* what, int mode, const Range& range) {
    note(what, range);
    if (fallocate(file_, mode, static_cast<off_t>(range.offset), static_cast<off_t>(range.length)) == 0)
      return true;
    if (errno != EOPNOTSUPP) need(-1, what);
    return false;
  }
  void clear(const Range& range) {
    const u64 end = std::min<u64>(range.end(), model_.size());
    for (u64 at = range.offset; at < end; ++at) model_[at] = 0;
  }
  void punch() {
    const Range range = anywhere();
    if (allocate("punch", FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, range)) clear(range);
  }
  void zero() {
    const Range range = anywhere();
    const bool keep = dice_.once_in(2);
    if (!allocate(keep ? "zero, size kept" : "zero", FALLOC_FL_ZERO_RANGE | (keep ? FALLOC_FL_KEEP_SIZE : 0),
                  range))
      return;
    if (!keep && model_.size() < range.end()) model_.resize(range.end());
    clear(range);
  }
  void reserve() {
    const Range range = anywhere();
    const bool keep = dice_.once_in(2);
    if (!allocate(keep ? "reserve, size kept" : "reserve", keep ? FALLOC_FL_KEEP_SIZE : 0, range)) return;
    if (!keep && model_.size() < range.end()) model_.resize(range.end());
  }
  void copy() {
    const Range source = inside();
    if (source.length == 0) return;
    off_t from = static_cast<off_t>(source.offset), to = static_cast<off_t>(dice_.below(bytes_max_));
    const u64 target = static_cast<u64>(to);
    const u64 apart = target > source.offset ? target - source.offset : source.offset - target;
    u64 length = std::min(std::min(source.length, apart), bytes_max_ - target);
    if (length == 0) return;
    note("copy", {source.offset, length}, " to " + std::to_string(target));
    const std::string bytes = model_.substr(source.offset, length);
    while (length > 0) {
      const long done = copy_file_range(file_, &from, file_, &to, length, 0);
      if (done < 0 && (errno == EOPNOTSUPP || errno == EXDEV || errno == ENOSYS)) return;
      if (need(done, "copy_file_range") == 0) lose("copy_file_range copies nothing");
      length -= static_cast<u64>(done);
    }
    put({target, bytes.size()}, bytes);
  }

  static constexpr u64 direct_max = 64 * 1024;
  char* direct_buffer() {
    alignas(page) static char buffer[direct_max];
    return buffer;
  }
  void write_direct() {
    Range range = anywhere();
    range.offset -= range.offset % page;
    range.length = std::min(range.length - range.length % page + page, direct_max);
    const Descriptor direct(path_, O_RDWR | O_DIRECT);
    if (direct < 0 && errno == EINVAL) return;
    need(direct, "open for O_DIRECT");
    note("write with O_DIRECT", range);
    const std::string bytes = dice_.bytes(range.length);
    std::memcpy(direct_buffer(), bytes.data(), bytes.size());
    const long done = need(pwrite(direct, direct_buffer(), bytes.size(), static_cast<off_t>(range.offset)),
                           "write O_DIRECT");
    if (static_cast<u64>(done) != range.length) lose("a write with O_DIRECT stopped half-way");
    put(range, bytes);
  }
  void read_direct() {
    const Range range{dice_.below(bytes_max_ / page) * page, page * (1 + dice_.below(direct_max / page))};
    const Descriptor direct(path_, O_RDWR | O_DIRECT);
    if (direct < 0 && errno == EINVAL) return;
    need(direct, "open for O_DIRECT");
    note("read with O_DIRECT", range);
    const long count =
        need(pread(direct, direct_buffer(), range.length, static_cast<off_t>(range.offset)), "read O_DIRECT");
    const u64 wanted =
        range.offset >= model_.size() ? 0 : std::min<u64>(range.length, model_.size() - range.offset);
    if (static_cast<u64>(count) != wanted)
      lose("O_DIRECT read " + std::to_string(count) + " bytes, should be " + std::to_string(wanted));
    compare({direct_buffer(), wanted}, range.offset, "O_DIRECT");
  }

  void sync() {
    note("fsync", {0, 0});
    need(dice_.once_in(2) ? fsync(file_) : fdatasync(file_), "fsync");
  }
  /// The kernel gives its pages back: what is read next comes from the file system.
  void forget() {
    note("forget pages", {0, 0});
    need(fsync(file_), "fsync");
    need(-posix_fadvise(file_, 0, 0, POSIX_FADV_DONTNEED), "fadvise");
  }
  void reopen() {
    note("open anew", {0, 0});
    need(close(file_), "close");
    file_ = open(path_.c_str(), O_RDWR | O_CLOEXEC);
    need(file_, "open again");
  }
  /// Where lseek says that a hole is, there are zeros.
  void seek_data() {
    if (model_.empty()) return;
    const u64 offset = dice_.below(model_.size());
    note("lseek to data", {offset, 0});
    const off_t found = lseek(file_, static_cast<off_t>(offset), SEEK_DATA);
    if (found < 0 && errno == EINVAL && through_fuse(file_)) return;  // it may not know
    if (found < 0 && errno != ENXIO) need(-1, "lseek");
    const u64 data = found < 0 ? model_.size() : static_cast<u64>(found);
    if (data < offset || data > model_.size()) lose("lseek finds data at " + std::to_string(data));
    for (u64 at = offset; at < data; ++at)
      if (model_[at] != 0) lose("lseek calls a hole what has data at byte " + std::to_string(at));
  }

  std::string path_;
  u64 seed_, bytes_max_, number_ = 0;
  Dice dice_;
  int file_ = -1;
  std::string model_;
  std::deque<std::string> lines_;
};

}  // namespace
}  // namespace ocfs2::probe

int main(int count, char** words) {
  if (count < 4 || count > 5) {
    std::fprintf(stderr, "usage: random_io FILE SEED OPERATIONS [BYTES_MAX]\n");
    return 2;
  }
  const auto number = [&](int index) { return std::strtoull(words[index], nullptr, 10); };
  ocfs2::probe::RandomIo(words[1], number(2), count > 4 ? number(4) : 262144).run(number(3));
  return 0;
}
