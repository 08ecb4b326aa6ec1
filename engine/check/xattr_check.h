// SPDX-License-Identifier: GPL-2.0-or-later
//
// What pass 1 asks of attributes before it looks at what lies in front of them.
#pragma once

#include "engine/check/examiner.h"
#include "engine/check/patient.h"
#include "ondisk/inode.h"

namespace ocfs2 {

/// Whether an inode keeps attributes at its end, and in how many bytes: what is in front of the area (extents
/// or inline data) ends where this begins, so it is examined first.
void examine_attribute_area(Patient<Inode>& inode, Examiner& examiner);

}  // namespace ocfs2
