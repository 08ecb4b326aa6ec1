// SPDX-License-Identifier: GPL-2.0-or-later
//
// Metadata checksum and error correction (spec: ondisk.md 10): a CRC-32 to notice damage, and a Hamming code
// that can mend a single flipped bit. Volumes with the metaecc feature carry both in every metadata block.
#pragma once

#include "ondisk/field.h"

namespace ocfs2 {

struct BlockCheck {
  le32 crc;
  le16 ecc;
  le16 reserved;
};

template <>
struct FieldTable<BlockCheck> {
  using Self = BlockCheck;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, crc, "bc_crc32e", hex),
      OCFS2_FIELD(0x4, ecc, "bc_ecc", hex),
      OCFS2_FIELD(0x6, reserved, "bc_reserved1", reserved),
  };
};
static_assert(tiles(fields_of<BlockCheck>, sizeof(BlockCheck)));

/// Bytes that a check covers at most: a block, or an xattr bucket.
inline constexpr u32 check_region_max = 4096;

/// CRC-32 with the reflected polynomial 0xEDB88320 and no final inversion, over `bytes`, going on from
/// `initial`. The format uses it with two starts: all ones for block checks, 0 for heartbeat blocks and
/// message keys.
u32 crc32(ConstBytes bytes, u32 initial);

/// The Hamming code over all bits of `bytes` (at most check_region_max of them).
u16 hamming(ConstBytes bytes);

/// What the check of `region` must be. The check itself lies `check_offset` bytes into the region and counts
/// as zero. region.size() ≤ check_region_max, check_offset + 8 ≤ region.size().
BlockCheck compute_check(ConstBytes region, u32 check_offset);

/// Where the check of a region lies: `offset` as a BlockKind has it, negative ones counting from the region's
/// end.
constexpr u32 check_position(s32 offset, std::size_t region_bytes) {
  return offset < 0 ? static_cast<u32>(region_bytes) - static_cast<u32>(-offset) : static_cast<u32>(offset);
}

enum class CheckResult {
  good,    ///< the CRC agrees
  mended,  ///< one flipped bit was put right; the CRC agrees now
  bad,     ///< damaged beyond what the code can mend; the region is as it was
};

/// Compares the CRC that `region` carries, and mends a single flipped bit of the data (spec: ondisk.md 10.3).
CheckResult verify_and_mend(Bytes region, u32 check_offset);
/// The same without mending: true when the CRC agrees.
bool verify_check(ConstBytes region, u32 check_offset);

}  // namespace ocfs2
