// SPDX-License-Identifier: GPL-2.0-or-later
//
// Quota of users and of groups (spec: commands.md 3.3, ondisk.md 11).
//
// One transaction makes the global file, that of each slot, their names and the bit of the feature, or gives
// all of that back; their contents go to clusters that nobody has before. So there is no middle. What users
// have is counted as fsck counts it.
#include "engine/error.h"
#include "engine/tune/feature_change.h"
#include "engine/tune/quota_files.h"
#include "engine/tune/quota_usage.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/inode_life.h"
#include "engine/volume/refcount_edit.h"

namespace ocfs2 {
namespace {

struct Quota {
  QuotaType type;
  SystemFile global, local;
};

Quota quota_of(const FeatureRow& row) {
  if (row.bits.has(feature::usrquota))
    return {QuotaType::user, SystemFile::user_quota, SystemFile::local_user_quota};
  return {QuotaType::group, SystemFile::group_quota, SystemFile::local_group_quota};
}

/// Takes a quota file away with everything that it has, if it is there.
void drop_file(Transaction& transaction, Space& space, SystemFile file, u32 slot, u64 seconds) {
  Volume& volume = space.volume();
  const auto number = volume.find_system_file(file, slot);
  if (!number) return;
  const auto inode = [&] { return transaction.read<Inode>(block_of(*number)); };
  for (u64 end = u64{1} << 32; end > 0;)
    end = release_extents(transaction, space, ExtentRoot::of(inode()), BlockNo(), 0, end, ~std::size_t{0});
  DirectoryEditor(transaction, space, volume.system_directory()).remove(system_file_name(file, slot));
  space.free_inode(transaction, block_of(*number), origin_of(*inode()), seconds);
}

/// Whoever was cut off, without our care, may have left files: new ones take their places.
InodeNo make_file(Transaction& transaction, Space& space, SystemFile file, u32 slot, u64 seconds) {
  drop_file(transaction, space, file, slot, seconds);
  return create_system_file(transaction, space, file, slot, {.seconds = seconds});
}

/// An upper bound of the blocks of a global file. Where even that fits nobody need be counted.
u64 blocks_at_most(const Tuning& tuning) {
  u64 inodes = 0;
  for (u32 slot = 0; slot < tuning.volume().facts().max_slots; ++slot)
    inodes += tuning.volume().system_file(SystemFile::inode_alloc, slot)->bitmap.used;
  return 1 + (inodes + 1) * (QuotaGeometry{tuning.geometry().block_size()}.depth() + 1);
}

u64 require_room(const Tuning& tuning, const Quota& quota) {
  const Geometry& geometry = tuning.geometry();
  const auto clusters = [&](u64 global_blocks) {
    return geometry.clusters_for(global_blocks << geometry.block_bits) +
           tuning.prospect.slots * geometry.clusters_for(u64{local_quota_blocks} << geometry.block_bits);
  };
  const u64 most = clusters(blocks_at_most(tuning));
  if (most <= tuning.prospect.free_clusters) return most;
  const u64 needed = clusters(quota_blocks_for(count_usage(tuning, quota.type), geometry.block_size()));
  require_clusters(
      tuning, needed,
      fmt::format("There is not enough space for the quota files on device \"{}\"", tuning.name()));
  return needed;
}

}  // namespace

FeatureChange enable_quota(Tuning& tuning, const FeatureRow& row) {
  const Quota quota = quota_of(row);
  FeatureChange change = set_bit(tuning, row);
  change.clusters = require_room(tuning, quota);
  change.carry_out = [&tuning, quota, bits = row.bits] {
    tuning.reporter().stage("Computing quota usage");
    const QuotaEntries usage = count_usage(tuning, quota.type);
    const u64 now = tuning.now_seconds();
    tuning.change([&](Transaction& transaction) {
      Space space(tuning.volume(), 0);
      const InodeNo global = make_file(transaction, space, quota.global, 0, now);
      fill_global_quota(transaction, space, global, usage, quota.type);
      for (u32 slot = 0; slot < tuning.volume().facts().max_slots; ++slot)
        fill_local_quota(transaction, space, make_file(transaction, space, quota.local, slot, now),
                         quota.type);
      SuperBlock& super = edit_super(transaction).super;
      super.set_features(super.features() | bits);
    });
    tuning.reporter().stage_done("done");
  };
  return change;
}

FeatureChange disable_quota(Tuning& tuning, const FeatureRow& row) {
  const Quota quota = quota_of(row);
  FeatureChange change = clear_bit(tuning, row);
  change.carry_out = [&tuning, quota, bits = row.bits] {
    tuning.change([&](Transaction& transaction) {
      Space space(tuning.volume(), 0);
      for (u32 slot = 0; slot < tuning.volume().facts().max_slots; ++slot)
        drop_file(transaction, space, quota.local, slot, tuning.now_seconds());
      drop_file(transaction, space, quota.global, 0, tuning.now_seconds());
      SuperBlock& super = edit_super(transaction).super;
      super.set_features(super.features().without(bits));
    });
  };
  return change;
}

}  // namespace ocfs2
