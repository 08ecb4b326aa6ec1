// SPDX-License-Identifier: GPL-2.0-or-later
//
// The system directory when nothing is left of its inode. Everything else depends on it, so it is made anew
// before anything is checked: on its old block if that can be found, which has all names, else inline.
#pragma once

#include "engine/check/checkup.h"

namespace ocfs2 {

/// True when the block is not the directory's inode any more: too few marks, or a copy of another inode.
bool system_directory_lost(Checkup& checkup, const Patient<Inode>& inode);
/// Makes `block` its inode. False, with `block` as it was, when its old block is not found and the volume has
/// no inline data.
bool revive_system_directory(Checkup& checkup, Bytes block);

}  // namespace ocfs2
