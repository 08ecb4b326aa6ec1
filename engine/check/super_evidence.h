// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the rest of a volume says about its superblock. Used before there is a volume to speak of, on bytes of
// which nothing is believed.
#pragma once

#include <vector>

#include "engine/check/super_choice.h"

namespace ocfs2 {

/// True when enough of what every superblock has is there: `block` may be a superblock with a fault.
bool looks_like_super_of(ConstBytes block, u32 block_size);

/// Puts right in `block` what the place of the superblock or the rest of the volume proves, and tells what
/// that was. Checksums are not looked at.
std::vector<SuperChoice::Field> mend_super_fields(BlockDevice& device, Bytes block);

/// True when the first cluster group and the directories that `block` names are there and of its volume: two
/// of the three at least.
bool volume_agrees(BlockDevice& device, ConstBytes block);
/// The same where the beginning of the volume is overwritten: most of the other cluster groups are there.
bool cluster_groups_agree(BlockDevice& device, ConstBytes block);

}  // namespace ocfs2
