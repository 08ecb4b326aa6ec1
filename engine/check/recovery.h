// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a node that died left half done, beside its journal: a window of clusters that it had reserved for
// itself, and clusters that it had taken from files but not given back (spec: ondisk.md 12.6).
#pragma once

#include "engine/check/mender.h"
#include "engine/reporter.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

class SlotRecovery {
 public:
  /// All outlive this.
  SlotRecovery(Volume& volume, Mender& mender, Reporter& reporter)
      : volume_(volume), mender_(mender), reporter_(reporter) {}

  /// Gives back what slot `slot` has reserved or taken. Commits. False when the volume's damage stands in the
  /// way, which was told; to be tried again after the passes.
  bool recover(u32 slot);

 private:
  bool give_back_window(u32 slot);
  bool free_truncated(u32 slot);

  Volume& volume_;
  Mender& mender_;
  Reporter& reporter_;
};

/// True when the slot has something to be recovered; also when that cannot be read.
bool needs_recovery(Volume& volume, u32 slot);

}  // namespace ocfs2
