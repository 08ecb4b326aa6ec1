// SPDX-License-Identifier: GPL-2.0-or-later
//
// The few rules that nearly every judge needs. Included by judges only.
#pragma once

#include "ondisk/judgement.h"

namespace ocfs2 {

/// A judge of a block looks no further when this is false: the bytes are not one block of the volume.
inline bool is_whole_block(ConstBytes block, const Place& place, Judgement& judgement) {
  judgement.equal("block size", block.size(), place.geometry().block_size());
  return block.size() == place.geometry().block_size();
}

/// A reference to another block: 0 for none, else inside the volume and behind the superblock.
inline void judge_reference(std::string_view field, u64 block, const Place& place, Judgement& judgement) {
  if (block == 0) return;
  judgement.holds(block > super_block_no.value && place.geometry().contains(BlockNo(block)), field,
                  "must lie inside the volume", block);
}

/// The same where there must be a block.
inline void judge_needed_reference(std::string_view field, u64 block, const Place& place,
                                   Judgement& judgement) {
  if (block == 0) judgement.holds(false, field, "must name a block");
  judge_reference(field, block, place, judgement);
}

/// Whose allocator a block of metadata comes from.
inline void judge_slot(std::string_view field, u16 slot, const Place& place, Judgement& judgement) {
  judgement.holds(slot < place.volume.max_slots, field, "must be a slot of the volume", slot);
}

/// A run of clusters, given by its first block, lies inside the volume.
inline bool run_inside(u64 block, u64 clusters, const Geometry& geometry) {
  return block > super_block_no.value && geometry.contains(BlockNo(block)) &&
         clusters <= (geometry.blocks() - block) / geometry.blocks_per_cluster();
}

}  // namespace ocfs2
