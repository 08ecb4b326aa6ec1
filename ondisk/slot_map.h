// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which node uses which slot (spec: ondisk.md 6.1). The slot map file has one of two forms: an array of
// 16-bit node numbers, or, with the extended-slotmap feature, an array of the records below. It carries no
// check and is never journaled.
#pragma once

#include <optional>
#include <vector>

#include "ondisk/judgement.h"

namespace ocfs2 {

struct ExtendedSlot {
  u8 valid;  ///< 0: free
  std::array<u8, 3> reserved;
  le32 node;
};

/// The node in each of `slots` slots, nothing for a free one. Slots beyond the end of `map` are free.
std::vector<std::optional<u32>> decode_slot_map(ConstBytes map, bool extended, u32 slots);
/// Puts `node` (or nothing) into a slot. False when the slot lies beyond the map.
bool set_slot(Bytes map, bool extended, u32 slot, std::optional<u32> node);
/// Bytes that `slots` slots need.
constexpr u64 slot_map_bytes(bool extended, u32 slots) { return u64{slots} * (extended ? 8 : 2); }
/// Fills a whole map with free slots.
void clear_slot_map(Bytes map, bool extended);

template <>
struct FieldTable<ExtendedSlot> {
  using Self = ExtendedSlot;
  static constexpr Field rows[] = {
      OCFS2_FIELD(0x0, valid, "es_valid", number),
      OCFS2_FIELD(0x1, reserved, "es_reserved1", reserved),
      OCFS2_FIELD(0x4, node, "es_node_num", number),
  };
};
static_assert(tiles(fields_of<ExtendedSlot>, sizeof(ExtendedSlot)));

}  // namespace ocfs2
