// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of defragmenting that gathers free space: which windows of the volume are emptied, and how much of
// what lies in them can move.
#pragma once

#include "engine/tune/file_pieces.h"
#include "engine/tune/tuning.h"
#include "ondisk/bitmap.h"

namespace ocfs2 {

class GatheringPlan {
 public:
  /// Looks at all inodes and groups. Throws Error(corrupt), Error(interrupted).
  explicit GatheringPlan(const Tuning& tuning);

  /// What is empty, or is going to be: nothing may be moved there.
  std::vector<BitRun> kept_free() const;
  /// Clusters in windows that are going to be emptied.
  u64 clusters() const { return clusters_; }
  /// Whether a piece lies in one of these, wholly or in part, and moves.
  bool moves(const FilePiece& piece) const;

 private:
  struct Window {
    BitRun clusters;  ///< without the descriptor of the group
    u32 used = 0;     ///< of them
    u32 movable = 0;  ///< of these
    bool kept_free = false;
  };
  bool is_short(const FilePiece& piece) const { return !piece.shared && piece.clusters <= length_ / 2; }
  std::size_t window_of(u64 cluster) const;
  void add_group(u32 group);
  void add_movable(const FilePiece& piece);
  void choose();

  Volume& volume_;
  u32 length_;     ///< of a window, in clusters; the last one of a group may be shorter
  u32 per_group_;  ///< windows
  std::vector<Window> windows_;
  u64 clusters_ = 0;
};

}  // namespace ocfs2
