// SPDX-License-Identifier: GPL-2.0-or-later
//
// Quota files as fsck sees them: every block by its number in the file, read whatever is in it, and written
// anew from a sorted list of entries (spec: ondisk.md 11).
#pragma once

#include "engine/check/checkup.h"
#include "engine/volume/quota_layout.h"

namespace ocfs2 {

/// The blocks of a quota file, in the order of the file.
class QuotaFile {
 public:
  static constexpr u64 blocks_max = u64{1} << 22;  ///< more than any set of users and groups asks for

  /// Throws Error(corrupt) when its inode or extents are still damaged.
  QuotaFile(Checkup& checkup, SystemFile file, u32 slot, InodeNo inode);

  const std::string& name() const { return name_; }
  InodeNo inode() const { return inode_; }
  u32 blocks() const { return static_cast<u32>(blocks_.size()); }  ///< as far as its size goes
  u32 room() const { return room_; }                               ///< blocks that its clusters hold
  BlockNo place(u32 block) const { return blocks_[block]; }
  /// Nothing when it cannot be read.
  std::optional<AnyPatient> look(u32 block, const BlockKind& kind) const;
  /// Makes it at least `blocks` long, holes filled. False when that is impossible; why is told.
  bool grow(u32 blocks);

 private:
  void survey();
  void add_clusters(u32 blocks);

  Checkup* checkup_;
  std::string name_;
  InodeNo inode_;
  u32 room_ = 0;
  u64 hole_ = 0;  ///< clusters that may be added behind `room_`
  std::vector<BlockNo> blocks_;
};

}  // namespace ocfs2
