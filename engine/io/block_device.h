// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every byte of a device goes through this seam. It is small so that tests can own it: a device in memory,
// one that records each write, one that fails or tears at a chosen call.
//
// Writing needs a WriteKey, which only the WriteAhead implementations can make (and the disk heartbeat, for
// its own sector): nobody else can put a byte on a device, whatever device it is.
#pragma once

#include <string>

#include "ondisk/integers.h"

namespace ocfs2 {

class WriteKey {
 private:
  WriteKey() = default;
  friend class FreshVolume;
  friend class SlotJournal;
  friend class UndoFile;
  friend class SingleBlocks;
  friend class HeartbeatSector;
  friend class Wrecker;     // damages on purpose; the judges would refuse it
  friend class UndoDevice;  // its undo file, which is a device too
  friend class UndoReader;      // puts the old bytes back
  friend class RestoredVolume;  // puts what an image holds in its place
  friend class TestKey;     // tests/worlds own this seam
};

/// One piece of a batched read. `error` is 0 or an errno value once read_many returned.
struct ReadRequest {
  u64 offset;  ///< bytes
  Bytes into;
  int error = 0;
};

/// One piece of a batched write. No two pieces of a batch may overlap.
struct WriteRequest {
  u64 offset;  ///< bytes
  ConstBytes bytes;
};

class BlockDevice {
 public:
  virtual ~BlockDevice() = default;

  virtual const std::string& name() const = 0;  ///< as the user gave it, for messages
  virtual u64 size_bytes() const = 0;
  virtual u32 sector_size() const = 0;  ///< smallest unit that the device writes whole: 512 … 4096

  /// Reads exactly `into.size()` bytes. Throws Error(io) naming device and offset, also past the end.
  virtual void read(u64 offset, Bytes into) = 0;
  /// Reads many pieces, in any order and in parallel where the system can; failures are left in the requests.
  virtual void read_many(std::span<ReadRequest> requests) = 0;

  /// Writes all of `bytes`; durable after the next flush. Throws Error(io) naming device and offset.
  virtual void write(WriteKey, u64 offset, ConstBytes bytes) = 0;
  /// Writes many pieces, in any order and in parallel where the system can: ten times as fast as one by one
  /// on a real disk. Durable after the next flush. When it throws, any of the pieces may have been written.
  virtual void write_many(WriteKey key, std::span<const WriteRequest> requests) {
    for (const WriteRequest& request : requests) write(key, request.offset, request.bytes);
  }
  /// Makes a range read as zeros, by asking the device rather than by sending zeros where that is possible.
  virtual void zero(WriteKey, u64 offset, u64 length) = 0;
  /// Tells the device that a range's content does not matter any more: it may read as anything until it is
  /// written. True when the device took the hint.
  virtual bool discard(WriteKey, u64 offset, u64 length) = 0;
  /// Makes everything written so far durable.
  virtual void flush() = 0;
};

}  // namespace ocfs2
