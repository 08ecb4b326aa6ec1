// SPDX-License-Identifier: GPL-2.0-or-later
//
// Making a volume: the layout, written out in one pass. Until the superblock is written, last of all, the
// device holds nothing that could be taken for a volume.
#pragma once

#include "engine/format/layout.h"
#include "engine/io/block_device.h"
#include "engine/reporter.h"

namespace ocfs2 {

struct FormatOptions {
  bool discard = true;  ///< tell the device first that all of its content is gone
};

/// Writes the volume that `layout` describes to `device`. Throws Error(io) when the device fails and
/// Error(interrupted) when the user stops it; the device then holds no volume.
void write_volume(const Layout& layout, BlockDevice& device, const FormatOptions& options,
                  Reporter& reporter);

}  // namespace ocfs2
