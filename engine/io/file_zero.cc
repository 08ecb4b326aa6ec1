// SPDX-License-Identifier: GPL-2.0-or-later
//
// Zeroing and discarding on a FileDevice: telling the storage is fast, sending zeros is slow, and on
// replicated storage each zero that is sent crosses the network. So zeros are sent only where nothing else
// helps, and only to where there are none yet: reading is local.
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "engine/error.h"
#include "engine/io/aligned_buffer.h"
#include "engine/io/device_errors.h"
#include "engine/io/file_device.h"
#include "engine/text_lines.h"
#include "ondisk/zeros.h"

namespace ocfs2 {
namespace {

constexpr u64 zero_step_bytes = u64{1} << 30;
constexpr u64 discard_step_bytes = u64{2} << 30;
constexpr u64 look_bytes = 1 << 20;      ///< read at once when looking for what is not zero
constexpr u64 granule_bytes = 4 * 1024;  ///< written at once when it is not

/// True when the device can make zeros by itself; otherwise the kernel would send them, without asking us.
bool makes_zeros(u64 device_number) {
  // A partition has no queue; its disk's directory is the one above.
  for (const char* queue : {"queue", "../queue"}) {
    const auto lines =
        lines_of(fmt::format("/sys/dev/block/{}:{}/{}/write_zeroes_max_bytes", gnu_dev_major(device_number),
                             gnu_dev_minor(device_number), queue));
    if (!lines.empty()) return lines.front() != "0";
  }
  return false;
}

}  // namespace

void FileDevice::zero(WriteKey, u64 offset, u64 length) {
  require_writable_range("zero", offset, length);
  if (grows_ && offset + length > size_bytes_) {
    if (ftruncate(file_, static_cast<off_t>(offset + length)) != 0)
      fail_transfer(*this, "zero", offset, length, errno);
    size_bytes_ = offset + length;
  }
  const u64 done = zero_by_device(offset, length);
  counters_.bytes_zeroed += done;
  zero_what_is_not(offset + done, length - done);
}

/// Returns how many bytes, from `offset` on, read as zeros now.
u64 FileDevice::zero_by_device(u64 offset, u64 length) {
  if (!is_block_device_) {
    if (punch(offset, length)) return length;
    const auto [from, bytes] = std::pair(static_cast<off_t>(offset), static_cast<off_t>(length));
    return fallocate(file_, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, from, bytes) == 0 ? length : 0;
  }
  if (offset % sector_size_ != 0 || !makes_zeros(device_number_)) return 0;
  const u64 whole_sectors = length / sector_size_ * sector_size_;
  u64 done = 0;
  while (done < whole_sectors) {
    u64 range[2] = {offset + done, std::min(whole_sectors - done, zero_step_bytes)};
    if (ioctl(file_, BLKZEROOUT, range) != 0) break;  // writing will tell what is wrong
    done += range[1];
  }
  return done;
}

void FileDevice::zero_what_is_not(u64 offset, u64 length) {
  const AlignedBuffer buffer(std::min(look_bytes, length) + granule_bytes, unit_);
  const std::vector<u8> zeros(look_bytes);
  while (length > 0) {
    // Up to a multiple of the piece, so that all but the ends are aligned.
    const u64 piece = std::min(length, look_bytes - offset % look_bytes);
    const Bytes content = buffer.bytes().first(piece);
    if (const int error = read_fully(offset, content)) fail_transfer(*this, "read", offset, piece, error);
    for (u64 at = 0; at < piece;) {
      const auto granule = [&](u64 from) {
        return content.subspan(from, std::min(granule_bytes, piece - from));
      };
      u64 end = at;
      while (end < piece && !is_zero(granule(end))) end += granule(end).size();
      if (end > at)
        if (const int error = write_fully(offset + at, ConstBytes(zeros).first(end - at)))
          fail_transfer(*this, "zero", offset + at, end - at, error);
      at = end < piece ? end + granule(end).size() : piece;
    }
    offset += piece;
    length -= piece;
  }
}

bool FileDevice::punch(u64 offset, u64 length) {
  return length == 0 || fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                  static_cast<off_t>(offset), static_cast<off_t>(length)) == 0;
}

bool FileDevice::discard(WriteKey, u64 offset, u64 length) {
  require_inside(*this, "discard", offset, length);
  if (!is_block_device_) {
    if (!punch(offset, length)) return false;
    counters_.bytes_discarded += length;
    return true;
  }
  const u64 end = (offset + length) / sector_size_ * sector_size_;
  for (u64 from = round_up(offset, sector_size_); from < end;) {
    u64 range[2] = {from, std::min(end - from, discard_step_bytes)};
    // Only a hint, so no reason to fail whatever the device says.
    if (ioctl(file_, BLKDISCARD, range) != 0) return false;
    counters_.bytes_discarded += range[1];
    from += range[1];
  }
  return true;
}

DeviceCounters FileDevice::counters() const {
  const Counters& now = counters_;
  return {now.reads,         now.writes,       now.flushes,        now.bytes_read,
          now.bytes_written, now.bytes_zeroed, now.bytes_discarded};
}

}  // namespace ocfs2
