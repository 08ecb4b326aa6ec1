// SPDX-License-Identifier: GPL-2.0-or-later
//
// The packed metadata image that o2image writes (spec: ondisk.md 13.1): this header in one block, the stored
// blocks in ascending order, and a bitmap of which blocks they are.
#pragma once

#include <algorithm>

#include "ondisk/field.h"
#include "ondisk/judgement.h"

namespace ocfs2 {

struct ImageHeader {
  static constexpr u32 magic_number = 0x72A3D45F;
  static constexpr char magic_text[16] = "OCFS2 IMAGE";
  static constexpr u64 version_number = 1;
  static constexpr u64 bitmap_block_size = 4096;

  le32 magic;
  le32 timestamp;
  std::array<char, 16> magic_string;
  le64 version;
  le64 volume_blocks;
  le64 block_size;
  le64 stored_blocks;
  le64 bitmap_block_bytes;
  le64 super_count;                        ///< backup superblocks stored
  std::array<le64, 6> super_blocks;        ///< image block of each

  /// The text up to its NUL: behind that, and in super_blocks behind the last one, the reference leaves what
  /// was in its memory.
  bool says_image() const { return std::equal(magic_text, magic_text + 12, magic_string.begin()); }

  /// Blocks of bitmap_block_size bytes that the bitmap takes.
  u64 bitmap_blocks() const { return volume_blocks / 32768 + (volume_blocks % 32768 != 0); }
};

/// Judges the header alone: magics, version, sizes, and that everything it counts can be.
void judge_image_header(const ImageHeader& header, Judgement& judgement);

template <>
struct FieldTable<ImageHeader> {
  using Self = ImageHeader;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x00, magic, "hdr_magic", hex),
      OCFS2_FIELD(0x04, timestamp, "hdr_timestamp", seconds),
      OCFS2_FIELD(0x08, magic_string, "hdr_magic_string", text),
      OCFS2_FIELD(0x18, version, "hdr_version", number),
      OCFS2_FIELD(0x20, volume_blocks, "hdr_fsblkcnt", number),
      OCFS2_FIELD(0x28, block_size, "hdr_fsblksz", number),
      OCFS2_FIELD(0x30, stored_blocks, "hdr_imgblkcnt", number),
      OCFS2_FIELD(0x38, bitmap_block_bytes, "hdr_bmpblksz", number),
      OCFS2_FIELD(0x40, super_count, "hdr_superblkcnt", number),
      OCFS2_FIELD(0x48, super_blocks, "hdr_superblocks", number),
  };
};
static_assert(tiles(fields_of<ImageHeader>, sizeof(ImageHeader)));

}  // namespace ocfs2
