// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/files/quota_charge.h"

#include "engine/volume/quota_edit.h"
#include "ondisk/index.h"

namespace ocfs2 {
namespace {

/// Moves from one owner to another, or changes what one has.
void settle(Transaction& transaction, Space& space, QuotaType type, u32 old_id, u32 new_id,
            const QuotaCharge& before, const QuotaCharge& after) {
  QuotaEdit quota(transaction, space, type);
  const auto bytes = static_cast<s64>(after.bytes), old_bytes = static_cast<s64>(before.bytes);
  const auto inodes = static_cast<s64>(after.inodes), old_inodes = static_cast<s64>(before.inodes);
  if (old_id == new_id) {
    if (bytes != old_bytes || inodes != old_inodes)
      quota.change(new_id, bytes - old_bytes, inodes - old_inodes);
    return;
  }
  if (old_inodes != 0) quota.change(old_id, -old_bytes, -old_inodes);
  if (inodes != 0) quota.change(new_id, bytes, inodes);
}

}  // namespace

bool has_quotas(const Volume& volume) {
  return volume.has(feature::usrquota) || volume.has(feature::grpquota);
}

QuotaCharge QuotaCharge::of(const Transaction& transaction, const Volume& volume, InodeNo number) {
  if (!has_quotas(volume)) return {};
  const auto inode = transaction.read<Inode>(block_of(number));
  if (!inode->has_flag(inode_flag::valid) || inode->has_flag(inode_flag::system)) return {};
  u64 clusters = inode->clusters;
  if (inode->has_dynamic(dynamic_feature::indexed_dir) && inode->index_root != 0)
    clusters += transaction.read<IndexRoot>(BlockNo(inode->index_root))->clusters;
  return {inode->uid, inode->gid, clusters << volume.geometry().cluster_bits, 1};
}

void settle_charge(Transaction& transaction, Space& space, const QuotaCharge& before,
                   const QuotaCharge& after) {
  const Volume& volume = space.volume();
  const u32 old_uid = before.inodes == 0 ? after.uid : before.uid;
  const u32 old_gid = before.inodes == 0 ? after.gid : before.gid;
  const u32 uid = after.inodes == 0 ? before.uid : after.uid;
  const u32 gid = after.inodes == 0 ? before.gid : after.gid;
  if (volume.has(feature::usrquota)) settle(transaction, space, QuotaType::user, old_uid, uid, before, after);
  if (volume.has(feature::grpquota))
    settle(transaction, space, QuotaType::group, old_gid, gid, before, after);
}

}  // namespace ocfs2
