// SPDX-License-Identifier: GPL-2.0-or-later
//
// An extent tree built in one go from all its leaf records, as mkfs, a rebuild in fsck, and the building of a
// directory index need it (spec: ondisk.md 4). Only arithmetic: where the extent blocks lie is the caller's
// business, who also writes them.
#pragma once

#include <functional>
#include <vector>

#include "ondisk/numbers.h"

namespace ocfs2 {

/// A record of a leaf, or (then without flags) of an interior node.
struct TreeRecord {
  u32 key = 0;       ///< e_cpos
  u32 clusters = 0;  ///< length of the extent, or how far the child spans
  BlockNo block;     ///< first block of the extent, or the child
  u8 flags = 0;
};

/// One extent block of the tree.
struct TreeNode {
  BlockNo block;
  u16 depth = 0;      ///< 0: a leaf
  BlockNo next_leaf;  ///< the leaf to the right; 0 for the last one and for interior nodes
  std::vector<TreeRecord> records;
};

struct BulkTree {
  u16 depth = 0;                 ///< of the root
  std::vector<TreeRecord> root;  ///< the root's records
  BlockNo last_leaf;             ///< 0 when the root is the only leaf
  std::vector<TreeNode>
      nodes;  ///< in the order of allocation: leaves from left to right, then level by level
};

/// A tree over `leaves`, sorted by key, in a root of `root_capacity` records and extent blocks of
/// `node_capacity`; `allocate` is called once for each extent block.
BulkTree build_tree(std::vector<TreeRecord> leaves, u32 root_capacity, u32 node_capacity,
                    const std::function<BlockNo()>& allocate);

}  // namespace ocfs2
