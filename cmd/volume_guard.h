// SPDX-License-Identifier: GPL-2.0-or-later
//
// A command's way to hold a volume: what the user says about other hosts, who was looked for and where, and
// what of it is shown.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cmd/console.h"
#include "engine/cluster/guard.h"

namespace ocfs2 {

/// The nodes of --assume-offline=NODES, by number or, where cluster.conf or the running cluster names them,
/// by name; "" means all. Throws Misuse.
OfflineClaim offline_claim(const std::string& nodes);

/// The volume on a device, only to be looked at: whatever state it is in that can be understood, and one that
/// holds nothing but a heartbeat region, too. Throws what Volume::open throws.
std::unique_ptr<Volume> look_into(BlockDevice& device);

/// A device or file that this program may not write to, or nobody.
bool write_protected(const std::string& path);

/// Shows all volumes on block devices of this host to `wanted` until it wants one. Returns its device, or
/// nothing. What holds no OCFS2 or cannot be read is passed over.
std::unique_ptr<BlockDevice> find_volume(const std::function<bool(Volume&)>& wanted);
/// The device of this host that holds the volume with this UUID (32 digits), or nothing.
std::unique_ptr<BlockDevice> find_volume_by_uuid(const std::string& uuid);

/// guard_volume in the real world. Everything that was looked at becomes a line.
GuardOutcome look_for_others(Volume& volume, const GuardWish& wish, Reporter& reporter);
/// evidence_of_use in the real world: one look, or all that shows in `watch_ms`.
GuardEvidence look_at_users(Volume& volume, u64 watch_ms, Reporter& reporter);
/// guard_beside in the real world.
GuardOutcome keep_tools_away(Volume& volume);

}  // namespace ocfs2
