// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/quota_layout.h"

#include <optional>

#include "engine/error.h"

namespace ocfs2 {
namespace {

/// Hands out the blocks of a fresh file one after the other. It holds those that still grow: the way from the
/// root to the last entry.
class QuotaWriter {
 public:
  QuotaWriter(u32 block_size, const QuotaBlockUse& use)
      : geometry_{block_size}, use_(use), path_(geometry_.depth()) {}

  void write(const QuotaEntries& entries) {
    begin(path_[0], quota_root_file_block, QuotaTreeBlock::kind);
    std::optional<u32> before;
    for (const auto& [id, entry] : entries) {
      u32 level = 0;  // the first on which the way to this id is another
      while (before && geometry_.index_at(level, id) == geometry_.index_at(level, *before)) ++level;
      for (; level + 1 < geometry_.depth(); ++level) {
        refer(level, id, next_);
        begin(path_[level + 1], next_++, QuotaTreeBlock::kind);
      }
      add(entry.record);
      refer(geometry_.depth() - 1, id, leaf_.block);
      before = id;
    }
    for (const Node& node : path_) finish(node, QuotaTreeBlock::kind);
    finish(leaf_, QuotaLeaf::kind);
  }
  u32 blocks() const { return next_; }
  /// The last leaf, when it has room for more.
  u32 leaf_with_room() const {
    return in_leaf_ > 0 && in_leaf_ < geometry_.records_per_leaf() ? leaf_.block : 0;
  }

 private:
  struct Node {
    u32 block = 0;  ///< 0: not begun
    std::vector<u8> bytes;
  };

  void begin(Node& node, u32 block, const BlockKind& kind) {
    finish(node, kind);
    node.block = block;
    node.bytes.assign(geometry_.block_size, 0);
  }
  void finish(const Node& node, const BlockKind& kind) const {
    if (node.block != 0) use_(node.block, kind, node.bytes);
  }
  void refer(u32 level, u32 id, u32 to) {
    QuotaTreeBlock::references(Bytes(path_[level].bytes))[geometry_.index_at(level, id)] = to;
  }
  void add(const QuotaRecord& record) {
    if (in_leaf_ == 0 || in_leaf_ == geometry_.records_per_leaf()) {
      begin(leaf_, next_++, QuotaLeaf::kind);
      in_leaf_ = 0;
    }
    QuotaLeaf::records(Bytes(leaf_.bytes))[in_leaf_++] = record;
    as<QuotaLeaf>(Bytes(leaf_.bytes)).entries = static_cast<u16>(in_leaf_);
  }

  QuotaGeometry geometry_;
  const QuotaBlockUse& use_;
  std::vector<Node> path_;  ///< from the root to the tree block above the leaves
  Node leaf_;
  u32 next_ = quota_root_file_block + 1;
  u32 in_leaf_ = 0;
};

}  // namespace

u32 quota_blocks_for(const QuotaEntries& entries, u32 block_size) {
  const QuotaBlockUse nobody = [](u32, const BlockKind&, ConstBytes) {};
  QuotaWriter writer(block_size, nobody);
  writer.write(entries);
  return writer.blocks();
}

void lay_out_quota(const QuotaEntries& entries, QuotaType type, const GlobalQuotaInfo& times, u32 blocks,
                   u32 block_size, const QuotaBlockUse& use) {
  QuotaWriter writer(block_size, use);
  writer.write(entries);
  std::vector<u8> bytes(block_size);
  for (u32 free = writer.blocks(); free < blocks; ++free) {
    as<QuotaLeaf>(Bytes(bytes)).next_free = free + 1 < blocks ? free + 1 : 0u;
    use(free, QuotaLeaf::kind, bytes);
  }
  std::ranges::fill(bytes, 0);
  auto& head = as<GlobalQuotaHead>(Bytes(bytes));
  head.header.magic = quota_global_magic(type);
  head.info = times;
  head.info.blocks = blocks;
  head.info.free_leaf = writer.leaf_with_room();
  head.info.free_block = writer.blocks() < blocks ? writer.blocks() : 0u;
  use(0, GlobalQuotaHead::kind, bytes);
}

}  // namespace ocfs2
