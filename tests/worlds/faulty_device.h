// SPDX-License-Identifier: GPL-2.0-or-later
//
// A device that breaks when and where a test says.
//
//     FaultyDevice device(good);
//     device.fail_call(Call::write, 3, ENOSPC);        // the third write fails, the fourth works again
//     device.fail_from_call(Call::flush, 1, EIO);      // no flush ever works
//     device.fail_reads_in(8 << 20, 4096);             // a bad block
//
// A failed write or zero does nothing at all; put a RecordingDevice below to see what did arrive.
#pragma once

#include <cerrno>
#include <map>
#include <vector>

#include "engine/io/block_device.h"

namespace ocfs2 {

/// What may be told to fail. A batch counts as one call for each of its pieces.
enum class Call { read, write, zero, discard, flush };

class FaultyDevice final : public BlockDevice {
 public:
  explicit FaultyDevice(BlockDevice& good) : good_(good) {}

  /// The `nth` call (1: the next one) fails with errno value `error`; the ones after it work.
  void fail_call(Call call, u64 nth, int error);
  /// The `nth` call and all later ones fail.
  void fail_from_call(Call call, u64 nth, int error);
  /// Every read that touches the range fails; by default with EIO.
  void fail_reads_in(u64 offset, u64 length, int error = EIO);
  /// Discarded ranges read as noise afterwards, as a device is free to do.
  void discard_leaves_noise() { noise_ = true; }
  /// Everything works again.
  void heal();

  u64 calls(Call call) const;  ///< how often it was called so far, failures included

  const std::string& name() const override { return good_.name(); }
  u64 size_bytes() const override { return good_.size_bytes(); }
  u32 sector_size() const override { return good_.sector_size(); }
  void read(u64 offset, Bytes into) override;
  void read_many(std::span<ReadRequest> requests) override;
  void write(WriteKey, u64 offset, ConstBytes bytes) override;
  void zero(WriteKey, u64 offset, u64 length) override;
  bool discard(WriteKey, u64 offset, u64 length) override;  ///< a failing one is a hint not taken
  void flush() override;

 private:
  struct Fault {
    Call call;
    u64 first, last;  ///< calls, counted from 1
    int error;
  };
  struct BadRange {
    u64 offset, length;
    int error;
  };
  int count(Call call);  ///< the errno value that this call shall fail with, or 0
  int count_read(u64 offset, u64 length);

  BlockDevice& good_;
  std::map<Call, u64> calls_;
  std::vector<Fault> faults_;
  std::vector<BadRange> bad_ranges_;
  bool noise_ = false;
};

}  // namespace ocfs2
