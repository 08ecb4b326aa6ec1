// SPDX-License-Identifier: GPL-2.0-or-later
//
// A block device or an image file. Block devices are read and written past the page cache (O_DIRECT): on a
// shared disk other nodes' writes must be seen, and what we flushed must be where they look. Requests that do
// not fit the device's sectors go through an aligned buffer. Files are cached as usual unless asked
// otherwise.
//
// Several threads may read at the same time.
#pragma once

#include <atomic>
#include <memory>

#include "engine/io/block_device.h"
#include "engine/io/transfer_queue.h"

namespace ocfs2 {

enum class Access {
  read_only,
  read_write,
  /// Read and write, and alone: fails when the block device is mounted or part of something, or another of
  /// our programs has the image file open like this. It says nothing about other hosts.
  exclusive,
};

enum class Caching {
  automatic,  ///< block devices direct, files buffered
  buffered,   ///< through the page cache
  direct,     ///< past the page cache, where file system and file size allow it; `caching()` tells
};

/// What went over the device so far.
struct DeviceCounters {
  u64 reads, writes, flushes;  ///< requests to the system; a batch counts each of its merged requests
  u64 bytes_read, bytes_written;
  u64 bytes_zeroed, bytes_discarded;  ///< ranges that the device was told about, not sent
};

class FileDevice final : public BlockDevice {
 public:
  /// Opens what is at `path`; waits up to two seconds for a program that changes an image file. Throws Error:
  /// not_found; invalid_argument for a directory, a terminal and the like; busy in exclusive mode; io when
  /// permission is missing or the device is write-protected.
  static std::unique_ptr<FileDevice> open(const std::string& path, Access access,
                                          Caching caching = Caching::automatic);
  /// Makes a file that was not there and grows as it is written; for undo files and images.
  /// Throws Error(invalid_argument) when there is something at `path`.
  static std::unique_ptr<FileDevice> create(const std::string& path);
  ~FileDevice() override;
  FileDevice(const FileDevice&) = delete;
  FileDevice& operator=(const FileDevice&) = delete;

  const std::string& name() const override { return path_; }
  u64 size_bytes() const override { return size_bytes_; }
  u32 sector_size() const override { return sector_size_; }
  void read(u64 offset, Bytes into) override;
  void read_many(std::span<ReadRequest> requests) override;
  void write(WriteKey, u64 offset, ConstBytes bytes) override;
  void write_many(WriteKey, std::span<const WriteRequest> requests) override;
  void zero(WriteKey, u64 offset, u64 length) override;
  bool discard(WriteKey, u64 offset, u64 length) override;
  /// Once it failed it fails for ever: the kernel reports a lost write only once.
  void flush() override;

  bool is_block_device() const { return is_block_device_; }
  /// Others may have the block device exclusively from here on: the kernel, for a mount on our behalf.
  void stop_excluding();
  /// Files may be written past their end, which makes them longer: image containers, undo files.
  void let_grow();
  /// Large writes to a file leave nothing in the page cache from now on, where the kernel can do that (Linux
  /// 6.14): whoever sends them has them in memory once already.
  void cache_no_large_writes() { caches_large_writes_ = false; }
  Caching caching() const { return unit_ > 1 ? Caching::direct : Caching::buffered; }
  DeviceCounters counters() const;
  /// The parallel requests of read_many and write_many.
  TransferQueue& queue() { return queue_; }

 private:
  struct Piece;  ///< part of a batch
  struct Run;    ///< pieces that follow each other: one request
  FileDevice(std::string path, int file);
  void learn_size(Access access);
  void go_direct(Caching caching);

  bool fits(u64 offset, ConstBytes bytes) const;
  int read_aligned(u64 offset, Bytes into);
  int write_aligned(u64 offset, ConstBytes bytes);
  s64 write_some(u64 offset, ConstBytes bytes);
  int read_fully(u64 offset, Bytes into);
  int write_fully(u64 offset, ConstBytes bytes);
  void transfer(Direction direction, std::span<Piece> pieces);
  void transfer_wave(Direction direction, std::span<Piece> pieces);
  Run plan(Direction direction, std::span<Piece> pieces) const;
  void finish(Direction direction, const Run& run);
  void begin_writeback();
  void require_writable_range(std::string_view verb, u64 offset, u64 length);

  bool punch(u64 offset, u64 length);
  u64 zero_by_device(u64 offset, u64 length);
  void zero_what_is_not(u64 offset, u64 length);

  struct Counters {
    std::atomic<u64> reads, writes, flushes, bytes_read, bytes_written, bytes_zeroed, bytes_discarded;
  };

  std::string path_;
  int file_;
  int writeback_file_ = -1;  ///< the same, opened once more
  bool is_block_device_ = false;
  bool grows_ = false;
  bool caches_large_writes_ = true;
  bool flush_failed_ = false;
  u64 device_number_ = 0;  ///< of a block device
  u64 size_bytes_ = 0;
  u32 sector_size_ = 512;
  u32 unit_ = 1;  ///< offsets and lengths of direct requests are multiples of this; 1: buffered
  TransferQueue queue_;
  Counters counters_{};
};

}  // namespace ocfs2
