// SPDX-License-Identifier: GPL-2.0-or-later
//
// Putting a set of blocks in its place: what every WriteAhead does once the set is safe. Blocks go out in
// device order and neighbours go out together, since a request costs more than the bytes in it.
#pragma once

#include "engine/journal/write_ahead.h"

namespace ocfs2 {

/// Largest request that joins neighbouring blocks, in bytes; one block alone may be larger.
inline constexpr u64 joined_request_bytes = 1 << 20;

/// Writes each of `blocks` at its place on `device`; durable after the next flush. An image may cover several
/// blocks; no two may overlap. Throws Error(io).
void write_in_place(BlockDevice& device, WriteKey key, u32 block_size, std::span<const BlockImage> blocks);

}  // namespace ocfs2
