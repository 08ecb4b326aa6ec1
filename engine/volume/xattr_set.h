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

/// Where an attribute stands.
struct XattrSpot {
  XattrContainer form;
  BlockNo block;  ///< that holds the container
  u32 offset;     ///< bytes from the block's first to the container's header
  XattrEntry entry;

  const BlockKind& kind() const;  ///< of the block
  /// Bytes from the block's first to the XattrValueRoot of a value with clusters of its own.
  u32 value_root_offset() const;
};

/// One bucket among those that a record of the index leads to.
struct XattrBucketPlace {
  ExtentRun run;    ///< cpos: the smallest hash that it may hold
  u32 buckets = 0;  ///< of the run, in use: 1 or more
  u32 index = 0;    ///< of this one, below `buckets`
  BlockNo block;    ///< its first
};

class XattrSet {
 public:
  XattrSet(Volume& volume, BlockRef<Inode> inode);
  /// The attributes as `transaction` sees them, with its own changes, until it changes more.
  XattrSet(Volume& volume, const Transaction& transaction, InodeNo inode);

  /// Calls `use` with every container that there is, empty ones included, until it returns false. Entries are
  /// counted from the container's first byte. Throws Error(corrupt).
  void each_container(const std::function<bool(BlockNo block, XattrContainer form, ConstBytes bytes)>& use);
  /// Calls `use` with every entry, until it returns false.
  void each(const std::function<bool(const XattrEntry&, ConstBytes container)>& use);

  std::vector<XattrItem> list();
  /// The value of `full_name` ("user.comment"), or nothing.
  std::optional<std::vector<u8>> get(std::string_view full_name);

  /// Where `name` stands, or nothing; through the index where there is one, under either convention of
  /// hashing.
  std::optional<XattrSpot> find(const XattrName& name);
  /// The bucket that names with this hash belong to. The inode has an index. Throws Error(corrupt).
  XattrBucketPlace bucket_for(u32 hash);

 private:
  template <class T>
  BlockRef<T> read(BlockNo block) const;
  ExtentTree tree(ConstBytes list) const;
  u32 buckets_in(const ExtentRun& run) const;
  BlockNo bucket_block(const ExtentRun& run, u64 index) const;
  bool each_bucket(const ExtentRun& run, const std::function<bool(BlockNo, XattrContainer, ConstBytes)>& use);
  std::vector<u8> value_of(const XattrEntry& entry, ConstBytes container);
  std::vector<u8> value_in_clusters(ConstBytes root, u64 size);

  std::string owner() const;

  Volume& volume_;
  const Transaction* transaction_ = nullptr;
  BlockRef<Inode> inode_;
};

}  // namespace ocfs2
