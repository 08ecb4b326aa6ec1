// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of the house: every command that this binary is.
#include "cmd/applet.h"

namespace ocfs2 {

std::span<const Applet> applets() { return {}; }

}  // namespace ocfs2
