// SPDX-License-Identifier: GPL-2.0-or-later
//
// Extended attributes (spec: commands.md 3.3, ondisk.md 8). Doing without them loses them, access control
// lists too, which is asked about whoever did not want to be asked. They go inode by inode, the feature last.
#include "engine/error.h"
#include "engine/tune/batches.h"
#include "engine/tune/feature_change.h"
#include "engine/tune/inodes.h"
#include "engine/tune/quota_usage.h"
#include "engine/volume/inode_life.h"

namespace ocfs2 {
namespace {

std::vector<InodeNo> inodes_with_attributes(const Tuning& tuning) {
  std::vector<InodeNo> inodes;
  each_inode(tuning, [&](const BlockRef<Inode>& inode) {
    if (inode->has_dynamic(dynamic_feature::has_xattr)) inodes.push_back(inode_at(inode.block()));
  });
  return inodes;
}

}  // namespace

/// Attributes are found by hashes that the superblock's seed goes into; it is made once (spec: ondisk.md
/// 2.3).
FeatureChange enable_xattr(Tuning& tuning, const FeatureRow& row) {
  FeatureChange change = set_bit(tuning, row);
  change.carry_out = [&tuning] {
    tuning.change_super([&](SuperBlock& super) {
      if (!super.features().has(feature::indexed_dirs)) super.uuid_hash = uuid_hash(super.uuid);
      super.set_features(super.features() | feature::xattr);
      super.xattr_inline_size = xattr_inline_size_default;
    });
  };
  return change;
}

FeatureChange disable_xattr(Tuning& tuning, const FeatureRow& row) {
  FeatureChange change = clear_bit(tuning, row);
  if (const std::size_t losers = inodes_with_attributes(tuning).size(); losers > 0)
    change.warning = fmt::format(
        "DANGER: THE EXTENDED ATTRIBUTES OF {} FILES AND DIRECTORIES ON DEVICE \"{}\" WILL BE LOST, ACCESS "
        "CONTROL LISTS AMONG THEM.",
        losers, tuning.name());
  change.carry_out = [&tuning] {
    change_each(tuning, "Removing extended attributes", inodes_with_attributes(tuning), remove_attributes);
    recount_quota(tuning);
    tuning.change_super([&](SuperBlock& super) {
      super.set_features(super.features().without(feature::xattr));
      super.xattr_inline_size = 0u;
      if (!super.features().has(feature::indexed_dirs)) super.uuid_hash = 0u;
    });
  };
  return change;
}

}  // namespace ocfs2
