// SPDX-License-Identifier: GPL-2.0-or-later
//
// The journals of a volume, by slot: where their logs lie, what no transaction may touch.
#pragma once

#include "engine/journal/slot_journal.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

/// Where the log of `slot` lies. Throws Error(corrupt) when the journal is missing or has holes.
LogMap journal_map(Volume& volume, u32 slot);

/// Reads the log of `slot`, whether or not it is dirty. Throws what journal_map and JournalReader do.
JournalReader open_journal_reader(Volume& volume, u32 slot);

/// The journal of `slot`, to change the volume through it or to replay it; `now` tells seconds since 1970.
/// Whoever calls this holds the volume.
std::unique_ptr<SlotJournal> open_slot_journal(Volume& volume, u32 slot, std::function<u64()> now);

}  // namespace ocfs2
