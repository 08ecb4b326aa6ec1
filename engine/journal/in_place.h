// SPDX-License-Identifier: GPL-2.0-or-later
//
// Putting a set of blocks in its place: what every WriteAhead does once the set is safe. Blocks go out in
// device order, so that the device can join neighbours: a request costs more than the bytes in it.
#pragma once

#include "engine/journal/write_ahead.h"

namespace ocfs2 {

/// Writes each of `blocks` at its place on `device`; durable after the next flush. An image may cover several
/// blocks; no two may overlap. Throws Error(io).
void write_in_place(BlockDevice& device, WriteKey key, u32 block_size, std::span<const BlockImage> blocks);

}  // namespace ocfs2
