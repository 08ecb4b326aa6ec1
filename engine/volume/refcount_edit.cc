// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/refcount_edit.h"

#include <algorithm>

#include "engine/error.h"

namespace ocfs2 {
namespace {

constexpr u64 clusters_end = u64{1} << 32;

RefcountBlock& begin_block(Transaction& transaction, Space& space, u32 generation) {
  const NewBlock made = space.allocate_metadata(transaction);
  auto& block = transaction.create<RefcountBlock>(made.block);
  stamp(block.signature, RefcountBlock::signature_text);
  set_origin(block, made.origin);
  block.fs_generation = space.volume().facts().generation;
  block.block = made.block.value;
  block.generation = generation;
  block.records.count = static_cast<u16>(space.volume().geometry().refcount_records_per_block());
  return block;
}

}  // namespace

BlockNo RefcountEdit::create(Transaction& transaction, Space& space, u32 generation) {
  return BlockNo(begin_block(transaction, space, generation).block);
}

void RefcountEdit::increment(ClusterNo first, u32 count) {
  change(first, count, [&](const Counted& run) {
    if (run.references == 0xFFFFFFFF)
      fail(ErrorKind::no_space, "cluster {} is shared as often as can be counted", run.first);
    return run.references + 1;
  });
}

void RefcountEdit::decrement(ClusterNo first, u32 count) {
  change(first, count, [&](const Counted& run) {
    if (run.references == 0)
      fail(ErrorKind::corrupt, "refcount tree {} does not know the shared clusters {} to {}; run fsck.ocfs2",
           root_.value, run.first, run.end - 1);
    if (run.references == 1) space_.free_clusters(transaction_, ClusterNo(run.first), run.end - run.first);
    return run.references - 1;
  });
}

void RefcountEdit::withdraw(ClusterNo first, u32 count) {
  change(first, count, [](const Counted& run) { return run.references - (run.references > 0 ? 1 : 0); });
}

void RefcountEdit::set(ClusterNo first, u32 count, u32 references) {
  change(first, count, [&](const Counted&) { return references; });
}

RefcountEdit::Shares RefcountEdit::shares(ClusterNo first, u32 count) {
  const Leaf leaf = leaf_for(first.value);
  u64 end = std::min(first.value + count, leaf.end);
  for (const Counted& record : load(leaf.block)) {
    if (record.end <= first.value) continue;
    if (record.first <= first.value)
      return {record.references, static_cast<u32>(std::min(end, record.end) - first.value)};
    end = std::min(end, record.first);
    break;
  }
  return {0, static_cast<u32>(end - first.value)};
}

void RefcountEdit::join() { transaction_.edit<RefcountBlock>(root_).inodes += 1; }

bool RefcountEdit::leave() {
  const auto root = transaction_.read<RefcountBlock>(root_);
  if (root->inodes > 1) {
    transaction_.edit<RefcountBlock>(root_).inodes -= 1;
    return true;
  }
  if (root->is_tree() || root->records.used != 0)
    fail(ErrorKind::corrupt, "refcount tree {} has records but no more inodes; run fsck.ocfs2", root_.value);
  space_.free_metadata(transaction_, root_, origin_of(*root));
  return false;
}

/// Gives every run of equal count in the range the count that `change` tells.
void RefcountEdit::change(ClusterNo first, u32 count, const Change& change) {
  require(count <= clusters_max);
  const u64 clusters = space_.volume().geometry().clusters;
  if (first.value >= clusters || count > clusters - first.value)
    fail(ErrorKind::corrupt, "{} shared clusters from {} on do not lie inside the volume", count,
         first.value);
  const u64 end = first.value + count;
  for (u64 at = first.value; at < end;) {
    const Leaf leaf = leaf_for(at);
    const u64 leaf_end = std::min(end, leaf.end);
    change_in(leaf, at, leaf_end, change);
    at = leaf_end;
  }
}

void RefcountEdit::change_in(const Leaf& leaf, u64 first, u64 end, const Change& change) {
  std::vector<Counted> records;
  const auto add = [&](Counted run) {
    if (run.first >= run.end || run.references == 0) return;
    if (!records.empty() && records.back().end == run.first && records.back().references == run.references)
      records.back().end = run.end;
    else
      records.push_back(run);
  };
  u64 at = first;  // up to here the range is changed
  const auto change_up_to = [&](u64 until, u32 references) {
    if (at >= until) return;
    add({at, until, change({at, until, references})});
    at = until;
  };
  for (const Counted& record : load(leaf.block)) {
    change_up_to(std::clamp(record.first, at, end), 0);
    add({record.first, std::min(record.end, first), record.references});
    if (record.end > first) change_up_to(std::min(record.end, end), record.references);
    add({std::max(record.first, end), record.end, record.references});
  }
  change_up_to(end, 0);
  put(leaf, records);
}

RefcountEdit::Leaf RefcountEdit::leaf_for(u64 cluster) {
  const auto root = transaction_.read<RefcountBlock>(root_);
  if (root->is_leaf())
    fail(ErrorKind::corrupt, "block {} is a leaf of a refcount tree, not its root; run fsck.ocfs2",
         root_.value);
  if (!root->is_tree()) return {root_, 0, clusters_end};

  const ExtentEdit tree = extents();
  auto run = tree.last_before(cluster + 1);
  if (!run) run = tree.first_from(0);
  if (!run) fail(ErrorKind::corrupt, "refcount tree {} has no leaves; run fsck.ocfs2", root_.value);
  const auto block = transaction_.read<RefcountBlock>(run->block);
  if (!block->is_leaf() || block->parent != root_.value)
    fail(ErrorKind::corrupt, "block {} is not a leaf of refcount tree {}; run fsck.ocfs2", run->block.value,
         root_.value);
  const auto next = tree.first_from(run->cpos + 1);
  Leaf leaf{run->block, static_cast<u32>(run->cpos), next ? next->cpos : clusters_end};
  if (cluster < leaf.key) rekey(leaf, 0);
  return leaf;
}

std::vector<RefcountEdit::Counted> RefcountEdit::load(BlockNo block) const {
  const auto held = transaction_.read<RefcountBlock>(block);
  std::vector<Counted> records;
  for (const RefcountRecord& record : RefcountList::records(RefcountBlock::list_bytes(held.bytes())))
    records.push_back({record.cluster, record.end(), record.references});
  return records;
}

void RefcountEdit::store(BlockNo block, const std::vector<Counted>& records) {
  const Bytes list = RefcountBlock::list_bytes(transaction_.edit_as(block, RefcountBlock::kind));
  std::ranges::fill(list, 0);
  as<RefcountList>(list).count = static_cast<u16>(capacity());
  as<RefcountList>(list).used = static_cast<u16>(records.size());
  for (std::size_t i = 0; i < records.size(); ++i)
    RefcountList::slots(list)[i] = {records[i].first, static_cast<u32>(records[i].end - records[i].first),
                                    records[i].references};
}

/// Stores the records of a leaf, or of the root that has none, in as many leaves as they need.
void RefcountEdit::put(const Leaf& leaf, const std::vector<Counted>& records) {
  if (records.empty() && leaf.block != root_) return remove_leaf(leaf);
  if (records.size() <= capacity()) return store(leaf.block, records);
  if (leaf.block == root_) return put(become_tree(), records);

  const auto middle = records.begin() + static_cast<std::ptrdiff_t>(records.size() / 2);
  put(add_leaf(static_cast<u32>(middle->first), leaf.end), {middle, records.end()});
  put({leaf.block, leaf.key, middle->first}, {records.begin(), middle});
}

RefcountEdit::Leaf RefcountEdit::add_leaf(u32 key, u64 end) {
  auto& leaf = begin_block(transaction_, space_, transaction_.read<RefcountBlock>(root_)->generation);
  leaf.flags = RefcountBlock::leaf;
  leaf.parent = root_.value;
  leaf.cpos = key;
  const BlockNo block(leaf.block);
  extents().insert({key, 1, block, 0});
  return {block, key, end};
}

/// The root gives up its records for a tree with one leaf, which is empty.
RefcountEdit::Leaf RefcountEdit::become_tree() {
  const Bytes bytes = transaction_.edit_as(root_, RefcountBlock::kind);
  auto& root = as<RefcountBlock>(bytes);
  std::ranges::fill(RefcountBlock::list_bytes(bytes), 0);
  root.flags = RefcountBlock::tree;
  root.last_extent_block = 0;
  root.leaf_blocks = 0;
  root.extents.count = static_cast<u16>(space_.volume().geometry().extent_records_per_refcount_root());
  return add_leaf(0, clusters_end);
}

void RefcountEdit::remove_leaf(const Leaf& leaf) {
  const Origin origin = origin_of(*transaction_.read<RefcountBlock>(leaf.block));
  extents().remove(leaf.key, u64{leaf.key} + 1, [](const ExtentRun&) {});
  space_.free_metadata(transaction_, leaf.block, origin);
  if (transaction_.read<RefcountBlock>(root_)->leaf_blocks != 0) return;
  transaction_.edit<RefcountBlock>(root_).flags = 0;
  store(root_, {});
}

/// Makes the first leaf, which serves all that comes before it, begin where it should.
void RefcountEdit::rekey(Leaf& leaf, u32 key) {
  extents().remove(leaf.key, u64{leaf.key} + 1, [](const ExtentRun&) {});
  extents().insert({key, 1, leaf.block, 0});
  transaction_.edit<RefcountBlock>(leaf.block).cpos = key;
  leaf.key = key;
}

ExtentEdit RefcountEdit::extents() const {
  return {transaction_, space_, ExtentRoot::of(transaction_.read<RefcountBlock>(root_))};
}

u64 release_extents(Transaction& transaction, Space& space, const ExtentRoot& root, BlockNo refcount_root,
                    u64 first, u64 end, std::size_t blocks_max) {
  const auto release = [&](const ExtentRun& run) {
    const ClusterNo cluster = space.volume().geometry().cluster_of(run.block);
    if ((run.flags & ExtentRecord::refcounted) == 0)
      return space.free_clusters(transaction, cluster, run.clusters);
    if (refcount_root.value == 0)
      fail(ErrorKind::corrupt, "{} shares clusters but has no refcount tree; run fsck.ocfs2", root.owner);
    RefcountEdit(transaction, space, refcount_root).decrement(cluster, static_cast<u32>(run.clusters));
  };
  return ExtentEdit(transaction, space, root).remove(first, end, release, blocks_max);
}

}  // namespace ocfs2
