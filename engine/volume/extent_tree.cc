// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/extent_tree.h"

#include <unordered_set>

#include "engine/error.h"
#include "engine/journal/transaction.h"

namespace ocfs2 {
namespace {

/// The header and the records in use of the list that `root` begins with.
std::vector<u8> used_part(ConstBytes root) {
  const std::size_t used = sizeof(ExtentList) + as<ExtentList>(root).used * sizeof(ExtentRecord);
  return {root.begin(), root.begin() + static_cast<std::ptrdiff_t>(std::min(used, root.size()))};
}

ExtentRun run_of(const ExtentRecord& record) {
  return {record.cpos, record.clusters, BlockNo(record.block), record.flags};
}

/// The last of `records` (in order of offsets) that begins at or before `cpos`; empty ones do not count.
template <class Record>
const Record* last_before(std::span<const Record> records, u32 cpos) {
  const Record* best = nullptr;
  for (const Record& record : records) {
    if (record.clusters == 0) continue;
    if (record.cpos > cpos) break;
    best = &record;
  }
  return best;
}

}  // namespace

/// What a walk over the whole tree carries along.
struct ExtentTree::Walk {
  const std::function<bool(const ExtentRun&)>* use_run = nullptr;
  const std::function<void(const BlockRef<ExtentBlock>&)>* use_block = nullptr;
  std::unordered_set<u64> seen;  ///< extent blocks
  u64 reached = 0;               ///< end of the last run
};

ExtentTree::ExtentTree(BlockCache& cache, ConstBytes root, std::string owner)
    : cache_(cache), root_(used_part(root)), owner_(std::move(owner)) {
  if (depth() > ExtentList::depth_max)
    fail(ErrorKind::corrupt, "the extent tree of {} claims to be {} levels deep", owner_, depth());
}

ExtentTree::ExtentTree(const Transaction& transaction, ConstBytes root, std::string owner)
    : ExtentTree(transaction.cache(), root, std::move(owner)) {
  transaction_ = &transaction;
}

ExtentTree ExtentTree::of(BlockCache& cache, const BlockRef<Inode>& inode) {
  const std::string owner = fmt::format("inode {}", inode.block().value);
  if (inode->body_kind() != InodeBody::extent_list)
    fail(ErrorKind::invalid_argument, "{} has no extents", owner);
  return {cache, Inode::body(inode.bytes()), owner};
}

ExtentTree ExtentTree::of(BlockCache& cache, const BlockRef<IndexRoot>& root) {
  const std::string owner = fmt::format("directory index {}", root.block().value);
  if (root->is_inline()) fail(ErrorKind::invalid_argument, "{} has no extents", owner);
  return {cache, IndexRoot::list_bytes(root.bytes()), owner};
}

BlockRef<ExtentBlock> ExtentTree::child(BlockNo block, u32 depth) const {
  const auto ref = transaction_ ? transaction_->read<ExtentBlock>(block) : cache_.read<ExtentBlock>(block);
  if (ref->list.tree_depth != depth)
    fail(ErrorKind::corrupt, "extent block {} of {} says it is at depth {}, but its parent is at depth {}",
         block.value, owner_, u32{ref->list.tree_depth}, depth + 1);
  return ref;
}

std::optional<ExtentRun> ExtentTree::last_at_or_before(u32 cpos) const {
  BlockRef<ExtentBlock> node;
  ConstBytes list = root_;
  for (u32 level = depth(); level > 0; --level) {
    const ChildRecord* next = last_before(ExtentList::children(list), cpos);
    if (next == nullptr) return std::nullopt;
    node = child(BlockNo(next->block), level - 1);
    list = ExtentBlock::list_bytes(node.bytes());
  }
  const ExtentRecord* record = last_before(ExtentList::records(list), cpos);
  if (record == nullptr) return std::nullopt;
  return run_of(*record);
}

std::optional<ExtentRun> ExtentTree::find(u32 cpos) const {
  auto run = last_at_or_before(cpos);
  if (!run || cpos >= run->end()) return std::nullopt;
  const u64 skipped = cpos - run->cpos;
  run->block += skipped * cache_.facts().geometry.blocks_per_cluster();
  run->cpos = cpos;
  run->clusters -= skipped;
  return run;
}

void ExtentTree::each_run(const std::function<bool(const ExtentRun&)>& use) const {
  Walk state;
  state.use_run = &use;
  walk(root_, state);
}

void ExtentTree::each_block(const std::function<void(const BlockRef<ExtentBlock>&)>& use) const {
  Walk state;
  state.use_block = &use;
  walk(root_, state);
}

bool ExtentTree::walk(ConstBytes list, Walk& state) const {
  const u32 depth = as<ExtentList>(list).tree_depth;
  if (depth == 0) return walk_records(list, state);
  for (const ChildRecord& record : ExtentList::children(list)) {
    if (!state.seen.insert(record.block).second)
      fail(ErrorKind::corrupt, "the extent tree of {} reaches block {} twice", owner_, u64{record.block});
    const auto node = child(BlockNo(record.block), depth - 1);
    if (state.use_block != nullptr) (*state.use_block)(node);
    if (!walk(ExtentBlock::list_bytes(node.bytes()), state)) return false;
  }
  return true;
}

bool ExtentTree::walk_records(ConstBytes list, Walk& state) const {
  for (const ExtentRecord& record : ExtentList::records(list)) {
    if (record.empty()) continue;
    const ExtentRun run = run_of(record);
    if (run.cpos < state.reached)
      fail(ErrorKind::corrupt, "extents of {} overlap: one begins at cluster {}, the one before ends at {}",
           owner_, run.cpos, state.reached);
    state.reached = run.end();
    if (state.use_run != nullptr && !(*state.use_run)(run)) return false;
  }
  return true;
}

}  // namespace ocfs2
