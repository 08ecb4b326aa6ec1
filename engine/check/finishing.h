// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a check leaves on the volume when it ends: that it was checked and is sound, or that faults are left.
// A volume with faults is never marked clean.
#pragma once

#include <optional>
#include <string>

#include "engine/check/examiner.h"
#include "engine/check/mender.h"
#include "engine/check/super_choice.h"
#include "engine/reporter.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

/// Why a volume must be checked although its node said goodbye, in words that follow its name; nothing when
/// it need not be.
std::optional<std::string> reason_in_super(const SuperBlock& super, u64 now_seconds);
/// When it will be: "after 20 additional mounts or by Sun Nov 22 10:00:00 2026, whichever comes first"; empty
/// when never.
std::string next_check_of(const SuperBlock& super, u64 now_seconds);

/// Tells in which way the superblock in block 2 is not as it should be, asks, and puts it right. Without a
/// `mender` it only tells. True when block 2 can be used now.
bool resolve_super(const SuperChoice& choice, Examiner& examiner, BlockCache& cache, Mender* mender);

/// Tells what the superblock says was cut off; `mark_sound` takes that back.
void resolve_unfinished(const Features& features, Examiner& examiner);

/// Marks the volume sound: no check is due, nothing is half done.
void mark_sound(Mender& mender, u64 now_seconds);
/// Marks the volume as one with faults, if it is not marked so already.
void mark_faulty(Mender& mender);

/// Tells which backup superblocks cannot be used, and asks. Those that are only behind are brought up to date
/// by `refresh_backups` without a word.
void examine_backups(Volume& volume, Examiner& examiner, Mender* mender);
/// Writes what block 2 says to all backups that say something else.
void refresh_backups(Volume& volume, Mender& mender);

/// Frees all slots. Nobody has the volume.
void clear_slots(Volume& volume, WriteAhead& way);

}  // namespace ocfs2
