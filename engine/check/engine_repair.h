// SPDX-License-Identifier: GPL-2.0-or-later
//
// Repairs that the engine's own mutators make: one transaction that holds nothing else, or nothing at all.
#pragma once

#include <functional>

#include "engine/check/checkup.h"

namespace ocfs2 {

/// What becomes of an Error(io) of a repair: it ends the pass, or only this repair.
enum class DeviceErrors { end_the_pass, end_the_repair };

/// Commits what is pending, then runs `repair` on the open transaction and commits that. What it throws for
/// want of space or because it meets damage is told and takes back all of it: then false. An interruption
/// always goes on. `problem` counts as mended until then.
bool repair_as_one(Checkup& checkup, DeviceErrors device_errors, const std::function<void()>& repair,
                   const Problem* problem = nullptr);

}  // namespace ocfs2
