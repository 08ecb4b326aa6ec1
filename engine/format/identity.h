// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a new volume's identity comes from: chance, or, to make the same volume again byte for byte, the UUID
// and the time that the caller gives.
#pragma once

#include <optional>

#include "engine/format/layout.h"

namespace ocfs2 {

/// A random UUID, generation and seeds, and the time that it is now. `uuid` replaces the random one. `epoch`
/// (seconds since 1970, as SOURCE_DATE_EPOCH gives it) replaces the time, and takes chance out of everything
/// but a random UUID: generation and seeds then follow from UUID and time.
VolumeIdentity new_identity(const std::optional<Uuid>& uuid, const std::optional<u64>& epoch);

}  // namespace ocfs2
