// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of Relocation that moves what inodes share, and the trees that count that (spec: ondisk.md 9).
#include <algorithm>

#include "engine/error.h"
#include "engine/tune/relocated_block.h"
#include "engine/volume/copy_clusters.h"
#include "engine/tune/relocation.h"
#include "engine/volume/refcount_edit.h"
#include "engine/volume/refcount_tree.h"

namespace ocfs2 {

/// Every shared run in the tail that one of `users` refers to, in order of places.
Relocation::Sharers Relocation::sharers_of(const std::vector<InodeNo>& users) {
  Sharers sharers;
  const auto collect = [&](const RootOf& root) {
    tuning_.change([&](Transaction& transaction) {  // which only looks
      ExtentEdit(transaction, space_, root(transaction)).tree().each_run([&](const ExtentRun& run) {
        const auto part = tail_.part_of(geometry(), run);
        if (part && (run.flags & ExtentRecord::refcounted) != 0) sharers.push_back({root, *part});
        return true;
      });
    });
  };
  for (const InodeNo user : users) {
    if (has_extents(user)) collect(data_of(user));
    for (const ValuePlace& place : values_of(user)) collect(value_at(place));
  }
  std::ranges::sort(sharers, {}, [](const Sharer& sharer) { return sharer.run.block; });
  return sharers;
}

void Relocation::move_shared(BlockNo tree, const std::vector<InodeNo>& users) {
  const Sharers sharers = sharers_of(users);
  std::vector<RefcountRecord> records;
  RefcountTree(tuning_.volume().cache(), tree).each([&](RefcountRecord record) {
    if (record.end() <= tail_.end()) return true;
    const u64 end = record.end();
    record.cluster = std::max<u64>(record.cluster, tail_.end());
    record.clusters = static_cast<u32>(end - record.cluster);
    records.push_back(record);
    return true;
  });
  for (const RefcountRecord& record : records)
    for (u64 first = record.cluster; first < record.end();)
      tuning_.change([&](Transaction& transaction) {
        const u64 count = std::min<u64>(record.end() - first, RefcountEdit::clusters_max);
        first += move_shared_piece(transaction, tree, sharers, {first, count}, record.references);
      });
  for (bool done = false; !done;)
    tuning_.change([&](Transaction& transaction) { done = move_leaves(transaction, tree); });
  if (tail_.holds_in_group(tree))
    tuning_.change([&](Transaction& transaction) { move_root(transaction, tree, users); });
}

/// Moves the beginning of a run of clusters with equal counts, and everybody who refers to it. Returns how
/// many.
u64 Relocation::move_shared_piece(Transaction& transaction, BlockNo tree, const Sharers& sharers, BitRun run,
                                  u32 references) {
  const BitRun to = space_.allocate_clusters(transaction, static_cast<u32>(run.count));
  const BlockNo from = geometry().first_block_of(ClusterNo(run.first));
  const BlockNo block = geometry().first_block_of(ClusterNo(to.first));
  const u64 per_cluster = geometry().blocks_per_cluster();
  copy_clusters(transaction, geometry(), from, block, to.count);
  u64 met = 0;
  for (const auto& [root, shared] : sharers) {
    if (shared.block >= from + to.count * per_cluster) break;
    const BlockNo first = std::max(shared.block, from);
    const BlockNo end = std::min(shared.block + shared.clusters * per_cluster, from + to.count * per_cluster);
    if (first >= end) continue;
    const u64 count = (end - first) / per_cluster;
    const ExtentRun part{shared.cpos + (first - shared.block) / per_cluster, count, first, shared.flags};
    ExtentEdit(transaction, space_, root(transaction)).relocate(part, block + (first - from));
    met += count;
  }
  if (met != to.count * references)
    fail(ErrorKind::corrupt,
         "{}: refcount tree {} counts {} references to clusters {} to {}, and inodes have others; run: "
         "fsck.ocfs2 -f {}",
         tuning_.name(), tree.value, references, run.first, run.first + to.count - 1, tuning_.name());
  RefcountEdit counts(transaction, space_, tree);
  counts.set(ClusterNo(to.first), static_cast<u32>(to.count), references);
  counts.set(ClusterNo(run.first), static_cast<u32>(to.count), 0);
  space_.free_clusters(transaction, ClusterNo(run.first), to.count);
  did(to.count);
  return to.count;
}

/// Moves some leaves of a refcount tree, and extent blocks above them; true when none is left.
bool Relocation::move_leaves(Transaction& transaction, BlockNo tree) {
  const auto root = transaction.read<RefcountBlock>(tree);
  if (!root->is_tree()) return true;
  const auto extents = [&] { return ExtentEdit(transaction, space_, ExtentRoot::of(root)); };
  std::vector<ExtentRun> leaves;
  extents().tree().each_run([&](const ExtentRun& leaf) {
    if (tail_.holds_in_group(leaf.block)) leaves.push_back(leaf);
    return true;
  });
  for (const ExtentRun& leaf : leaves) {
    if (transaction.blocks() >= ExtentEdit::transaction_blocks_max) return false;
    extents().relocate(leaf, move_block<RefcountBlock>(transaction, space_, leaf.block));
  }
  return extents().move_nodes([this](BlockNo node) { return tail_.holds_in_group(node); });
}

/// All who know the root by its number follow in one transaction.
void Relocation::move_root(Transaction& transaction, BlockNo tree, const std::vector<InodeNo>& users) {
  const BlockNo moved = move_block<RefcountBlock>(transaction, space_, tree);
  const auto root = transaction.read<RefcountBlock>(moved);
  if (root->is_tree())
    ExtentEdit(transaction, space_, ExtentRoot::of(root)).tree().each_run([&](const ExtentRun& leaf) {
      transaction.edit<RefcountBlock>(leaf.block).parent = moved.value;
      return true;
    });
  for (const InodeNo user : users) transaction.edit<Inode>(block_of(user)).refcount_root = moved.value;
}

}  // namespace ocfs2
