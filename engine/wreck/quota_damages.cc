// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damages of quota files (spec: fsck-checks.md B8; ondisk.md 11, 14, 81 to 83).
#include "engine/wreck/scene.h"
#include "ondisk/quota.h"

namespace ocfs2 {
namespace {

/// The block of the volume that holds a file block of `file`.
BlockNo place_of(Scene& scene, InodeNo file, u64 file_block) {
  const Geometry& geometry = scene.geometry();
  const u64 cluster = file_block / geometry.blocks_per_cluster();
  const auto run =
      ExtentTree::of(scene.volume().cache(), scene.volume().inode(file)).find(static_cast<u32>(cluster));
  if (!run) scene.lacks("such block in a quota file");
  return run->block + (file_block - run->cpos * geometry.blocks_per_cluster());
}

InodeNo user_file(Scene& scene) { return scene.system_file(SystemFile::user_quota); }
BlockNo head_block(Scene& scene) { return place_of(scene, user_file(scene), 0); }
BlockNo root_block(Scene& scene) { return place_of(scene, user_file(scene), quota_root_file_block); }

std::span<le32> references(Scene& scene, u64 file_block) {
  return QuotaTreeBlock::references(
      scene.edit_bytes(place_of(scene, user_file(scene), file_block), QuotaTreeBlock::kind));
}

/// The blocks of a level below `level` (0: the root) that the tree of ids leads to.
std::vector<u64> level_below(Scene& scene, const std::vector<u64>& level) {
  std::vector<u64> below;
  for (const u64 block : level)
    for (const le32& reference : references(scene, block))
      if (reference != 0) below.push_back(reference);
  std::sort(below.begin(), below.end());
  below.erase(std::unique(below.begin(), below.end()), below.end());
  return below;
}

BlockNo a_leaf(Scene& scene) {
  std::vector<u64> level = {quota_root_file_block};
  for (u32 depth = 0; depth < QuotaGeometry{scene.geometry().block_size()}.depth(); ++depth)
    level = level_below(scene, level);
  return place_of(scene, user_file(scene), scene.pick(level, "quota record"));
}

/// A record in use, and a slot that is not.
struct Slots {
  QuotaLeaf* leaf;
  QuotaRecord* used;
  QuotaRecord* free;
};
Slots slots(Scene& scene) {
  const BlockNo block = a_leaf(scene);
  const Bytes bytes = scene.edit_bytes(block, QuotaLeaf::kind);
  Slots found{&as<QuotaLeaf>(bytes), nullptr, nullptr};
  for (QuotaRecord& record : QuotaLeaf::records(bytes)) {
    QuotaRecord*& place = record.unused() ? found.free : found.used;
    if (place == nullptr) place = &record;
  }
  if (found.used == nullptr || found.free == nullptr) scene.lacks("quota leaf with a record and with room");
  return found;
}

void same_id_twice(Scene& scene) {
  const Slots found = slots(scene);
  *found.free = *found.used;
  found.free->inode_hard_limit = 1000;
  found.leaf->entries += 1;
}

/// The leaf's count of records makes everything in it doubtful.
void doubtful_leaf(Scene& scene) {
  slots(scene).leaf->entries =
      static_cast<u16>(QuotaGeometry{scene.geometry().block_size()}.records_per_leaf() + 100);
}
void same_id_in_doubtful_leaf(Scene& scene) {
  const Slots found = slots(scene);
  *found.free = *found.used;
  found.free->inode_hard_limit = 1000;
  found.leaf->entries =
      static_cast<u16>(QuotaGeometry{scene.geometry().block_size()}.records_per_leaf() + 100);
}

BlockNo local_head(Scene& scene) {
  return place_of(scene, scene.system_file(SystemFile::local_user_quota, scene.slot(0)), 0);
}

constexpr Features quota = feature::usrquota;

constexpr Damage table[] = {
    {110, "QMAGIC_INVALID", "QMAGIC_INVALID", "The user quota file has lost its signature",
     [](Scene& scene) { scene.edit<GlobalQuotaHead>(head_block(scene)).header.magic = 0; }, quota},
    {111, "QTREE_BLK_INVALID", "QTREE_BLK_INVALID", "The tree of ids leads behind the file",
     [](Scene& scene) {
       const u32 blocks = scene.edit<GlobalQuotaHead>(head_block(scene)).info.blocks;
       for (le32& reference : references(scene, quota_root_file_block)) {
         if (reference != 0) continue;
         reference = blocks + 1000;
         return;
       }
     },
     quota},
    {112, "DQBLK_INVALID", "DQBLK_INVALID", "A leaf counts more records than fit: all in it are doubtful",
     doubtful_leaf, quota},
    {113, "DUP_DQBLK_INVALID", "DQBLK_INVALID DUP_DQBLK_INVALID",
     "A doubtful leaf holds two records for one id",
     same_id_in_doubtful_leaf, quota},
    {114, "DUP_DQBLK_VALID", "DUP_DQBLK_VALID", "A leaf holds two good records for one id", same_id_twice,
     quota},
    {{},
     "QTREE_BLK_CHECKSUM",
     "QTREE_BLK_INVALID",
     "The root of the tree of ids has a wrong checksum",
     [](Scene& scene) {
       const BlockNo block = root_block(scene);
       const Bytes bytes = scene.edit_bytes(block, QuotaTreeBlock::kind);
       auto& check = as<BlockCheck>(bytes.last(sizeof(BlockCheck)));
       check.crc = ~check.crc;
       scene.leave_check(block);
     },
     quota | feature::metaecc},
    {{},
     "QUOTA_BLOCKS",
     "QUOTA_LISTS",
     "dqi_blocks is not the size of the quota file",
     [](Scene& scene) { scene.edit<GlobalQuotaHead>(head_block(scene)).info.blocks += 1; },
     quota},
    {{},
     "QUOTA_FREE_LIST",
     "QUOTA_LISTS",
     "The list of free quota blocks begins with one in use",
     [](Scene& scene) {
       scene.edit<GlobalQuotaHead>(head_block(scene)).info.free_block = quota_root_file_block;
     },
     quota},
    {{},
     "QUOTA_USAGE",
     "QUOTA_USAGE",
     "A user's space is not what the files of this user take",
     [](Scene& scene) { slots(scene).used->inodes += 7; },
     quota},
    {{},
     "QUOTA_ENTRIES",
     "QUOTA_LISTS",
     "dqdh_entries is not the number of records in a leaf",
     [](Scene& scene) { slots(scene).leaf->entries += 1; },
     quota},
    {{},
     "QUOTA_LOCAL_INVALID",
     "QUOTA_LOCAL_INVALID",
     "A slot's quota file has lost its signature",
     [](Scene& scene) { scene.edit<LocalQuotaHead>(local_head(scene)).header.magic = 0; },
     quota},
    {{},
     "QUOTA_LOCAL_DIRTY",
     "QUOTA_LOCAL_UNCLEAN",
     "The quota file of a slot that nobody uses is not clean",
     [](Scene& scene) { scene.edit<LocalQuotaHead>(local_head(scene)).info.flags = 0; },
     quota},
};

}  // namespace

std::span<const Damage> quota_damages() { return table; }

}  // namespace ocfs2
