// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/quota_file.h"

#include "engine/check/engine_repair.h"
#include "engine/volume/extent_edit.h"

namespace ocfs2 {

QuotaFile::QuotaFile(Checkup& checkup, SystemFile file, u32 slot, InodeNo inode)
    : checkup_(&checkup), name_(system_file_name(file, slot)), inode_(inode) {
  survey();
}

void QuotaFile::survey() {
  const Geometry& geometry = checkup_->geometry();
  const auto held = checkup_->volume.inode(inode_);
  const u64 wanted = std::min(
      {geometry.blocks_for(held->size), u64{held->clusters} * geometry.blocks_per_cluster(), blocks_max});
  blocks_.clear();
  room_ = 0;
  hole_ = geometry.clusters;
  ExtentTree::of(checkup_->volume.cache(), held).each_run([&](const ExtentRun& run) {
    const u64 first = run.cpos * geometry.blocks_per_cluster(),
              count = run.clusters * geometry.blocks_per_cluster();
    if (first != room_) hole_ = run.cpos - room_ / geometry.blocks_per_cluster();
    if (first != room_ || first + count > blocks_max) return false;  // what lies behind a hole is not used
    room_ += static_cast<u32>(count);
    for (u64 i = 0; i < count && blocks_.size() < wanted; ++i) blocks_.push_back(run.block + i);
    return true;
  });
}

void QuotaFile::add_clusters(u32 blocks) {
  const Geometry& geometry = checkup_->geometry();
  const u64 wanted = std::min<u64>(divide_up(blocks, geometry.blocks_per_cluster()), hole_);
  Transaction& transaction = checkup_->mender->transaction();
  Space space(checkup_->volume, 0);
  const BitRun run = space.allocate_clusters(transaction, static_cast<u32>(wanted));
  ExtentEdit(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(inode_))))
      .insert({.cpos = room_ / geometry.blocks_per_cluster(),
               .clusters = run.count,
               .block = geometry.first_block_of(ClusterNo(run.first))});
}

bool QuotaFile::grow(u32 blocks) {
  const bool grown = repair_as_one(*checkup_, DeviceErrors::end_the_pass, [&] {
    for (; room_ < blocks; survey()) {
      add_clusters(blocks - room_);
      checkup_->mender->commit();
    }
    checkup_->mender->transaction().edit<Inode>(block_of(inode_)).size = u64{blocks}
                                                                         << checkup_->geometry().block_bits;
  });
  survey();
  return grown && blocks_.size() >= blocks;
}

std::optional<AnyPatient> QuotaFile::look(u32 block, const BlockKind& kind) const {
  return checkup_->source.look(blocks_[block], kind, inode_);
}

}  // namespace ocfs2
