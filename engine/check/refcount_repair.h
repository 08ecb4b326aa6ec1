// SPDX-License-Identifier: GPL-2.0-or-later
//
// Changing refcount trees during a check, while nobody knows yet whether the allocators' bitmaps are right
// (spec: ondisk.md 9). Blocks are taken only from an extent allocator in which no block that something uses
// is marked free.
#pragma once

#include "engine/check/checkup.h"
#include "engine/check/refcount_blocks.h"
#include "engine/volume/refcount_edit.h"

namespace ocfs2 {

class RefcountRepair {
 public:
  /// Only with a mender.
  RefcountRepair(Checkup& checkup, BlockNo root) : checkup_(checkup), root_(root) {}

  /// Enters the counts of `wanted`, 0 references taking a record away. False when that is impossible; then
  /// nothing is changed.
  bool enter(std::span<const CountedRun> wanted);
  /// Makes an empty tree of the root's block, in place, gives `old_blocks` (root included) back but for the
  /// root, and enters `wanted`.
  bool rebuild(std::span<const MetadataClaim> old_blocks, std::span<const CountedRun> wanted);
  /// Takes the marks of sharing, and the tree, from `inode`.
  bool forget(InodeNo inode);

  /// All blocks of the tree as it is now. Only after one of the above.
  std::vector<BlockNo> blocks();

 private:
  static constexpr u32 spare_blocks = 8;  ///< that an allocator must have to be used

  std::optional<u32> safe_slot() const;
  bool attempt(const std::function<void()>& repair);
  void enter_runs(std::span<const CountedRun> wanted);
  void reset_root();
  void give_back(BlockNo block, Space& space);
  void clear_marks(const ExtentRoot& tree, Space& space);

  Checkup& checkup_;
  BlockNo root_;
};

}  // namespace ocfs2
