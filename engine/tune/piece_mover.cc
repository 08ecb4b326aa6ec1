// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/piece_mover.h"

#include <algorithm>

#include "engine/tune/relocated_block.h"
#include "engine/volume/copy_clusters.h"
#include "engine/volume/extent_edit.h"

namespace ocfs2 {
namespace {

constexpr u64 moved_at_once = 64 << 20;      ///< bytes of contents in one transaction
constexpr std::size_t steps_at_once = 64;    ///< kept waiting for others to go with
constexpr std::size_t blocks_at_once = 128;  ///< in a transaction that may still be added to

u64 clusters_at_once(const Geometry& geometry) {
  return std::max<u64>(1, moved_at_once >> geometry.cluster_bits);
}

}  // namespace

void PieceMover::move(InodeNo number, std::span<const ExtentRun> runs, BitRun to) {
  for (const ExtentRun& run : runs) {
    steps_.push_back({number, run, ClusterNo(to.first)});
    to.first += run.clusters;
    waiting_clusters_ += run.clusters;
  }
  if (steps_.size() >= steps_at_once || waiting_clusters_ >= clusters_at_once(tuning_.geometry())) finish();
}

void PieceMover::finish() {
  const u64 most = clusters_at_once(tuning_.geometry());
  std::vector<BitRun> freed;
  for (auto next = steps_.begin(); next != steps_.end();)
    tuning_.change([&](Transaction& transaction) {
      for (u64 moved = 0; next != steps_.end() && moved < most && transaction.blocks() < blocks_at_once;) {
        const u64 count = move_beginning(transaction, *next);
        freed.push_back({tuning_.geometry().cluster_of(next->run.block).value, count});
        moved += count;
        next->run = {next->run.cpos + count, next->run.clusters - count,
                     next->run.block + count * tuning_.geometry().blocks_per_cluster(), next->run.flags};
        next->to = next->to + count;
        if (next->run.clusters == 0) ++next;
      }
    });
  steps_.clear();
  waiting_clusters_ = 0;
  free_.settle(freed);
}

/// As much as is free in a row: all of it, unless a tree has grown into its place. Returns how many clusters.
u64 PieceMover::move_beginning(Transaction& transaction, const Step& step) {
  const Geometry& geometry = tuning_.geometry();
  const u64 wanted = std::min(step.run.clusters, clusters_at_once(geometry));
  const BitRun to = space_.allocate_clusters(transaction, static_cast<u32>(wanted), step.to);
  const BlockNo block = geometry.first_block_of(ClusterNo(to.first));
  if (!step.run.unwritten()) copy_clusters(transaction, geometry, step.run.block, block, to.count);
  const auto inode = transaction.read<Inode>(block_of(step.inode));
  ExtentEdit(transaction, space_, ExtentRoot::of(inode))
      .relocate({step.run.cpos, to.count, step.run.block, step.run.flags}, block);
  space_.free_clusters(transaction, geometry.cluster_of(step.run.block), to.count);
  moved_clusters_ += to.count;
  return to.count;
}

}  // namespace ocfs2
