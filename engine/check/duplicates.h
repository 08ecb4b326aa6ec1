// SPDX-License-Identifier: GPL-2.0-or-later
//
// Clusters that more than one claims. Pass 1 only notices that there are some; who claims them is found by
// looking at every inode once more (pass 1b), what the owners are called in 1c, and 1d resolves it.
#pragma once

#include <tuple>

#include "engine/check/checkup.h"

namespace ocfs2 {

struct Claim {
  enum class Kind : u8 {
    volume,    ///< superblocks, group descriptors, groups of suballocators: must stay where they are
    system,    ///< a system file's data
    attached,  ///< attributes of an inode
    data,      ///< a user's file or directory
    shared,    ///< the same, through a refcount tree
    index,     ///< of a directory, and made anew: weak, since nothing is lost with it
    log,       ///< a truncate log or local alloc, whose clusters nobody has: the weakest
  };
  InodeNo inode{};  ///< 0: the volume itself
  Kind kind = Kind::data;
  bool doubtful = false;  ///< the inode had to be mended
  bool regular = false;

  bool operator==(const Claim&) const = default;
  /// True when this claim is the stronger one.
  bool operator<(const Claim& other) const {
    return std::tuple(rank(), doubtful, kind, inode) <
           std::tuple(other.rank(), other.doubtful, other.kind, other.inode);
  }

 private:
  /// What is sound comes before what is not, whatever it is, but for the ends of the scale.
  u8 rank() const { return kind == Kind::volume ? 0 : kind >= Kind::index ? 2 : 1; }
};

/// A run of clusters with all who claim it, the one with the strongest claim first.
struct Dispute {
  BitRun clusters;
  std::vector<Claim> claims;
};

/// A block of an extent allocator with all who refer to it, the strongest first: kind data for extent blocks
/// of an inode's data, attached for all else.
struct BlockDispute {
  BlockNo block;
  std::vector<Claim> claims;
};

struct Disputes {
  std::vector<BlockDispute> blocks;
  std::vector<Dispute> clusters;
};

/// Whether a part of what was harvested has been claimed so far, in pass 1.
bool meets_other_claims(Checkup& checkup, const Harvest& harvest);
/// Pass 1b. Both in order of their place.
Disputes find_disputes(Checkup& checkup, const SparseBitmap& duplicates);
/// Pass 1d for one of them. Those about blocks come first: clusters can be given away only by a tree of one's
/// own.
void resolve_dispute(Checkup& checkup, const BlockDispute& dispute);
void resolve_dispute(Checkup& checkup, const Dispute& dispute);

}  // namespace ocfs2
