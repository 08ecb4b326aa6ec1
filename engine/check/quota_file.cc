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

namespace {

/// Hands out the blocks of a fresh file one after the other.
class QuotaWriter {
 public:
  using Block = std::function<Bytes(u32, const BlockKind&)>;
  QuotaWriter(u32 block_size, const Block& block)
      : geometry_{block_size}, block_(block), path_(geometry_.depth()) {}

  void write(const QuotaEntries& entries) {
    path_[0] = {quota_root_file_block, block_(quota_root_file_block, QuotaTreeBlock::kind)};
    std::optional<u32> before;
    for (const auto& [id, entry] : entries) {
      u32 level = 0;  // the first on which the way to this id is another
      while (before && geometry_.index_at(level, id) == geometry_.index_at(level, *before)) ++level;
      for (; level + 1 < geometry_.depth(); ++level) {
        const u32 below = next_++;
        refer(level, id, below);
        path_[level + 1] = {below, block_(below, QuotaTreeBlock::kind)};
      }
      add(entry.record);
      refer(geometry_.depth() - 1, id, leaf_);
      before = id;
    }
  }
  u32 blocks() const { return next_; }
  /// The last leaf, when it has room for more.
  u32 leaf_with_room() const { return in_leaf_ > 0 && in_leaf_ < geometry_.records_per_leaf() ? leaf_ : 0; }

 private:
  void refer(u32 level, u32 id, u32 to) {
    QuotaTreeBlock::references(path_[level].bytes)[geometry_.index_at(level, id)] = to;
  }
  void add(const QuotaRecord& record) {
    if (in_leaf_ == 0 || in_leaf_ == geometry_.records_per_leaf()) {
      leaf_ = next_++;
      leaf_bytes_ = block_(leaf_, QuotaLeaf::kind);
      in_leaf_ = 0;
    }
    QuotaLeaf::records(leaf_bytes_)[in_leaf_++] = record;
    as<QuotaLeaf>(leaf_bytes_).entries = static_cast<u16>(in_leaf_);
  }

  struct Node {
    u32 block = 0;
    Bytes bytes;
  };
  QuotaGeometry geometry_;
  Block block_;
  std::vector<Node> path_;  ///< from the root to the tree block above the leaves
  u32 next_ = quota_root_file_block + 1;
  u32 leaf_ = 0, in_leaf_ = 0;
  Bytes leaf_bytes_;
};

}  // namespace

u32 quota_blocks_for(const QuotaEntries& entries, u32 block_size) {
  std::vector<u8> scratch(block_size);
  QuotaWriter writer(block_size, [&](u32, const BlockKind&) { return Bytes(scratch); });
  writer.write(entries);
  return writer.blocks();
}

void lay_out_quota(const QuotaEntries& entries, QuotaType type, const GlobalQuotaInfo& times, u32 blocks,
                   u32 block_size, const std::function<Bytes(u32, const BlockKind&)>& block) {
  QuotaWriter writer(block_size, block);
  writer.write(entries);
  auto& head = as<GlobalQuotaHead>(block(0, GlobalQuotaHead::kind));
  head.header.magic = quota_global_magic(type);
  head.info = times;
  head.info.blocks = blocks;
  head.info.free_leaf = writer.leaf_with_room();
  head.info.free_block = writer.blocks() < blocks ? writer.blocks() : 0u;
  for (u32 free = writer.blocks(); free < blocks; ++free)
    as<QuotaLeaf>(block(free, QuotaLeaf::kind)).next_free = free + 1 < blocks ? free + 1 : 0u;
}

}  // namespace ocfs2
