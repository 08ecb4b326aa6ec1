// SPDX-License-Identifier: GPL-2.0-or-later
//
// Changing the attributes that lie in buckets below an index (spec: ondisk.md 8.4).
//
// A change touches one bucket. What does not fit there any more has all buckets of its run laid out anew,
// about five eighths full; a run that is full moves to a longer one, and one of the greatest length gives the
// half of its attributes to a new run. So no change takes more than a run of 64 KiB (or a cluster, if that is
// more), and attributes that come one by one cost a few times their size. The kernel splits one bucket
// instead; both make the same structure.
#pragma once

#include "engine/volume/extent_edit.h"
#include "engine/volume/xattr_layout.h"
#include "engine/volume/xattr_set.h"

namespace ocfs2 {

class XattrBuckets {
 public:
  /// Edits what the xattr block of `inode` leads to, as a part of `transaction`; clusters and extent blocks
  /// come from `space`.
  XattrBuckets(Transaction& transaction, Space& space, InodeNo inode)
      : transaction_(transaction), space_(space), inode_(inode) {}

  /// Makes the xattr block, whatever it held, the root of an index of these attributes, one at least. Throws
  /// Error(no_space).
  void build(std::vector<LooseAttribute> attributes);
  /// Adds an attribute, in the place of one with the same name and hash. Throws Error(no_space), also when
  /// more than a bucket holds have one hash; Error(corrupt).
  void put(const LooseAttribute& attribute);
  /// Takes an attribute away, whose value has no clusters any more. It never needs space. Returns whether any
  /// are left.
  bool remove(const XattrName& name, u32 hash);
  /// Gives the clusters of all buckets back, which hold no attributes any more.
  void release();

 private:
  using Shares = std::span<const std::span<const LooseAttribute>>;  ///< of one bucket each

  const Geometry& geometry() const { return space_.volume().geometry(); }
  u64 bucket_blocks() const { return xattr_bucket_bytes >> geometry().block_bits; }
  /// Of one record of the index.
  u64 run_clusters_max() const { return std::max<u64>(1, xattr_extent_bytes_max >> geometry().cluster_bits); }
  /// Buckets that fit.
  u64 room_of(u64 clusters) const { return (clusters << geometry().cluster_bits) / xattr_bucket_bytes; }
  XattrSet set() const { return {space_.volume(), transaction_, inode_}; }
  BlockRef<XattrBlock> root() const {
    return transaction_.read<XattrBlock>(BlockNo(transaction_.read<Inode>(block_of(inode_))->xattr_block));
  }
  ExtentEdit tree() const { return {transaction_, space_, ExtentRoot::of(root())}; }

  std::vector<LooseAttribute> attributes_of(BlockNo bucket) const;
  bool lay_out(BlockNo bucket, std::span<const LooseAttribute> attributes);
  bool any_left() const;

  void lay_out_run(const XattrBucketPlace& place, std::vector<LooseAttribute> attributes);
  void fill_run(const ExtentRun& run, Shares shares);
  void add_runs(u32 key, Shares shares);
  void remove_runs(u64 key, u64 end);
  void remove_bucket(const XattrBucketPlace& place);

  Transaction& transaction_;
  Space& space_;
  InodeNo inode_;
};

}  // namespace ocfs2
