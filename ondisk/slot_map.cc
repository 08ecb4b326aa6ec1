// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/slot_map.h"

#include <algorithm>

#include "ondisk/records.h"

namespace ocfs2 {

std::vector<std::optional<u32>> decode_slot_map(ConstBytes map, bool extended, u32 slots) {
  std::vector<std::optional<u32>> nodes(std::min(slots, slots_max));
  if (extended) {
    const auto records = records_in<ExtendedSlot>(map, 0, nodes.size());
    for (std::size_t i = 0; i < records.size(); ++i)
      if (records[i].valid != 0) nodes[i] = records[i].node;
  } else {
    const auto records = records_in<le16>(map, 0, nodes.size());
    for (std::size_t i = 0; i < records.size(); ++i)
      if (records[i] != no_slot) nodes[i] = records[i];
  }
  return nodes;
}

bool set_slot(Bytes map, bool extended, u32 slot, std::optional<u32> node) {
  if (map.size() < slot_map_bytes(extended, slot) + slot_map_bytes(extended, 1)) return false;
  if (extended) {
    ExtendedSlot& record = as<ExtendedSlot>(map.subspan(slot_map_bytes(true, slot)));
    record = {.valid = static_cast<u8>(node.has_value()), .reserved = {}, .node = node.value_or(0)};
  } else {
    as<le16>(map.subspan(slot_map_bytes(false, slot))) = static_cast<u16>(node.value_or(no_slot));
  }
  return true;
}

void clear_slot_map(Bytes map, bool extended) { std::fill(map.begin(), map.end(), extended ? 0x00 : 0xFF); }

}  // namespace ocfs2
