// SPDX-License-Identifier: GPL-2.0-or-later
//
// Taking slots away (spec: commands.md 3.2 -N).
//
// What a slot's inode and extent allocators have given out belongs to users, so their groups move to the
// allocators of the slots that stay, one transaction a group: with the group go the blocks in it, each of
// which says whose allocator it is from. Then one transaction removes the slot's files and counts one slot
// less. A volume is sound between any two of these; a command that was cut off goes on where it was.
#pragma once

#include "engine/tune/operation.h"

namespace ocfs2 {

/// What it takes to keep the first `slots` of the volume's slots; there are more. Throws Error(busy), naming
/// the slot and what to do, when something in a slot that goes has not been finished.
Change plan_fewer_slots(Tuning& tuning, u32 slots);

}  // namespace ocfs2
