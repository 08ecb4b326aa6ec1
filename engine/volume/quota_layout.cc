// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/quota_layout.h"

#include "engine/error.h"

namespace ocfs2 {
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
