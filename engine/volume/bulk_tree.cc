// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/bulk_tree.h"

#include <algorithm>

namespace ocfs2 {
namespace {

/// How many keys a node spans that holds `records` and is followed by a node that begins with `next`, if any.
u32 span_of(const std::vector<TreeRecord>& records, const TreeRecord* next) {
  const u32 end = next ? next->key : records.back().key + records.back().clusters;
  return end - records.front().key;
}

}  // namespace

BulkTree build_tree(std::vector<TreeRecord> leaves, u32 root_capacity, u32 node_capacity,
                    const std::function<BlockNo()>& allocate) {
  BulkTree tree;
  std::vector<TreeRecord> level = std::move(leaves);
  while (level.size() > root_capacity) {
    std::vector<TreeRecord> parents;
    TreeNode* left = nullptr;
    const std::size_t first_of_level = tree.nodes.size();
    tree.nodes.reserve(first_of_level + divide_up(level.size(), node_capacity));  // keeps `left` in place
    for (std::size_t at = 0; at < level.size(); at += node_capacity) {
      const std::size_t end = std::min(at + node_capacity, level.size());
      TreeNode& node = tree.nodes.emplace_back();
      node.block = allocate();
      node.depth = tree.depth;
      node.records.assign(level.begin() + at, level.begin() + end);
      if (left && tree.depth == 0) left->next_leaf = node.block;
      left = &node;
      parents.push_back({node.records.front().key,
                         span_of(node.records, end < level.size() ? &level[end] : nullptr), node.block, 0});
    }
    if (tree.depth == 0) tree.last_leaf = tree.nodes.back().block;
    level = std::move(parents);
    ++tree.depth;
  }
  tree.root = std::move(level);
  return tree;
}

}  // namespace ocfs2
