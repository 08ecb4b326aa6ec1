// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/file_device.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/io/aligned_buffer.h"
#include "engine/io/device_errors.h"

namespace ocfs2 {
namespace {

constexpr u64 request_bytes_max = 8 << 20;  ///< of one system call
constexpr u64 bounce_bytes = 1 << 20;       ///< of the buffer for requests that do not fit the sectors

constexpr u64 large_write_bytes = 64 << 10;
constexpr int uncached = 0x80;  ///< RWF_DONTCACHE, which headers of before Linux 6.14 lack

constexpr u64 round_down(u64 value, u64 unit) { return value / unit * unit; }

}  // namespace

bool FileDevice::fits(u64 offset, ConstBytes bytes) const {
  if (unit_ == 1) return true;
  return offset % unit_ == 0 && bytes.size() % unit_ == 0 &&
         reinterpret_cast<std::uintptr_t>(bytes.data()) % unit_ == 0;
}

/// Returns 0 or an errno value. A file that ends too early is a device error: the range was checked before.
int FileDevice::read_aligned(u64 offset, Bytes into) {
  while (!into.empty()) {
    const std::size_t wanted = std::min<u64>(into.size(), request_bytes_max);
    const ssize_t got = pread(file_, into.data(), wanted, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got < 0 ? errno : EIO;
    counters_.reads++;
    counters_.bytes_read += static_cast<u64>(got);
    offset += static_cast<u64>(got);
    into = into.subspan(static_cast<std::size_t>(got));
  }
  return 0;
}

/// As pwrite(2).
s64 FileDevice::write_some(u64 offset, ConstBytes bytes) {
  if (!caches_large_writes_ && bytes.size() >= large_write_bytes) {
    const iovec piece{const_cast<u8*>(bytes.data()), bytes.size()};
    const ssize_t put = pwritev2(file_, &piece, 1, static_cast<off_t>(offset), uncached);
    if (put >= 0) return put;
    caches_large_writes_ = true;  // the kernel cannot, or what is wrong shows below, too
  }
  return pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
}

int FileDevice::write_aligned(u64 offset, ConstBytes bytes) {
  while (!bytes.empty()) {
    const std::size_t wanted = std::min<u64>(bytes.size(), request_bytes_max);
    const s64 put = write_some(offset, bytes.first(wanted));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return put < 0 ? errno : EIO;
    counters_.writes++;
    counters_.bytes_written += static_cast<u64>(put);
    offset += static_cast<u64>(put);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return 0;
}

int FileDevice::read_fully(u64 offset, Bytes into) {
  if (fits(offset, into)) return read_aligned(offset, into);
  const AlignedBuffer buffer(std::min(bounce_bytes, round_up(into.size(), unit_) + unit_), unit_);
  while (!into.empty()) {
    const u64 from = round_down(offset, unit_);
    const u64 to = std::min(round_up(offset + into.size(), unit_), from + buffer.bytes().size());
    if (const int error = read_aligned(from, buffer.bytes().first(to - from))) return error;
    const u64 part = std::min<u64>(into.size(), to - offset);
    std::copy_n(buffer.bytes().begin() + (offset - from), part, into.begin());
    offset += part;
    into = into.subspan(part);
  }
  return 0;
}

int FileDevice::write_fully(u64 offset, ConstBytes bytes) {
  if (fits(offset, bytes)) return write_aligned(offset, bytes);
  const AlignedBuffer buffer(std::min(bounce_bytes, round_up(bytes.size(), unit_) + unit_), unit_);
  while (!bytes.empty()) {
    const u64 from = round_down(offset, unit_);
    const u64 to = std::min(round_up(offset + bytes.size(), unit_), from + buffer.bytes().size());
    const Bytes sectors = buffer.bytes().first(to - from);
    const u64 part = std::min<u64>(bytes.size(), to - offset);
    // Sectors that we fill only partly keep the rest of what they hold.
    if (offset > from)
      if (const int error = read_aligned(from, sectors.first(unit_))) return error;
    if (offset + part < to)
      if (const int error = read_aligned(to - unit_, sectors.last(unit_))) return error;
    std::copy_n(bytes.begin(), part, sectors.begin() + (offset - from));
    if (const int error = write_aligned(from, sectors)) return error;
    offset += part;
    bytes = bytes.subspan(part);
  }
  return 0;
}

void FileDevice::read(u64 offset, Bytes into) {
  require_inside(*this, "read", offset, into.size());
  if (const int error = read_fully(offset, into)) fail_transfer(*this, "read", offset, into.size(), error);
}

void FileDevice::require_writable_range(std::string_view verb, u64 offset, u64 length) {
  const u64 file_bytes_max = u64{1} << 62;
  if (grows_ && lies_inside(offset, length, file_bytes_max)) return;
  require_inside(*this, verb, offset, length);
}

void FileDevice::write(WriteKey, u64 offset, ConstBytes bytes) {
  require_writable_range("write", offset, bytes.size());
  if (const int error = write_fully(offset, bytes))
    fail_transfer(*this, "write", offset, bytes.size(), error);
  if (grows_) size_bytes_ = std::max<u64>(size_bytes_, offset + bytes.size());
}

void FileDevice::flush() {
  if (flush_failed_) fail_flush(*this, EIO);
  counters_.flushes++;
  // A file may have grown or got new blocks, so its inode has to go too.
  const int result = is_block_device_ ? fdatasync(file_) : fsync(file_);
  if (result == 0) return;
  const int error = errno;
  flush_failed_ = error != EINTR;
  fail_flush(*this, error);
}

}  // namespace ocfs2
