// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/file_pieces.h"

#include <algorithm>

namespace ocfs2 {
namespace {

constexpr u64 long_piece_bytes = 16 << 20;

}  // namespace

FilePieces::FilePieces(Volume& volume, const BlockRef<Inode>& inode) {
  const Geometry& geometry = volume.geometry();
  ExtentTree::of(volume.cache(), inode).each_run([&](const ExtentRun& run) {
    const ClusterNo place = geometry.cluster_of(run.block);
    const bool shared = (run.flags & ExtentRecord::refcounted) != 0;
    if (pieces_.empty() || pieces_.back().end() != place.value || pieces_.back().shared != shared)
      pieces_.push_back({runs_.size(), runs_.size(), place, 0, shared});
    pieces_.back().clusters += run.clusters;
    runs_.push_back(run);
    ++pieces_.back().end_run;
    return true;
  });
}

bool can_move(const Inode& inode) {
  return inode.body_kind() == InodeBody::extent_list && !inode.has_flag(inode_flag::system) &&
         (inode.is_regular() || inode.is_symlink());
}

u64 long_piece(const Geometry& geometry) {
  return std::clamp<u64>(long_piece_bytes >> geometry.cluster_bits, 1, geometry.clusters_per_group() - 1);
}

}  // namespace ocfs2
