// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/quota_usage.h"

#include "engine/tune/batches.h"
#include "engine/tune/inodes.h"
#include "engine/volume/extent_tree.h"

namespace ocfs2 {
namespace {

/// A global quota file, to find entries in.
class GlobalFile {
 public:
  GlobalFile(Volume& volume, SystemFile file)
      : volume_(volume),
        geometry_{volume.geometry().block_size()},
        tree_(ExtentTree::of(volume.cache(), volume.system_file(file))) {}

  struct Spot {
    BlockNo leaf;
    std::size_t index;
  };
  std::optional<Spot> find(u32 id) {
    u32 block = quota_root_file_block;
    for (u32 level = 0; level < geometry_.depth(); ++level) {
      const auto at = place_of(block);
      if (!at) return std::nullopt;
      const auto node = volume_.cache().read<QuotaTreeBlock>(*at);
      block = QuotaTreeBlock::references(node.bytes())[geometry_.index_at(level, id)];
      if (block == 0) return std::nullopt;
    }
    const auto at = place_of(block);
    if (!at) return std::nullopt;
    const auto records = records_of(*at);
    const auto entry = std::ranges::find_if(
        records, [&](const QuotaRecord& record) { return record.id == id && !record.unused(); });
    if (entry == records.end()) return std::nullopt;
    return Spot{*at, static_cast<std::size_t>(entry - records.begin())};
  }
  u64 space_of(const Spot& spot) { return records_of(spot.leaf)[spot.index].space; }

 private:
  std::span<const QuotaRecord> records_of(BlockNo leaf) {
    leaf_ = volume_.cache().read<QuotaLeaf>(leaf);
    return QuotaLeaf::records(leaf_.bytes());
  }
  std::optional<BlockNo> place_of(u32 file_block) const {
    const u32 per_cluster = volume_.geometry().blocks_per_cluster();
    const auto run = tree_.find(file_block / per_cluster);
    if (!run) return std::nullopt;
    return run->block + file_block % per_cluster;
  }

  Volume& volume_;
  QuotaGeometry geometry_;
  ExtentTree tree_;
  BlockRef<QuotaLeaf> leaf_;
};

/// An owner without an entry is one whose files count for nobody: that of the root directory.
void recount(Tuning& tuning, QuotaType type, SystemFile file) {
  GlobalFile global(tuning.volume(), file);
  const QuotaEntries usage = count_usage(tuning, type);
  auto owner = usage.begin();
  in_batches(tuning, [&](Transaction& transaction, Space&) {
    if (owner == usage.end()) return false;
    const auto& [id, counted] = *owner++;
    const auto spot = global.find(id);
    if (spot && global.space_of(*spot) != counted.record.space) {
      const Bytes leaf = transaction.edit_as(spot->leaf, QuotaLeaf::kind);
      QuotaLeaf::records(leaf)[spot->index].space = counted.record.space;
    }
    return true;
  });
}

}  // namespace

QuotaEntries count_usage(const Tuning& tuning, QuotaType type) {
  QuotaEntries entries;
  each_inode(tuning, [&](const BlockRef<Inode>& inode) {
    if (inode->has_flag(inode_flag::system) && inode_at(inode.block()) != tuning.volume().root()) return;
    const u32 id = type == QuotaType::user ? inode->uid : inode->gid;
    QuotaRecord& record = entries[id].record;
    record.id = id;
    record.space += u64{inode->clusters} << tuning.geometry().cluster_bits;
    record.inodes += 1;
  });
  return entries;
}

void recount_quota(Tuning& tuning) {
  const bool users = tuning.volume().has(feature::usrquota), groups = tuning.volume().has(feature::grpquota);
  if (!users && !groups) return;
  tuning.reporter().stage("Computing quota usage");
  if (users) recount(tuning, QuotaType::user, SystemFile::user_quota);
  if (groups) recount(tuning, QuotaType::group, SystemFile::group_quota);
  tuning.reporter().stage_done("done");
}

}  // namespace ocfs2
