// SPDX-License-Identifier: GPL-2.0-or-later
//
// A volume that has nothing in it has no victims. It is furnished first: with a file, directory, link and
// attribute of every kind that its features allow and its space has room for, all of it sound.
#pragma once

#include "engine/journal/write_ahead.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

/// True when a user has nothing on the volume but, perhaps, lost+found.
bool is_bare(Volume& volume);

/// Makes the furniture. Each piece is a transaction of its own; one that finds no space is left out. The
/// volume must be opened again afterwards. Its blocks come from the allocators of `slot`. Throws what
/// transactions throw.
void furnish(Volume& volume, WriteAhead& write_ahead, u32 slot = 0);

}  // namespace ocfs2
