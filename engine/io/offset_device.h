// SPDX-License-Identifier: GPL-2.0-or-later
//
// A window onto another device: the volume that lies somewhere inside an image of a whole disk.
#pragma once

#include <memory>
#include <optional>

#include "engine/io/block_device.h"

namespace ocfs2 {

class OffsetDevice final : public BlockDevice {
 public:
  /// The part of `whole` from byte `offset` on, `length` bytes long or up to the end. `offset` is a multiple
  /// of the sector size. Throws Error(invalid_argument) otherwise, and when nothing or not all of it lies
  /// inside.
  OffsetDevice(std::unique_ptr<BlockDevice> whole, u64 offset, std::optional<u64> length = {});

  const std::string& name() const override { return name_; }  ///< "disk.img@1048576"
  u64 size_bytes() const override { return length_; }
  u32 sector_size() const override { return whole_->sector_size(); }
  void read(u64 offset, Bytes into) override;
  void read_many(std::span<ReadRequest> requests) override;
  void write(WriteKey key, u64 offset, ConstBytes bytes) override;
  void write_many(WriteKey key, std::span<const WriteRequest> requests) override;
  void zero(WriteKey key, u64 offset, u64 length) override;
  bool discard(WriteKey key, u64 offset, u64 length) override;
  void flush() override { whole_->flush(); }

 private:
  std::unique_ptr<BlockDevice> whole_;
  u64 start_;
  u64 length_;
  std::string name_;
};

}  // namespace ocfs2
