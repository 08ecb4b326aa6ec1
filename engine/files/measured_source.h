// SPDX-License-Identifier: GPL-2.0-or-later
//
// A source that is listened to: how much there is in it, and what that takes on a volume.
#pragma once

#include "engine/files/tree_source.h"
#include "ondisk/geometry.h"

namespace ocfs2 {

/// What was told so far.
struct Demand {
  u64 files = 0;   ///< names
  u64 inodes = 0;  ///< that they lead to
  u64 data_bytes = 0;
  /// Of the volume, by an estimate that is rather too high; the directories' and the attributes' with it.
  u64 volume_bytes = 0;
};

class MeasuredSource final : public TreeSource {
 public:
  /// What files take goes by the sizes of blocks and clusters; files of at most `inline_bytes` lie in their
  /// inodes. `source` outlives this.
  MeasuredSource(TreeSource& source, u64 block_size, u64 cluster_size, u64 inline_bytes)
      : source_(source), block_size_(block_size), cluster_size_(cluster_size), inline_bytes_(inline_bytes) {}

  std::optional<SourceFile> next() override {
    auto file = source_.next();
    if (file) add(*file);
    return file;
  }
  std::optional<SourcePiece> next_piece() override { return source_.next_piece(); }
  bool tells_once() const override { return source_.tells_once(); }

  /// Passes over what was not told yet. Returns what there is altogether.
  const Demand& whole() {
    while (next()) continue;
    return demand_;
  }

 private:
  void add(const SourceFile& file);

  TreeSource& source_;
  u64 block_size_, cluster_size_, inline_bytes_;
  Demand demand_;
};

/// The most that an inode of this volume can hold of its file; 0 when it holds none.
u64 inline_bytes(const VolumeFacts& facts);

}  // namespace ocfs2
