// SPDX-License-Identifier: GPL-2.0-or-later
//
// Features that show in the allocators: discontiguous groups, and room for the copies of the superblock
// (spec: ondisk.md 1.3, 5.3).
#include "engine/error.h"
#include "engine/tune/feature_change.h"
#include "engine/tune/inodes.h"
#include "engine/volume/chain_allocator.h"

namespace ocfs2 {
namespace {

constexpr std::size_t groups_at_once = 128;  ///< fits the smallest journal
constexpr u32 small_bitmap = GroupDescriptor::discontiguous_bitmap_bytes;

/// Gives the bitmaps of all groups that can have that the room of `bytes`. Either room is right without the
/// feature, and only the smaller one with it.
void resize_bitmaps(Tuning& tuning, u32 bytes) {
  std::vector<BlockNo> groups;
  each_suballocator_group(tuning, [&](const BlockRef<GroupDescriptor>& group) {
    if (group->bitmap_bytes != bytes && group->bits <= 8 * bytes) groups.push_back(group.block());
  });
  for (std::size_t done = 0; done < groups.size(); done += groups_at_once) {
    tuning.change([&](Transaction& transaction) {
      for (std::size_t i = done; i < std::min(done + groups_at_once, groups.size()); ++i) {
        const Bytes block = transaction.edit_as(groups[i], GroupDescriptor::kind);
        as<GroupDescriptor>(block).bitmap_bytes = static_cast<u16>(bytes);
        std::ranges::fill(block.subspan(GroupDescriptor::bitmap_offset + small_bitmap), 0);
      }
    });
    tuning.reporter().progress(std::min(done + groups_at_once, groups.size()), groups.size());
  }
}

/// The clusters for copies of the superblock in a volume of `clusters` clusters.
std::vector<ClusterNo> backup_clusters(Geometry geometry, u32 clusters) {
  geometry.clusters = clusters;
  std::vector<ClusterNo> places;
  for (u32 index = 0; index < geometry.backup_supers(); ++index)
    places.push_back(geometry.cluster_of(geometry.backup_super_block(index)));
  return places;
}

void require_free(Tuning& tuning, const std::vector<ClusterNo>& places) {
  const ChainAllocator bitmap(tuning.volume(), tuning.volume().system_file(SystemFile::global_bitmap));
  for (const ClusterNo place : places)
    if (place.value < tuning.geometry().clusters && bitmap.place_of(place).in_use())
      fail(ErrorKind::no_space,
           "One or more backup superblock locations are already in use: cluster {} of device \"{}\". Unable "
           "to "
           "enable the backup superblock feature on device \"{}\"",
           place.value, tuning.name(), tuning.name());
}

void take(Transaction& transaction, Space& space, ClusterNo cluster) {
  const BitRun run = space.allocate_clusters(transaction, 1, cluster);
  require(run.first == cluster.value);
  const Geometry& geometry = space.volume().geometry();
  transaction.zero_data(geometry.first_block_of(cluster), geometry.blocks_per_cluster());
}

}  // namespace

FeatureChange enable_discontig_bg(Tuning& tuning, const FeatureRow& row) {
  FeatureChange change = set_bit(tuning, row);
  change.carry_out = [&tuning, put = change.carry_out] {
    resize_bitmaps(tuning, small_bitmap);
    put();
  };
  return change;
}

FeatureChange disable_discontig_bg(Tuning& tuning, const FeatureRow& row) {
  each_suballocator_group(tuning, [&](const BlockRef<GroupDescriptor>& group) {
    if (GroupDescriptor::discontiguous(group.bytes()))
      fail(ErrorKind::invalid_argument,
           "The group at block {} of device \"{}\" (allocator {}) is discontiguous; the feature cannot be "
           "disabled while there are such groups",
           group.block().value, tuning.name(), u64{group->parent_inode});
  });
  FeatureChange change = clear_bit(tuning, row);
  change.carry_out = [&tuning, put = change.carry_out] {
    put();
    resize_bitmaps(tuning, tuning.geometry().group_bitmap_bytes());
  };
  return change;
}

FeatureChange enable_backup_super(Tuning& tuning, const FeatureRow& row) {
  const auto places = backup_clusters(tuning.geometry(), tuning.prospect.clusters);
  if (places.empty())
    fail(ErrorKind::invalid_argument, "Volume on device \"{}\" is too small to contain backup superblocks",
         tuning.name());
  require_free(tuning, places);
  FeatureChange change = set_bit(tuning, row);
  change.carry_out = [&tuning, places] {
    require_free(tuning, places);  // what came before may have taken them
    tuning.change([&](Transaction& transaction) {
      Space space(tuning.volume(), 0);
      for (const ClusterNo place : places) take(transaction, space, place);
      SuperBlock& super = edit_super(transaction).super;
      super.set_features(super.features() | feature::backup_super);
    });
  };
  return change;
}

FeatureChange disable_backup_super(Tuning& tuning, const FeatureRow& row) {
  FeatureChange change = clear_bit(tuning, row);
  change.carry_out = [&tuning] {
    tuning.change([&](Transaction& transaction) {
      SuperBlock& super = edit_super(transaction).super;
      super.set_features(super.features().without(feature::backup_super));
      Space space(tuning.volume(), 0);
      for (const ClusterNo place : backup_clusters(tuning.geometry(), tuning.geometry().clusters))
        space.free_clusters(transaction, place, 1);
    });
  };
  return change;
}

}  // namespace ocfs2
