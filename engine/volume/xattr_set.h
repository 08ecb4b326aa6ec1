// SPDX-License-Identifier: GPL-2.0-or-later
//
// The extended attributes of an inode, wherever they are: at the end of the inode, in a block of their own,
// or in buckets below an index (spec: ondisk.md 8). A name is in one place only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/volume/extent_tree.h"
#include "ondisk/xattr.h"

namespace ocfs2 {

class Volume;

struct XattrItem {
  std::string name;  ///< with its prefix: "user.comment"
  u64 size;          ///< bytes of the value
};

class XattrSet {
 public:
  XattrSet(Volume& volume, BlockRef<Inode> inode);

  /// Calls `use` with every container that there is, empty ones included, until it returns false. Entries are
  /// counted from the container's first byte. Throws Error(corrupt).
  void each_container(const std::function<bool(BlockNo block, XattrContainer form, ConstBytes bytes)>& use);
  /// Calls `use` with every entry, until it returns false.
  void each(const std::function<bool(const XattrEntry&, ConstBytes container)>& use);

  std::vector<XattrItem> list();
  /// The value of `full_name` ("user.comment"), or nothing.
  std::optional<std::vector<u8>> get(std::string_view full_name);

 private:
  bool each_bucket(const ExtentRun& run, const std::function<bool(BlockNo, XattrContainer, ConstBytes)>& use);
  std::vector<u8> value_of(const XattrEntry& entry, ConstBytes container);
  std::vector<u8> value_in_clusters(ConstBytes root, u64 size);

  std::string owner() const;

  Volume& volume_;
  BlockRef<Inode> inode_;
};

}  // namespace ocfs2
