// SPDX-License-Identifier: GPL-2.0-or-later
//
// A device that seems to be written: what is written stays in memory, the device below is only read. For
// trying a repair, and for reading a volume as it would be after one. Takes as much memory as was written,
// and next to none for zeros. Several threads may read, while no more than one writes.
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <vector>

#include "engine/io/reversible_device.h"

namespace ocfs2 {

class OverlayDevice final : public ReversibleDevice {
 public:
  static constexpr u64 piece_bytes = 4096;  ///< what is kept, in multiples of this

  /// `below` must outlive this. Throws Error(no_space) from writing once more than `most_bytes` are held.
  OverlayDevice(BlockDevice& below, u64 most_bytes) : below_(below), most_bytes_(most_bytes) {}

  u64 held_bytes() const { return held_ * piece_bytes; }

  const std::string& name() const override { return below_.name(); }
  u64 size_bytes() const override { return below_.size_bytes(); }
  u32 sector_size() const override { return below_.sector_size(); }
  void read(u64 offset, Bytes into) override;
  void read_many(std::span<ReadRequest> requests) override;
  void write(WriteKey, u64 offset, ConstBytes bytes) override;
  void zero(WriteKey, u64 offset, u64 length) override;
  bool discard(WriteKey, u64, u64) override { return false; }
  void flush() override {}

 private:
  using Piece = std::unique_ptr<std::vector<u8>>;  ///< null: zeros
  void cover(u64 offset, Bytes into) const;
  bool covers(u64 offset, u64 length) const;
  std::vector<u8>& writable(u64 index);
  void put(u64 offset, u64 length, const u8* bytes);

  BlockDevice& below_;
  u64 most_bytes_;
  mutable std::shared_mutex mutex_;
  std::map<u64, Piece> pieces_;  ///< by offset / piece_bytes
  u64 held_ = 0;                 ///< pieces that are not zeros
};

}  // namespace ocfs2
