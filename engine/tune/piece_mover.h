// SPDX-License-Identifier: GPL-2.0-or-later
//
// Moves pieces of files to places chosen before, many in one transaction.
//
// Clusters are copied before the transaction that lets their file refer to the copy, so each step is sound by
// itself, and what was moved stays moved if the work is cut off.
#pragma once

#include "engine/tune/file_pieces.h"
#include "engine/tune/free_places.h"
#include "engine/tune/tuning.h"

namespace ocfs2 {

class PieceMover {
 public:
  /// `free` is told what became of what was taken; `moved_clusters` counts. All outlive this.
  PieceMover(Tuning& tuning, FreePlaces& free, u64& moved_clusters)
      : tuning_(tuning), free_(free), moved_clusters_(moved_clusters), space_(tuning.volume(), 0) {}

  /// Moves these runs, one behind the other, to where `to` begins, sooner or later. They are a part of the
  /// data of inode `number` and as long together as `to`, which was taken from the free runs.
  void move(InodeNo number, std::span<const ExtentRun> runs, BitRun to);
  /// Everything asked for so far has happened.
  void finish();

 private:
  struct Step {
    InodeNo inode;
    ExtentRun run;
    ClusterNo to;
  };
  u64 move_beginning(Transaction& transaction, const Step& step);

  Tuning& tuning_;
  FreePlaces& free_;
  u64& moved_clusters_;
  Space space_;
  std::vector<Step> steps_;
  u64 waiting_clusters_ = 0;
};

}  // namespace ocfs2
