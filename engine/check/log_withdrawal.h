// SPDX-License-Identifier: GPL-2.0-or-later
//
// Taking clusters out of a truncate log or a local alloc: what somebody has is not to be freed, nor given to
// anybody else.
#pragma once

#include "engine/check/checkup.h"

namespace ocfs2 {

/// The log of this inode does not name these clusters any more. Cutting a record in two may need a record
/// more than there is room for: then what is left over is free at once, unless others claim it, too.
void withdraw_from_log(Checkup& checkup, InodeNo log, const BitRun& clusters);

}  // namespace ocfs2
