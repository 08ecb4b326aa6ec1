// SPDX-License-Identifier: GPL-2.0-or-later
//
// Metadata checksum and error correction (spec: ondisk.md 10): a CRC-32 to notice damage, and a Hamming code that
// can mend a single flipped bit. Volumes with the metaecc feature carry both in every metadata block.
#pragma once

#include "ondisk/field.h"

namespace ocfs2 {

struct BlockCheck {
  le32 crc;
  le16 ecc;
  le16 reserved;
};

namespace detail {
using Self = BlockCheck;
inline constexpr Field block_check_fields[] = {
    OCFS2_FIELD(0x0, crc, "bc_crc32e", hex),
    OCFS2_FIELD(0x4, ecc, "bc_ecc", hex),
    OCFS2_FIELD(0x6, reserved, "bc_reserved1", reserved),
};
}  // namespace detail

template <>
inline constexpr std::span<const Field> fields_of<BlockCheck> = detail::block_check_fields;
static_assert(tiles(fields_of<BlockCheck>, sizeof(BlockCheck)));

}  // namespace ocfs2
