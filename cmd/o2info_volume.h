// SPDX-License-Identifier: GPL-2.0-or-later
//
// What o2info tells of a volume that it reads itself, in the form in which the kernel tells it of one that is
// mounted; and what only reading it shows: why it takes no more.
#pragma once

#include <string>
#include <vector>

#include "engine/volume/volume.h"
#include "net/mounted_info.h"

namespace ocfs2 {

VolumeFigures figures_of(Volume& volume);
std::vector<InodeCount> free_inodes_of(Volume& volume);
/// Throws Error(corrupt) when a group of the bitmap is none.
FreeRuns free_runs_of(Volume& volume, u32 chunk_clusters);

/// What a slot has to give out, and what it holds back.
struct SlotSpace {
  u64 free_inodes = 0, free_metadata_blocks = 0;
  u64 window_clusters = 0;  ///< free ones of its local alloc
  u64 logged_clusters = 0;  ///< in its truncate log: deleted, and not free yet
  u64 orphans = 0;          ///< deleted files that somebody had open
};
struct SpaceReport {
  FreeRuns runs;
  u32 group_clusters = 0;         ///< what a new group of inodes or metadata wants in one piece
  bool groups_in_pieces = false;  ///< discontig-bg: it takes several
  std::vector<SlotSpace> slots;
};
SpaceReport space_of(Volume& volume);

/// What stands in the way of new files and data, each with its remedy; empty when nothing does.
std::vector<std::string> obstacles(const SpaceReport& report, const std::string& device);

}  // namespace ocfs2
