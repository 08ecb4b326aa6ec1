// SPDX-License-Identifier: GPL-2.0-or-later
//
// Making a volume: the layout, written out in one pass. Until the superblock is written, last of all, the
// device holds nothing that could be taken for a volume.
#pragma once

#include <functional>

#include "engine/format/layout.h"
#include "engine/journal/write_ahead.h"
#include "engine/reporter.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

struct FormatOptions {
  bool discard = true;  ///< tell the device first that all of its content is gone
  /// Puts something into the volume, which is complete but for the superblock, in its place: changes go
  /// through `way`. What this throws ends the attempt.
  std::function<void(Volume& volume, WriteAhead& way)> fill{};
};

/// Writes the volume that `layout` describes to `device`. Throws Error(io) when the device fails and
/// Error(interrupted) when the user stops it; the device then holds no volume.
void write_volume(const Layout& layout, BlockDevice& device, const FormatOptions& options,
                  Reporter& reporter);

}  // namespace ocfs2
