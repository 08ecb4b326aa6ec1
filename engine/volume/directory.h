// SPDX-License-Identifier: GPL-2.0-or-later
//
// A directory: from names to inodes, however it is laid out: inside its inode, in blocks, with an index or
// without (spec: ondisk.md 7). The entries of an indexed directory are a complete linear directory, too.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "engine/error.h"
#include "engine/volume/extent_tree.h"
#include "ondisk/directory.h"

namespace ocfs2 {

class Volume;

class Directory {
 public:
  /// Throws Error(invalid_argument) when the inode is no directory, and what Volume::inode throws.
  Directory(Volume& volume, InodeNo number);

  InodeNo number() const { return inode_at(inode_.block()); }
  const Inode& inode() const { return *inode_; }
  /// True when its blocks end in a trailer.
  bool trailers() const;
  bool indexed() const { return inode_->has_dynamic(dynamic_feature::indexed_dir); }

  /// Calls `use` with the entries of each block in order, or with those inside the inode, until it returns
  /// false.
  void each_area(const std::function<bool(BlockNo block, ConstBytes area)>& use);
  /// Calls `use` with every entry in use, `.` and `..` included, until it returns false.
  void each(const std::function<bool(const DirectoryEntry&, std::string_view name)>& use);

  /// The same for who takes what can be had: blocks that cannot be read are passed over, and what stands
  /// behind damage in its block. Returns the first thing that stood in the way.
  std::optional<Error> each_readable(
      const std::function<bool(const DirectoryEntry&, std::string_view name)>& use);

  /// The inode of a name; through the index when there is one, which is fast and as right as the index is.
  std::optional<InodeNo> lookup(std::string_view name);
  /// The same by looking through all entries, which finds what a damaged index lost.
  std::optional<InodeNo> search(std::string_view name);

 private:
  std::optional<InodeNo> lookup_hash(const BlockRef<IndexRoot>& root, NameHash hash, std::string_view name);
  std::optional<InodeNo> lookup_entries(std::span<const IndexEntry> entries, NameHash hash,
                                        std::string_view name);

  void pass_over(const Error& error);

  Volume& volume_;
  BlockRef<Inode> inode_;
  bool passes_over_ = false;
  std::optional<Error> passed_over_{};
};

}  // namespace ocfs2
