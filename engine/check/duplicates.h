// SPDX-License-Identifier: GPL-2.0-or-later
//
// Clusters that more than one claims. Pass 1 only notices that there are some; who claims them is found by
// looking at every inode once more (pass 1b), what the owners are called in 1c, and 1d resolves it.
#pragma once

#include "engine/check/checkup.h"

namespace ocfs2 {

struct Claim {
  enum class Kind : u8 {
    volume,    ///< superblocks, group descriptors, groups of suballocators: must stay where they are
    system,    ///< a system file's data
    attached,  ///< attributes or index of an inode
    data,      ///< a user's file or directory
    shared,    ///< the same, through a refcount tree
  };
  InodeNo inode{};  ///< 0: the volume itself
  Kind kind = Kind::data;
  BlockNo tree{};  ///< refcount tree of the inode, 0: none
  bool regular = false;

  auto operator<=>(const Claim&) const = default;
};

/// A run of clusters with all who claim it, the one with the strongest claim first.
struct Dispute {
  BitRun clusters;
  std::vector<Claim> claims;
};

/// Pass 1b. In order of clusters.
std::vector<Dispute> find_disputes(Checkup& checkup, const SparseBitmap& duplicates);
/// Pass 1d for one of them.
void resolve_dispute(Checkup& checkup, const Dispute& dispute);

}  // namespace ocfs2
