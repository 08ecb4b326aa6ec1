// SPDX-License-Identifier: GPL-2.0-or-later
//
// Checks an extent tree, whoever owns it: the data of an inode, the value of an attribute, the buckets of
// attributes, the leaves of a directory index or of a refcount tree (spec: ondisk.md 4.4, 14.41 to 48).
//
// Whatever the answers are, the walk goes on as if everything had been mended: one fault is one finding, and
// what it brings with it is not reported again.
#pragma once

#include "engine/check/examiner.h"
#include "engine/check/survey.h"
#include "engine/volume/extent_tree.h"

namespace ocfs2 {

/// What a tree must be, beside being one.
struct TreeRules {
  u32 capacity = 0;               ///< exact l_count of the root
  bool cluster_aligned = true;    ///< records address whole clusters: all trees but the refcount tree
  bool disjoint = true;           ///< records do not overlap; hash keys may lie closer than lengths
  const Problem* hole = nullptr;  ///< what a hole is: directories, and volumes without sparse files
  bool unwritten = false;         ///< records may carry the flag
  bool refcounted = false;        ///< records may carry the flag
  bool claim = true;              ///< harvest the clusters; not for trees whose records are single blocks
  bool full_leaves = false;       ///< all leaves but the last must be full: the owner can make them so
  u32 clusters = 0;               ///< what the owner says that all records come to; 0: not known
  u64 reach = u64{1} << 32;       ///< no record ends behind this cluster
  BlockNo last_leaf{};            ///< what the root records as its last extent block
};

/// Where the root's list is: `offset` bytes into the patient, with `bytes` of room.
struct TreeRootPlace {
  AnyPatient& patient;
  u32 offset;
  u32 bytes;
};

struct TreeSummary {
  u32 depth = 0;
  u64 clusters = 0;      ///< in all leaf records together
  u64 end = 0;           ///< one behind the last logical cluster
  u64 written_end = 0;   ///< the same, records marked unwritten left out
  BlockNo last_leaf{};   ///< rightmost extent block at depth 0, 0 when the root is the leaf
  bool sound = true;     ///< nothing was wrong
  bool thinned = false;  ///< a leaf but the last has room: the tree is to be made dense
  bool mended = false;   ///< something was, and was mended: fields outside the list must follow
};

/// Examines the tree and mends it where the examiner says yes. Harvests the extent blocks (as metadata of
/// `owner`) and the clusters that belong to it, those of shared extents left out (see SharedRun), and calls
/// `use` with every extent, in order. Root fields outside the list (clusters, last extent block) are the
/// caller's to compare with the summary: when the tree was not sound they follow without a question.
TreeSummary examine_extent_tree(const TreeRootPlace& root, const TreeRules& rules, InodeNo owner,
                                Examiner& examiner, BlockSource& source, Harvest& harvest,
                                const std::function<void(const ExtentRun&)>& use);

}  // namespace ocfs2
