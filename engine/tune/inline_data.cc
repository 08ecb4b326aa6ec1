// SPDX-License-Identifier: GPL-2.0-or-later
//
// Data inside inodes (spec: commands.md 3.3, ondisk.md 3.7). To do without, every file and directory moves
// into clusters, one by one; what has moved is legal with the feature, too, which goes last.
#include "engine/error.h"
#include "engine/tune/batches.h"
#include "engine/tune/feature_change.h"
#include "engine/tune/inodes.h"
#include "engine/tune/quota_usage.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/file_edit.h"

namespace ocfs2 {
namespace {

bool is_inline(const Inode& inode) { return inode.body_kind() == InodeBody::inline_data; }

std::vector<InodeNo> inline_inodes(const Tuning& tuning) {
  std::vector<InodeNo> inodes;
  each_inode(tuning, [&](const BlockRef<Inode>& inode) {
    if (is_inline(*inode)) inodes.push_back(inode_at(inode.block()));
  });
  return inodes;
}

/// A cluster for each that has anything, and blocks for the indexes of directories.
u64 clusters_needed(const Tuning& tuning) {
  const Geometry& geometry = tuning.geometry();
  u64 clusters = 0, roots = 0;
  each_inode(tuning, [&](const BlockRef<Inode>& inode) {
    if (!is_inline(*inode)) return;
    if (inode->size > 0) ++clusters;
    if (inode->is_directory() && tuning.has(feature::indexed_dirs)) ++roots;
  });
  const auto& blocks = tuning.volume().system_file(SystemFile::extent_alloc)->bitmap;
  const u64 free_blocks = blocks.total - blocks.used;
  const u64 group = u64{geometry.suballocator_group_clusters()} * geometry.blocks_per_cluster() - 1;
  const u64 groups = divide_up(roots - std::min(roots, free_blocks), group);
  return clusters + groups * geometry.suballocator_group_clusters();
}

void move_out(Transaction& transaction, Space& space, InodeNo number) {
  if (transaction.read<Inode>(block_of(number))->is_directory())
    DirectoryEditor(transaction, space, number).leave_inode();
  else
    FileEditor(transaction, space, number).leave_inode();
}

}  // namespace

FeatureChange disable_inline_data(Tuning& tuning, const FeatureRow& row) {
  FeatureChange change = clear_bit(tuning, row);
  change.clusters = clusters_needed(tuning);
  require_clusters(tuning, change.clusters,
                   fmt::format("There is not enough space to expand all of the inline data on device \"{}\"",
                               tuning.name()));
  change.carry_out = [&tuning, put = change.carry_out] {
    change_each(tuning, "Expanding inline data", inline_inodes(tuning), move_out);
    recount_quota(tuning);
    put();
  };
  return change;
}

}  // namespace ocfs2
