// SPDX-License-Identifier: GPL-2.0-or-later
//
// The packed metadata image of o2image (spec: ondisk.md 13.1), read as if it were the volume: blocks that it
// holds are there, all others cannot be read. And the two parts of it that are not blocks of a volume, for
// whoever writes one.
#pragma once

#include <memory>

#include "engine/io/block_set.h"
#include "engine/io/read_only_device.h"
#include "ondisk/image.h"

namespace ocfs2 {

class PackedImage final : public MetadataImage {
 public:
  /// The image in `file`. Throws Error(corrupt), in words, when its header contradicts itself or the file's
  /// length, or the bitmap does not count as many blocks as the header.
  explicit PackedImage(std::unique_ptr<BlockDevice> file);
  /// True when `start`, the first bytes of a file, are those of a packed image, sound or not.
  static bool begins_with(ConstBytes start);

  const ImageHeader& header() const { return header_; }
  u32 block_size() const { return static_cast<u32>(header_.block_size); }
  const BlockSet& stored() const { return stored_; }

  const std::string& name() const override { return file_->name(); }
  u64 size_bytes() const override { return header_.volume_blocks * header_.block_size; }  ///< of the volume
  u32 sector_size() const override { return block_size_min; }
  /// Throws Error(io) naming the block when one is not in the image.
  void read(u64 offset, Bytes into) override;
  void read_many(std::span<ReadRequest> requests) override;  ///< EIO for what is not in the image

 private:
  void read_bitmap();
  /// Cuts a request into those to the file. The first block that is not there, if any.
  std::optional<BlockNo> plan(u64 offset, Bytes into, std::vector<ReadRequest>& plan) const;

  std::unique_ptr<BlockDevice> file_;
  ImageHeader header_{};
  BlockSet stored_;
};

/// The header's block of an image that holds `stored` of a volume of `volume_blocks` blocks; `seconds` since
/// 1970.
std::vector<u8> packed_header(const BlockSet& stored, u64 volume_blocks, u32 block_size, u64 seconds);
/// Piece `index` of the bitmap, ImageHeader::bitmap_block_size bytes.
std::vector<u8> packed_bitmap(const BlockSet& stored, u64 index);

}  // namespace ocfs2
