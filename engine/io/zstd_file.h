// SPDX-License-Identifier: GPL-2.0-or-later
//
// Our image container: a packed image, compressed in frames that are found by a table at the end. It is a
// plain zstd file in the "seekable" form that zstd's own contributions describe, so that `zstd -dc` turns it
// into the packed image that all other tools know:
//
//     a skippable frame that says what this is: "OCFS2BOX IMAGE" and a version
//     frames of at most 2 MiB of the content, each with its checksum
//     a skippable frame with the table: compressed and plain size of each frame, their number, a magic
//
// Frames stand alone: they are compressed, read and found damaged one by one.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/io/read_only_device.h"

namespace ocfs2 {

inline constexpr u64 zstd_frame_bytes = 2 << 20;  ///< of the content

/// Compresses one frame after the other. Each thread has its own.
class ZstdPacker {
 public:
  ZstdPacker();
  ~ZstdPacker();
  ZstdPacker(const ZstdPacker&) = delete;
  ZstdPacker& operator=(const ZstdPacker&) = delete;

  std::vector<u8> frame(ConstBytes content);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// Sizes of a frame, as the table has them.
struct ZstdFrame {
  u32 packed_bytes, bytes;
};

std::vector<u8> zstd_file_start();
std::vector<u8> zstd_file_end(std::span<const ZstdFrame> frames);

/// The content of such a file, read-only.
class ZstdFile final : public MetadataImage {
 public:
  /// Throws Error(corrupt) when the file is cut off or its table cannot be, Error(unsupported) for a later
  /// version.
  explicit ZstdFile(std::unique_ptr<BlockDevice> file);
  /// True when `start`, the first bytes of a file, say that it is one of ours, sound or not.
  static bool begins_with(ConstBytes start);
  /// True when they are those of any other zstd file.
  static bool is_plain_zstd(ConstBytes start);

  const std::string& name() const override { return file_->name(); }
  u64 size_bytes() const override { return size_bytes_; }  ///< of the content
  u32 sector_size() const override { return 512; }
  /// Throws Error(io) naming the frame that is damaged.
  void read(u64 offset, Bytes into) override;
  void read_many(std::span<ReadRequest> requests) override;

 private:
  struct Place {
    u64 file_offset, offset;
    u32 packed_bytes, bytes;
  };
  using Content = std::shared_ptr<const std::vector<u8>>;
  struct Kept {
    Content content;
    std::list<std::size_t>::iterator age;
  };
  void read_start();
  void read_table();
  Content frame(std::size_t index);
  Content unpack(std::size_t index) const;
  void keep(std::size_t index, const Content& content);

  std::unique_ptr<BlockDevice> file_;
  std::vector<Place> frames_;
  u64 size_bytes_ = 0;
  std::mutex mutex_;  ///< of what follows
  std::map<std::size_t, Kept> kept_;
  std::list<std::size_t> ages_;  ///< least recently used first
};

}  // namespace ocfs2
