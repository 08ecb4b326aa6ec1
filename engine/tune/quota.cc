// SPDX-License-Identifier: GPL-2.0-or-later
//
// Quota of users and of groups (spec: commands.md 3.3, ondisk.md 11).
//
// One transaction makes the global file, that of each slot, their names and the bit of the feature, or gives
// all of that back; their contents go to clusters that nobody has before. So there is no middle. What users
// have is counted as fsck counts it.
#include "engine/error.h"
#include "engine/tune/feature_change.h"
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

// Files as they are when they are new, as many blocks as they have.

std::vector<u8> global_file(const QuotaEntries& entries, QuotaType type, u32 block_size) {
  const u32 blocks = quota_blocks_for(entries, block_size);
  std::vector<u8> bytes(u64{blocks} * block_size);
  const GlobalQuotaInfo times{.block_grace = quota_grace_default,
                              .inode_grace = quota_grace_default,
                              .sync_ms = quota_sync_default_ms,
                              .blocks = 0,
                              .free_block = 0,
                              .free_leaf = 0};
  lay_out_quota(entries, type, times, blocks, block_size, [&](u32 block, const BlockKind&) {
    return Bytes(bytes).subspan(u64{block} * block_size, block_size);
  });
  return bytes;
}

std::vector<u8> local_file(QuotaType type, u32 block_size) {
  std::vector<u8> bytes(u64{local_quota_blocks} * block_size);
  format_local_quota(type, Bytes(bytes).first(block_size));
  return bytes;
}

/// Gives an empty quota file its bytes.
void fill_file(Transaction& transaction, Space& space, InodeNo number, std::vector<u8> bytes) {
  const Geometry& geometry = space.volume().geometry();
  for (u64 at = 0; at < bytes.size(); at += geometry.block_size())
    seal(QuotaTreeBlock::kind, space.volume().facts(), Bytes(bytes).subspan(at, geometry.block_size()));
  for (u64 at = 0; at < bytes.size();) {
    const auto inode = transaction.read<Inode>(block_of(number));
    const u64 wanted = std::min<u64>(geometry.clusters_for(bytes.size() - at), 0xFFFF);
    const BitRun run = space.allocate_clusters(transaction, static_cast<u32>(wanted));
    const BlockNo first = geometry.first_block_of(ClusterNo(run.first));
    const ConstBytes piece =
        ConstBytes(bytes).subspan(at, std::min(run.count << geometry.cluster_bits, bytes.size() - at));
    const u64 blocks = run.count * geometry.blocks_per_cluster(), filled = geometry.blocks_for(piece.size());
    transaction.write_data(first, piece);
    if (filled < blocks) transaction.zero_data(first + filled, blocks - filled);
    ExtentEdit(transaction, space, ExtentRoot::of(inode))
        .insert({.cpos = inode->clusters, .clusters = run.count, .block = first});
    at += piece.size();
  }
  transaction.edit<Inode>(block_of(number)).size = bytes.size();
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
void make_file(Transaction& transaction, Tuning& tuning, SystemFile file, u32 slot, std::vector<u8> bytes) {
  Space space(tuning.volume(), 0);
  drop_file(transaction, space, file, slot, tuning.now_seconds());
  const InodeNo number =
      create_system_file(transaction, space, file, slot, {.seconds = tuning.now_seconds()});
  fill_file(transaction, space, number, std::move(bytes));
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
    const u32 block_size = tuning.geometry().block_size();
    tuning.reporter().stage("Computing quota usage");
    const QuotaEntries usage = count_usage(tuning, quota.type);
    tuning.change([&](Transaction& transaction) {
      make_file(transaction, tuning, quota.global, 0, global_file(usage, quota.type, block_size));
      for (u32 slot = 0; slot < tuning.volume().facts().max_slots; ++slot)
        make_file(transaction, tuning, quota.local, slot, local_file(quota.type, block_size));
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
