// SPDX-License-Identifier: GPL-2.0-or-later
//
// libfuse's session also serves character devices, and that part brings along its high-level interface with
// modules, iconv and locales: 150 KB. Ours is never such a session.
#include "engine/error.h"

extern "C" {
void cuse_lowlevel_init() { ocfs2::require(false); }
}
