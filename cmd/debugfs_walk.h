// SPDX-License-Identifier: GPL-2.0-or-later
//
// From block to block, as debugfs.ocfs2 follows them whatever it makes of each: a line of text, or JSON.
// Blocks are judged by nothing but their signature. All throw Error when a block on the way cannot be read,
// is of another kind, or comes twice.
#pragma once

#include <functional>
#include <string>
#include <unordered_set>

#include "engine/error.h"
#include "engine/volume/volume.h"
#include "ondisk/judgement.h"

namespace ocfs2 {

using UseBlock = std::function<void(ConstBytes block)>;
using BlocksSeen = std::unordered_set<u64>;

/// The block, if it begins with that signature. Throws Error(corrupt) "Bad magic number in …" otherwise, and
/// Error(invalid_argument) outside the volume.
std::vector<u8> read_unjudged(Volume& volume, BlockNo block, const char (&signature)[8],
                              std::string_view what);
/// What a block says it is; null when it says nothing.
const BlockKind* kind_by_signature(ConstBytes block);

/// The extent blocks below an extent list, each before those below it.
void each_tree_block(Volume& volume, ConstBytes list, const UseBlock& use);
/// A group and those behind it in its chain. `index` counts them.
void each_group(Volume& volume, u64 first, BlocksSeen& seen,
                const std::function<void(ConstBytes block, u32 index)>& use);
/// The blocks of a directory whose entries are not in the inode itself, with the trailer or without.
void each_directory_block(Volume& volume, InodeNo number,
                          const std::function<void(BlockNo at, ConstBytes block)>& use);
/// The blocks of a directory that have room, in the order of their list.
void each_block_with_room(Volume& volume, ConstBytes index_root, const UseBlock& use);
/// The leaves of an index that is a tree.
void each_index_leaf(Volume& volume, ConstBytes index_root, const UseBlock& use);

/// Every name below a directory, depth first, whatever each leads to.
struct NameWalk {
  Volume& volume;
  /// `path` has no slash at its end. False ends the walk.
  std::function<bool(u64 inode, const std::string& path, bool directory)> use;
  /// Hears of a directory that cannot be read; it is passed over.
  std::function<void(const std::string& path, const Error& error)> damaged;
  std::unordered_set<u64> seen{};  ///< directories; none is entered twice

  /// `path` is what `top` is called. Throws Error(interrupted) if `damaged` does.
  void below(InodeNo top, const std::string& path);
};

}  // namespace ocfs2
