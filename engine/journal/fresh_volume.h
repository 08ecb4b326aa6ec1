// SPDX-License-Identifier: GPL-2.0-or-later
//
// The WriteAhead of formatting. What is being made is not a volume until `finish`: blocks go straight to
// their places, nothing can be opened meanwhile because the superblock is written last of all, when
// everything else is durable. No memory is spent on undoing: there is nothing to undo but the attempt.
//
//     FreshVolume fresh(device, block_size);
//     fresh.begin(discard);                    // whatever was here is gone, and can no longer be opened
//     ... commits, write_data, zero_data ...
//     fresh.finish(supers);                    // now it is a volume
//
// When it dies between `begin` and `finish` by an exception, the destructor takes the attempt away again;
// when the machine dies, the device holds no superblock.
#pragma once

#include "engine/journal/write_ahead.h"

namespace ocfs2 {

class FreshVolume final : public WriteAhead {
 public:
  FreshVolume(BlockDevice& device, u32 block_size) : device_(device), block_size_(block_size) {}
  ~FreshVolume() override;
  FreshVolume(const FreshVolume&) = delete;
  FreshVolume& operator=(const FreshVolume&) = delete;

  /// Makes any old volume unopenable, in the order that never leaves a half of it to be believed: the places
  /// of backup superblocks, then the first and the last MiB of the device (spec: ondisk.md 1.2, 1.3). With
  /// `discard` the device is then told that the rest does not matter either. Throws Error(io).
  void begin(bool discard);

  /// Writes `blocks` in place, in device order, neighbours joined. Durable only after `finish`.
  void commit(std::span<const BlockImage> blocks) override;
  void write_data(u64 offset, ConstBytes bytes) override;
  void zero_data(u64 offset, u64 length) override;

  /// Flushes all, writes the superblocks (the backups first, the one at block 2 last) and flushes again.
  /// `supers` holds the primary exactly once. Throws Error(io); the device then holds no volume.
  void finish(std::span<const BlockImage> supers);
  /// Takes the attempt away: nothing that could be taken for a volume stays. Throws Error(io).
  void abandon();

 private:
  void wipe_backups();
  void wipe_ends();

  BlockDevice& device_;
  u32 block_size_;
  bool half_made_ = false;  ///< after `begin`, before `finish` or `abandon`
};

}  // namespace ocfs2
