// SPDX-License-Identifier: GPL-2.0-or-later
//
// Unwritten extents: clusters that a file has and that read as zeros whatever is in them (spec: ondisk.md
// 4.3). To do without the feature they are made what they read as, file by file; at every moment the volume
// is one with some such extents fewer. What files share is unwritten for all of them, so that zeros are right
// for all.
#include "engine/tune/feature_change.h"
#include "engine/tune/inodes.h"
#include "engine/tune/quota_usage.h"
#include "engine/volume/extent_edit.h"
#include "engine/volume/inode_life.h"

namespace ocfs2 {
namespace {

constexpr u64 keys_end = u64{1} << 32;

std::vector<ExtentRun> unwritten_runs(const ExtentTree& tree) {
  std::vector<ExtentRun> runs;
  tree.each_run([&](const ExtentRun& run) {
    if (run.unwritten()) runs.push_back(run);
    return true;
  });
  return runs;
}

std::vector<InodeNo> files_with_unwritten(const Tuning& tuning) {
  std::vector<InodeNo> files;
  each_inode(tuning, [&](const BlockRef<Inode>& inode) {
    if (!inode->is_regular() || inode->body_kind() != InodeBody::extent_list) return;
    if (!unwritten_runs(ExtentTree::of(tuning.volume().cache(), inode)).empty())
      files.push_back(inode_at(inode.block()));
  });
  return files;
}

/// Gives back what a file has in reserve behind its end, since nothing would tell it from data there.
void drop_reserve(Transaction& transaction, Tuning& tuning, InodeNo file) {
  const auto inode = transaction.read<Inode>(block_of(file));
  const auto runs = unwritten_runs(ExtentTree::of(tuning.volume().cache(), inode));
  if (runs.empty() || runs.back().end() <= tuning.geometry().clusters_for(inode->size)) return;
  Space space(tuning.volume(), 0);
  truncate_inode(transaction, space, file, inode->size);
}

/// Zeros what is unwritten before `end` and takes the mark off as far as one transaction can. Returns where
/// it got to, from the end on; 0: done.
u64 write_zeros(Transaction& transaction, Tuning& tuning, InodeNo file, u64 end) {
  Space space(tuning.volume(), 0);
  ExtentEdit tree(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(file))));
  if (end == keys_end)
    for (const ExtentRun& run : unwritten_runs(tree.tree()))
      transaction.zero_data(run.block, run.clusters * tuning.geometry().blocks_per_cluster());
  return tree.set_flags(0, end, 0, ExtentRecord::unwritten);
}

}  // namespace

FeatureChange disable_unwritten(Tuning& tuning, const FeatureRow& row) {
  FeatureChange change = clear_bit(tuning, row);
  change.carry_out = [&tuning, put = change.carry_out] {
    tuning.reporter().stage("Writing zeros to unwritten extents");
    const std::vector<InodeNo> files = files_with_unwritten(tuning);
    u64 done = 0;
    for (const InodeNo file : files) {
      tuning.change([&](Transaction& transaction) { drop_reserve(transaction, tuning, file); });
      for (u64 end = keys_end; end > 0;)
        tuning.change([&](Transaction& transaction) { end = write_zeros(transaction, tuning, file, end); });
      tuning.reporter().progress(++done, files.size());
    }
    tuning.reporter().stage_done("done");
    recount_quota(tuning);
    put();
  };
  return change;
}

}  // namespace ocfs2
