// SPDX-License-Identifier: GPL-2.0-or-later
//
// In how many places of the volume a file lies. A piece is what lies in a row, whatever holes are between its
// clusters in the file, and however many extents tell of it.
#pragma once

#include <vector>

#include "engine/volume/extent_tree.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

struct FilePiece {
  std::size_t first_run = 0, end_run = 0;  ///< in the file's list of runs
  ClusterNo place;
  u64 clusters = 0;
  bool shared = false;  ///< other files have a part of it, too

  u64 end() const { return place.value + clusters; }
};

class FilePieces {
 public:
  /// Throws Error(corrupt).
  FilePieces(Volume& volume, const BlockRef<Inode>& inode);

  const std::vector<ExtentRun>& runs() const { return runs_; }
  const std::vector<FilePiece>& pieces() const { return pieces_; }

 private:
  std::vector<ExtentRun> runs_;
  std::vector<FilePiece> pieces_;
};

/// True for what belongs to a user and can lie anywhere: data of files, and of symbolic links that do not fit
/// into their inodes.
bool can_move(const Inode& inode);

/// How long a piece is when joining it to its neighbours gains nothing any more: reading it takes far longer
/// than getting there.
u64 long_piece(const Geometry& geometry);

/// Calls `use` with each stretch [first, end) of two or more pieces that would better be one.
template <class Use>
void each_broken_stretch(const Geometry& geometry, const std::vector<FilePiece>& pieces, const Use& use) {
  const auto whole = [&](const FilePiece& piece) {
    return piece.shared || piece.clusters >= long_piece(geometry);
  };
  for (std::size_t first = 0; first < pieces.size(); ++first) {
    std::size_t end = first;
    while (end < pieces.size() && !whole(pieces[end])) ++end;
    if (end - first >= 2) use(first, end);
    first = end;
  }
}

}  // namespace ocfs2
