// SPDX-License-Identifier: GPL-2.0-or-later
//
// A volume as it is going to be when its journals were replayed, as far as they can be: for whoever only
// looks and goes around damage.
#pragma once

#include "engine/journal/replayed_view.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

/// The device of `volume`, which must live as long, behind the logs of its dirty journals. One that is
/// damaged is passed over.
std::unique_ptr<ReplayedView> as_replayed(Volume& volume);

}  // namespace ocfs2
