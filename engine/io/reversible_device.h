// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/io/block_device.h"

namespace ocfs2 {

/// A device whose old bytes are all kept: what is written through it can be taken back as a whole. So blocks
/// may go straight to their places without a journal.
class ReversibleDevice : public BlockDevice {};

}  // namespace ocfs2
