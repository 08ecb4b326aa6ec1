// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a node that died left half done, beside its journal: a window of clusters that it had reserved for
// itself, clusters that it had taken from files but not given back, and files that had lost their last name
// but were still open (spec: ondisk.md 12.6).
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
  /// way, which was told; to be tried again after the passes, `last` then.
  bool recover(u32 slot, bool last = false);
  /// Deletes what stands in the orphan directory of `slot`, and cuts to its size what was being written
  /// behind its end. Only on a volume that is otherwise sound; false as above. Volumes with quotas are left
  /// to whoever mounts them or to a full check, since the usage of the owners changes.
  bool delete_orphans(u32 slot, u64 now_seconds);

 private:
  struct Orphan {
    InodeNo inode;
    std::string name;
  };
  std::vector<Orphan> orphans_of(InodeNo directory);
  void delete_orphan(class Space& space, InodeNo directory, const Orphan& orphan, u64 now_seconds);
  bool give_back_window(u32 slot);
  bool free_truncated(u32 slot);

  Volume& volume_;
  Mender& mender_;
  Reporter& reporter_;
};

/// True when the slot has something to be recovered. Throws Error(corrupt) or Error(io) when that cannot be
/// read.
bool needs_recovery(Volume& volume, u32 slot);

}  // namespace ocfs2
