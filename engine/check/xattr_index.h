// SPDX-License-Identifier: GPL-2.0-or-later
//
// Checks the index of attributes that do not fit one block: a tree keyed by name hash that leads to runs of
// buckets (spec: ondisk.md 8.4, 14.67 and 68).
#pragma once

#include "engine/check/xattr_container.h"

namespace ocfs2 {

/// True when no record of an index without further levels leads to anything like a bucket.
bool index_leads_nowhere(const Patient<XattrBlock>& block, AttributeCase& attributes);

/// Examines the index that `block` is the root of, and every bucket.
void examine_attribute_index(Patient<XattrBlock>& block, AttributeCase& attributes);

/// Consecutive buckets that one record of the index leads to.
struct BucketRun {
  u64 key;  ///< the smallest hash that it may hold
  BlockNo first;
  u32 room;     ///< buckets that fit
  u32 buckets;  ///< in use
};

/// Takes all attributes out of the buckets of `runs` and fills these anew, in the order of hashes. All
/// entries are sound and the root of the index is a leaf. False, and nothing is changed, when they do not
/// fit.
bool refill_buckets(Patient<XattrBlock>& block, AttributeCase& attributes, std::span<const BucketRun> runs);

}  // namespace ocfs2
