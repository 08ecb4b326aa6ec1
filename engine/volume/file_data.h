// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bytes of a file, wherever they are: in the inode itself, in extents, or nowhere (holes and unwritten
// extents read as zeros) (spec: ondisk.md 3.7, 4.8).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/volume/extent_tree.h"

namespace ocfs2 {

class Volume;

class FileData {
 public:
  /// The data of a file, directory or slow symlink. Throws Error(invalid_argument) for inodes that have none
  /// (allocators, truncate logs, …).
  FileData(Volume& volume, BlockRef<Inode> inode);

  u64 size() const { return inode_->size; }  ///< bytes

  /// A stretch of a file.
  struct Piece {
    u64 length;                ///< bytes
    std::optional<u64> place;  ///< on the device, in bytes; none: it reads as zeros
  };
  /// Where the bytes from `offset` on are, `length` of them or until the file ends; nothing when they are in
  /// the inode itself.
  std::optional<std::vector<Piece>> pieces(u64 offset, u64 length);

  /// Reads what `pieces` told, from the device that the volume is on; `into` has room for all of it. Returns
  /// how many bytes that were.
  static std::size_t read_pieces(BlockDevice& device, std::span<const Piece> pieces, Bytes into);

  /// Reads bytes from `offset` on until `into` is full or the file ends. Returns how many.
  std::size_t read(u64 offset, Bytes into);

  /// Calls `use` with every piece that is not a hole, in order, at most a mebibyte at a time, until it
  /// returns false.
  void each_piece(const std::function<bool(u64 offset, ConstBytes piece)>& use);

 private:
  /// What lies at `cpos` and how many clusters it goes on like that; without a block: zeros.
  struct Mapped {
    std::optional<BlockNo> block;
    u64 clusters;
  };
  Mapped map(u32 cpos);
  std::vector<u8> read_blocks(BlockNo block, u64 count);
  u64 place_of(BlockNo block, u64 blocks) const;

  Volume& volume_;
  BlockRef<Inode> inode_;
  std::optional<ExtentTree> tree_;  ///< none: the data is in the inode
};

/// The target of a symbolic link, fast or slow. Throws Error(invalid_argument) when `inode` is none.
std::string symlink_target(Volume& volume, const BlockRef<Inode>& inode);

}  // namespace ocfs2
