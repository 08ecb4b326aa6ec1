// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/file_share.h"

#include <algorithm>

namespace ocfs2 {
namespace {

void enter(Transaction& transaction, Space& space, InodeNo number, BlockNo root) {
  Inode& inode = transaction.edit<Inode>(block_of(number));
  if (inode.refcount_root == root.value) return;
  inode.refcount_root = root.value;
  inode.dynamic_features = inode.dynamic_features | dynamic_feature::has_refcount;
  RefcountEdit(transaction, space, root).join();
}

}  // namespace

u64 share_clusters(Transaction& transaction, Space& space, InodeNo source, InodeNo target, u64 from,
                   u32 generation) {
  constexpr std::size_t unbounded = ~std::size_t{0};
  const Geometry& geometry = space.volume().geometry();
  const auto extents = [&](InodeNo number) {
    return ExtentEdit(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(number))));
  };
  const auto inode = transaction.read<Inode>(block_of(source));
  const BlockNo root = inode->refcount_root != 0 ? BlockNo(inode->refcount_root)
                                                 : RefcountEdit::create(transaction, space, generation);
  enter(transaction, space, source, root);
  enter(transaction, space, target, root);
  RefcountEdit counts(transaction, space, root);
  const u64 end = geometry.clusters_for(transaction.read<Inode>(block_of(source))->size);
  while (from < end && transaction.blocks() < ExtentEdit::transaction_blocks_max) {
    auto run = extents(source).tree().find(static_cast<u32>(from));
    if (!run) {
      const auto next = extents(source).first_from(from);
      from = next ? std::min(next->cpos, end) : end;
      continue;
    }
    run->clusters = std::min<u64>({run->clusters, end - from, RefcountEdit::clusters_max});
    const ClusterNo first = geometry.cluster_of(run->block);
    const u32 count = static_cast<u32>(run->clusters);
    if ((run->flags & ExtentRecord::refcounted) == 0) {
      counts.increment(first, count);
      extents(source).set_flags(run->cpos, run->end(), ExtentRecord::refcounted, 0, unbounded);
    }
    counts.increment(first, count);
    run->flags |= ExtentRecord::refcounted;
    extents(target).insert(*run);
    from = run->end();
  }
  return from;
}

}  // namespace ocfs2
