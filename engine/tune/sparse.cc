// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files with holes (spec: commands.md 3.3). To do without, every hole gets clusters of zeros; a file with
// fewer holes is one that the feature allows, so that it goes last.
#include "engine/error.h"
#include "engine/tune/batches.h"
#include "engine/tune/feature_change.h"
#include "engine/tune/inodes.h"
#include "engine/tune/quota_usage.h"
#include "engine/tune/sparse_files.h"
#include "engine/volume/extent_edit.h"

namespace ocfs2 {
namespace {

constexpr u64 clusters_beyond = u64{1} << 62;  ///< more than there can be

struct Hole {
  u64 cpos, end;
  ClusterNo near;  ///< where what comes before it ends
};

std::vector<Hole> holes_in(Volume& volume, InodeNo file) {
  const auto inode = volume.inode(file);
  std::vector<Hole> holes;
  Hole next{0, volume.geometry().clusters_for(inode->size), {}};
  ExtentTree::of(volume.cache(), inode).each_run([&](const ExtentRun& run) {
    if (run.cpos > next.cpos && next.cpos < next.end)
      holes.push_back({next.cpos, std::min(run.cpos, next.end), next.near});
    next.cpos = run.end();
    next.near = volume.geometry().cluster_of(run.block) + run.clusters;
    return next.cpos < next.end;
  });
  if (next.cpos < next.end) holes.push_back(next);
  return holes;
}

std::vector<InodeNo> files_with_holes(const Tuning& tuning, u64& clusters) {
  std::vector<InodeNo> files;
  each_inode(tuning, [&](const BlockRef<Inode>& inode) {
    if (!inode->is_regular()) return;
    const u64 holes = hole_clusters(tuning.volume(), inode);
    if (holes > 0) files.push_back(inode_at(inode.block()));
    clusters += std::min(holes, clusters_beyond - clusters);  // sizes may be anything
  });
  return files;
}

/// Gives the beginning of a hole clusters, as many as there are in a row.
void fill_start(Transaction& transaction, Space& space, InodeNo file, Hole& hole) {
  const Geometry& geometry = space.volume().geometry();
  const u64 wanted = std::min<u64>(hole.end - hole.cpos, 0xFFFF);
  const BitRun run = space.allocate_clusters(transaction, static_cast<u32>(wanted),
                                             ClusterNo(hole.near.value % geometry.clusters));
  const BlockNo first = geometry.first_block_of(ClusterNo(run.first));
  transaction.zero_data(first, run.count * geometry.blocks_per_cluster());
  ExtentEdit(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(file))))
      .insert({.cpos = hole.cpos, .clusters = run.count, .block = first});
  hole.cpos += run.count;
  hole.near = ClusterNo(run.first + run.count);
}

void fill_holes(Tuning& tuning) {
  tuning.reporter().stage("Filling sparse files");
  u64 total = 0, done = 0;
  for (const InodeNo file : files_with_holes(tuning, total)) {
    std::vector<Hole> holes = holes_in(tuning.volume(), file);
    auto hole = holes.begin();
    in_batches(tuning, [&](Transaction& transaction, Space& space) {
      const u64 before = hole->cpos;
      fill_start(transaction, space, file, *hole);
      tuning.reporter().progress(done += hole->cpos - before, total);
      if (hole->cpos == hole->end) ++hole;
      return hole != holes.end();
    });
  }
  tuning.reporter().stage_done("done");
}

}  // namespace

FeatureChange disable_sparse(Tuning& tuning, const FeatureRow& row) {
  if (tuning.has(feature::unwritten))
    fail(ErrorKind::invalid_argument,
         "Unwritten extents are enabled on device \"{}\"; sparse files cannot be disabled", tuning.name());
  FeatureChange change = clear_bit(tuning, row);
  files_with_holes(tuning, change.clusters);
  require_clusters(tuning, change.clusters,
                   fmt::format("There is not enough space to fill all of the sparse files on device \"{}\"",
                               tuning.name()));
  change.carry_out = [&tuning, put = change.carry_out] {
    fill_holes(tuning);
    recount_quota(tuning);
    put();
  };
  return change;
}

}  // namespace ocfs2
