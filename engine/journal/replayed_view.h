// SPDX-License-Identifier: GPL-2.0-or-later
//
// A device as it would be after the replay of its journals, for whoever may only look: fsck -n, debugfs,
// o2image. Nothing is written, and nothing of the logs is held: a block that a replay would put in its place
// is read from the log, where it lies already.
//
// The logs and the journals' inodes themselves are shown as they stand on the device: dirty.
#pragma once

#include <vector>

#include "engine/io/read_only_device.h"
#include "engine/journal/journal_reader.h"

namespace ocfs2 {

class ReplayedView final : public ReadOnlyDevice {
 public:
  /// Shows `device` as it is, until logs are added. It must outlive this.
  ReplayedView(BlockDevice& device, u32 block_size) : device_(device), block_size_(block_size) {}

  /// Shows what a replay of this log would put in place, on top of the logs added before. Takes 16 bytes of
  /// memory a block. Throws Error(corrupt) when the scan found damage, Error(io).
  void add(JournalReader& log, const LogScan& scan);
  std::size_t blocks() const { return blocks_.size(); }  ///< how many are shown from logs

  const std::string& name() const override { return device_.name(); }
  u64 size_bytes() const override { return device_.size_bytes(); }
  u32 sector_size() const override { return device_.sector_size(); }
  void read(u64 offset, Bytes into) override;
  void read_many(std::span<ReadRequest> requests) override;

 private:
  [[noreturn]] void refuse_change() const override;
  struct Shown {
    u64 block;
    u64 copy : 63;  ///< the block of the device that is shown in its place
    u64 escaped : 1;
  };
  /// Part of a request that lies in one shown block.
  struct Piece {
    const Shown* shown;
    u32 within;  ///< bytes into the block
    Bytes into;
  };
  std::vector<Piece> pieces(u64 offset, Bytes into) const;
  void put_magic_back(const Piece& piece) const;

  BlockDevice& device_;
  u32 block_size_;
  std::vector<Shown> blocks_;  ///< by block
};

}  // namespace ocfs2
