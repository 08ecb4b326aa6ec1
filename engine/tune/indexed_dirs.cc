// SPDX-License-Identifier: GPL-2.0-or-later
//
// Indexes of directories (spec: commands.md 3.3, ondisk.md 7.4).
//
// A directory without an index is legal on a volume that has them. So the feature comes first and goes last,
// and directories get or lose their indexes one by one in between. Giving them up goes on when it is asked
// for again; of a run that died while it made them some directories have none, and "fsck.ocfs2 -D" makes
// these.
#include "engine/error.h"
#include "engine/tune/feature_change.h"
#include "engine/tune/inodes.h"
#include "engine/tune/quota_usage.h"
#include "engine/volume/directory_rewrite.h"

namespace ocfs2 {
namespace {

constexpr u32 links_max_without_index = 32000;

/// Rewrites directories, each in transactions of its own.
void rewrite(Tuning& tuning, std::string_view title, const std::vector<InodeNo>& directories,
             void (*work)(Transaction&, Space&, InodeNo, OldIndex)) {
  tuning.reporter().stage(title);
  u64 done = 0;
  for (const InodeNo directory : directories) {
    tuning.change([&](Transaction& transaction) {
      Space space(tuning.volume(), 0);
      work(transaction, space, directory, OldIndex::give_back);
    });
    tuning.reporter().progress(++done, directories.size());
  }
  tuning.reporter().stage_done("done");
}

std::vector<InodeNo> indexed_directories(const Tuning& tuning) {
  std::vector<InodeNo> directories;
  each_inode(tuning, [&](const BlockRef<Inode>& inode) {
    if (!inode->is_directory() || !inode->has_dynamic(dynamic_feature::indexed_dir)) return;
    if (inode->links() > links_max_without_index)
      fail(ErrorKind::invalid_argument,
           "Directory {} of device \"{}\" has {} links; without an index it can have {}, so that the indexes "
           "cannot be disabled",
           inode.block().value, tuning.name(), inode->links(), links_max_without_index);
    directories.push_back(inode_at(inode.block()));
  });
  return directories;
}

}  // namespace

FeatureChange enable_indexed_dirs(Tuning& tuning, const FeatureRow& row) {
  FeatureChange change = set_bit(tuning, row);
  change.carry_out = [&tuning] {
    tuning.change_super([&](SuperBlock& super) {
      if (!super.features().has(feature::xattr)) super.uuid_hash = uuid_hash(super.uuid);
      std::ranges::copy(tuning.index_seeds(), super.index_seeds.begin());
      super.set_features(super.features() | feature::indexed_dirs);
    });
    rewrite(tuning, "Building indexed trees", directories_in_blocks(tuning), rebuild_index);
  };
  return change;
}

FeatureChange disable_indexed_dirs(Tuning& tuning, const FeatureRow& row) {
  indexed_directories(tuning);  // refuses what cannot be without
  FeatureChange change = clear_bit(tuning, row);
  change.carry_out = [&tuning] {
    rewrite(tuning, "Truncating indexed trees", indexed_directories(tuning), drop_index);
    recount_quota(tuning);  // the kernel counts an index as its owner's
    tuning.change_super([&](SuperBlock& super) {
      super.set_features(super.features().without(feature::indexed_dirs));
      if (!super.features().has(feature::xattr)) super.uuid_hash = 0u;
    });
  };
  return change;
}

}  // namespace ocfs2
