// SPDX-License-Identifier: GPL-2.0-or-later
//
// A device in memory: for trying a change before making it, and for tests. Only what was written takes room,
// so it may be 10 TiB large. A copy shares its pieces with the original until one of the two writes them: a
// copy is a snapshot that costs a pointer a piece.
#pragma once

#include <memory>
#include <unordered_map>

#include "engine/io/block_device.h"

namespace ocfs2 {

class MemoryDevice final : public BlockDevice {
 public:
  static constexpr u64 piece_bytes = 64 * 1024;

  /// `size_bytes` of zeros.
  explicit MemoryDevice(u64 size_bytes, std::string name = "memory", u32 sector_size = 512);

  const std::string& name() const override { return name_; }
  u64 size_bytes() const override { return size_bytes_; }
  u32 sector_size() const override { return sector_size_; }
  void read(u64 offset, Bytes into) override;
  void read_many(std::span<ReadRequest> requests) override;
  void write(WriteKey, u64 offset, ConstBytes bytes) override;
  void zero(WriteKey, u64 offset, u64 length) override;
  /// Always takes the hint; the range then reads as zeros.
  bool discard(WriteKey key, u64 offset, u64 length) override;
  void flush() override {}

  u64 held_bytes() const { return pieces_.size() * piece_bytes; }  ///< memory that the content takes
  /// True when both hold the same bytes.
  bool same_content(const MemoryDevice& other) const;

 private:
  using Piece = std::array<u8, piece_bytes>;
  const Piece* find(u64 index) const;
  Piece& writable(u64 index);
  void copy_out(u64 offset, Bytes into) const;

  std::string name_;
  u64 size_bytes_;
  u32 sector_size_;
  std::unordered_map<u64, std::shared_ptr<Piece>>
      pieces_;  ///< by offset / piece_bytes; what is absent is zero
};

}  // namespace ocfs2
