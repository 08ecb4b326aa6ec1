// SPDX-License-Identifier: GPL-2.0-or-later
//
// A device whose small writes are gathered and go out together, neighbours joined and in parallel: on a disk
// past the page cache, each alone would cost a round trip. Reading sees all of them. Whoever fills a volume
// with files has one write a file.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "engine/io/block_device.h"

namespace ocfs2 {

class GatheredWrites final : public BlockDevice {
 public:
  /// `device` outlives this. What was gathered and not flushed is lost at the end.
  explicit GatheredWrites(BlockDevice& device) : device_(device) { bytes_.reserve(gathered_max); }

  const std::string& name() const override { return device_.name(); }
  u64 size_bytes() const override { return device_.size_bytes(); }
  u32 sector_size() const override { return device_.sector_size(); }
  void read(u64 offset, Bytes into) override;
  void read_many(std::span<ReadRequest> requests) override;
  /// Throws Error(io), perhaps that of a write before.
  void write(WriteKey key, u64 offset, ConstBytes bytes) override;
  void write_many(WriteKey key, std::span<const WriteRequest> requests) override;
  void zero(WriteKey key, u64 offset, u64 length) override;
  bool discard(WriteKey key, u64 offset, u64 length) override;
  void flush() override;

 private:
  static constexpr std::size_t gathered_max = 4 << 20;  ///< bytes

  struct Piece {
    std::size_t at = 0;  ///< in bytes_
    std::size_t length = 0;
  };
  void let_go();
  void let_go_of(u64 offset, u64 length);

  BlockDevice& device_;
  std::optional<WriteKey> key_;  ///< of whoever writes
  std::vector<u8> bytes_;
  std::map<u64, Piece> pieces_;  ///< by their place on the device
};

}  // namespace ocfs2
