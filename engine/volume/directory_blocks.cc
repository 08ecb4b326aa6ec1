// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/directory_blocks.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/new_blocks.h"
#include "ondisk/directory.h"

namespace ocfs2 {

u64 DirectoryBlocks::count() const {
  const Geometry& geometry = space_.volume().geometry();
  const auto ref = inode();
  return std::min(geometry.blocks_for(std::min<u64>(ref->size, geometry.bytes())),
                  u64{ref->clusters} * geometry.blocks_per_cluster());
}

BlockNo DirectoryBlocks::at(u64 index) {
  const u32 blocks_per_cluster = space_.volume().geometry().blocks_per_cluster();
  const u64 cpos = index / blocks_per_cluster;
  if (runs_.empty())
    ExtentEdit(transaction_, space_, ExtentRoot::of(inode())).tree().each_run([&](const ExtentRun& run) {
      runs_.push_back(run);
      return true;
    });
  const auto after = std::ranges::upper_bound(runs_, cpos, {}, &ExtentRun::cpos);
  if (after == runs_.begin() || cpos >= std::prev(after)->end())
    fail(ErrorKind::corrupt, "{}: directory {} has a hole at block {}; run fsck.ocfs2",
         space_.volume().name(), inode_.value, index);
  const ExtentRun& run = *std::prev(after);
  return run.block + (index - run.cpos * blocks_per_cluster);
}

void DirectoryBlocks::add_cluster() {
  const Geometry& geometry = space_.volume().geometry();
  const u64 blocks = count();
  const ClusterNo near = blocks > 0 ? geometry.cluster_of(at(blocks - 1)) + 1 : ClusterNo();
  const ClusterNo cluster(space_.allocate_clusters(transaction_, 1, near).first);
  ExtentEdit(transaction_, space_, ExtentRoot::of(inode()))
      .insert({.cpos = inode()->clusters, .clusters = 1, .block = geometry.first_block_of(cluster)});
  runs_.clear();
}

BlockNo DirectoryBlocks::append(bool trailer) {
  const Geometry& geometry = space_.volume().geometry();
  const u64 index = count();
  if (index == u64{inode()->clusters} * geometry.blocks_per_cluster()) add_cluster();
  const BlockNo place = at(index);
  const Bytes block = transaction_.create_bytes(place, directory_block_kind(trailer));
  format_directory_block(place, inode_at(inode_), trailer, block);
  transaction_.edit<Inode>(inode_).size = (index + 1) << geometry.block_bits;
  return place;
}

}  // namespace ocfs2
