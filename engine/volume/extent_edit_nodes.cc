// SPDX-License-Identifier: GPL-2.0-or-later
//
// The half of ExtentEdit that deals in nodes: finding a way through them, splitting and dropping them, and
// keeping the borders between siblings (spec: ondisk.md 4.4).
#include <algorithm>

#include "engine/error.h"
#include "engine/io/device_errors.h"
#include "engine/volume/extent_edit.h"

namespace ocfs2 {
namespace {

/// How far a child spans that begins at `key`, up to `end`. Hashes may lead past the last key.
u32 span(u32 key, u64 end) { return end <= key ? 0 : static_cast<u32>(std::min<u64>(end - key, 0xFFFFFFFF)); }
u64 end_of(const TreeRecord& record) { return u64{record.key} + record.clusters; }

}  // namespace

void ExtentEdit::damaged(BlockNo node, std::string_view fact) const {
  if (node == root_node)
    fail(ErrorKind::corrupt, "the extent tree of {} {}; run fsck.ocfs2", root_.owner, fact);
  fail(ErrorKind::corrupt, "extent block {} of {} {}; run fsck.ocfs2", node.value, root_.owner, fact);
}

std::shared_ptr<const CachedBlock> ExtentEdit::holder(BlockNo node) const {
  if (node == root_node) return transaction_.read_as(root_.block, *root_.kind);
  return transaction_.read_as(node, ExtentBlock::kind);
}

ConstBytes ExtentEdit::list_in(BlockNo node, ConstBytes block) const {
  if (node != root_node) return ExtentBlock::list_bytes(block);
  require(lies_inside(root_.list_offset, root_.list_bytes, block.size()));
  return block.subspan(root_.list_offset, root_.list_bytes);
}

Bytes ExtentEdit::edit_list(BlockNo node) {
  if (node != root_node) return ExtentBlock::list_bytes(transaction_.edit_as(node, ExtentBlock::kind));
  return transaction_.edit_as(root_.block, *root_.kind).subspan(root_.list_offset, root_.list_bytes);
}

u32 ExtentEdit::capacity(BlockNo node) const {
  if (node != root_node) return space_.volume().geometry().extent_records_per_extent_block();
  return static_cast<u32>((root_.list_bytes - sizeof(ExtentList)) / sizeof(ExtentRecord));
}

u32 ExtentEdit::depth(BlockNo node) const {
  const auto block = holder(node);
  const u32 depth = as<ExtentList>(list_in(node, block->bytes)).tree_depth;
  if (depth > ExtentList::depth_max) damaged(node, "claims to be deeper than any tree");
  return depth;
}

ExtentEdit::Records ExtentEdit::load(BlockNo node) const {
  const auto block = holder(node);
  const ConstBytes list = list_in(node, block->bytes);
  Records records;
  if (as<ExtentList>(list).tree_depth == 0) {
    for (const ExtentRecord& record : ExtentList::records(list))
      if (!record.empty())
        records.push_back({record.cpos, record.clusters, BlockNo(record.block), record.flags});
  } else {
    for (const ChildRecord& child : ExtentList::children(list))
      records.push_back({child.cpos, child.clusters, BlockNo(child.block)});
  }
  return records;
}

void ExtentEdit::store(BlockNo node, const Records& records) {
  const Bytes list = edit_list(node);
  auto& header = as<ExtentList>(list);
  if (records.size() > capacity(node)) damaged(node, "holds more records than fit");
  header.count = static_cast<u16>(capacity(node));
  header.used = static_cast<u16>(records.size());
  std::ranges::fill(list.subspan(sizeof(ExtentList)), 0);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const TreeRecord& from = records[i];
    if (header.tree_depth == 0)
      ExtentList::record_slots(list)[i] = {from.key, static_cast<u16>(from.clusters), 0, from.flags,
                                           from.block.value};
    else
      ExtentList::child_slots(list)[i] = {from.key, from.clusters, from.block.value};
  }
}

BlockNo ExtentEdit::child(BlockNo node, const TreeRecord& record) const {
  if (depth(record.block) + 1 != depth(node)) damaged(record.block, "is not one level below its parent");
  return record.block;
}

u32 ExtentEdit::first_key(BlockNo leaf) const {
  const Records records = load(leaf);
  if (records.empty()) damaged(leaf, "is empty");
  return records.front().key;
}

BlockNo ExtentEdit::next_leaf(BlockNo leaf) const {
  return leaf == root_node ? BlockNo() : BlockNo(transaction_.read<ExtentBlock>(leaf)->next_leaf);
}

void ExtentEdit::set_next_leaf(BlockNo leaf, BlockNo next) {
  transaction_.edit<ExtentBlock>(leaf).next_leaf = next.value;
}

void ExtentEdit::set_last_leaf(BlockNo leaf) {
  as<le64>(transaction_.edit_as(root_.block, *root_.kind).subspan(root_.last_leaf_offset)) = leaf.value;
}

void ExtentEdit::set_depth(u32 depth) {
  as<ExtentList>(edit_list(root_node)).tree_depth = static_cast<u16>(depth);
  if (depth == 0) set_last_leaf(BlockNo());
}

void ExtentEdit::count_clusters(s64 change) {
  auto& count = as<le32>(transaction_.edit_as(root_.block, *root_.kind).subspan(root_.clusters_offset));
  const s64 clusters = static_cast<s64>(u32{count}) + change;
  if (clusters < 0 || clusters > 0xFFFFFFFF) damaged(root_node, "has a wrong count of clusters");
  count = static_cast<u32>(clusters);
}

/// The index of the last record that begins at or before `key`, else 0.
std::size_t ExtentEdit::way_to(const Records& records, u64 key) {
  const auto behind =
      std::ranges::upper_bound(records, key, {}, [](const TreeRecord& record) { return u64{record.key}; });
  return behind == records.begin() ? 0 : static_cast<std::size_t>(behind - records.begin()) - 1;
}

ExtentEdit::Path ExtentEdit::path_to(u64 key) const {
  Path path{{root_node}};
  for (u32 level = depth(root_node); level > 0; --level) {
    const Records records = load(path.back().node);
    if (records.empty()) damaged(path.back().node, "has no children");
    path.back().index = way_to(records, key);
    path.push_back({child(path.back().node, records[path.back().index])});
  }
  return path;
}

/// The way to the leaf left of the one that `path` leads to.
std::optional<ExtentEdit::Path> ExtentEdit::left_of(const Path& path) const {
  Path left = path;
  left.pop_back();
  while (!left.empty() && left.back().index == 0) left.pop_back();
  if (left.empty()) return std::nullopt;
  for (std::size_t wanted = left.back().index - 1; left.size() < path.size(); wanted = ~std::size_t{0}) {
    const Records records = load(left.back().node);
    if (records.empty()) damaged(left.back().node, "has no children");
    left.back().index = std::min(wanted, records.size() - 1);
    left.push_back({child(left.back().node, records[left.back().index])});
  }
  return left;
}

bool ExtentEdit::on_right_edge(const Path& path) const {
  return std::ranges::all_of(path.begin(), path.end() - 1,
                             [&](const Step& step) { return step.index + 1 == load(step.node).size(); });
}

/// The way to the leaf that holds the last run before `end` (end ≥ 1).
std::optional<ExtentEdit::Path> ExtentEdit::leaf_before(u64 end) const {
  for (std::optional<Path> path = path_to(end - 1); path; path = left_of(*path)) {
    const Records records = load(path->back().node);
    if (!records.empty() && records.front().key < end) return path;
  }
  return std::nullopt;
}

std::optional<ExtentRun> ExtentEdit::last_before(u64 end) const {
  const auto path = leaf_before(end);
  if (!path) return std::nullopt;
  const Records records = load(path->back().node);
  return run_of(records[way_to(records, end - 1)]);
}

std::optional<ExtentRun> ExtentEdit::first_from(u64 key) const {
  const BlockNo leaf = path_to(key).back().node;
  for (const TreeRecord& record : load(leaf))
    if (record.key >= key) return run_of(record);
  const BlockNo next = next_leaf(leaf);
  if (next == root_node) return std::nullopt;
  const Records records = load(next);
  if (records.empty() || records.front().key < key) damaged(next, "does not continue the leaf before it");
  return run_of(records.front());
}

/// Makes the nodes on `path`, the leftmost ones, begin at `key` if they began later.
void ExtentEdit::lower_left_edge(const Path& path, u32 key) {
  for (auto step = path.begin(); step + 1 != path.end(); ++step) {
    Records records = load(step->node);
    TreeRecord& record = records[step->index];
    if (record.key <= key) continue;
    record.clusters = span(key, end_of(record));
    record.key = key;
    store(step->node, records);
  }
}

/// Makes the leaf at the end of `path` begin at `border` and all that is left of it end there: in their
/// common ancestor, and in the nodes between that and the two leaves.
void ExtentEdit::mend_border(const Path& path, u32 border) {
  std::size_t level = path.size() - 1;
  while (level > 0 && path[level - 1].index == 0) --level;
  if (level == 0) return;  // no leaf is further left
  const Step& ancestor = path[level - 1];
  if (load(ancestor.node)[ancestor.index].key == border) return;
  for (std::size_t i = level - 1; i + 1 < path.size(); ++i) {
    Records records = load(path[i].node);
    TreeRecord& record = records[path[i].index];
    record.clusters = span(border, end_of(record));
    record.key = border;
    if (i == level - 1) records[path[i].index - 1].clusters = span(records[path[i].index - 1].key, border);
    store(path[i].node, records);
  }
  BlockNo node = child(ancestor.node, load(ancestor.node)[ancestor.index - 1]);
  while (depth(node) > 0) {
    Records records = load(node);
    if (records.empty()) damaged(node, "has no children");
    records.back().clusters = span(records.back().key, border);
    store(node, records);
    node = child(node, records.back());
  }
}

/// Makes the last nodes span up to the end of the last record.
void ExtentEdit::mend_right_edge() {
  const Path path = path_to(keys_end);
  const Records leaf = load(path.back().node);
  if (leaf.empty()) return;
  for (auto step = path.begin(); step + 1 != path.end(); ++step) {
    Records records = load(step->node);
    TreeRecord& last = records.back();
    const u32 clusters = span(last.key, end_of(leaf.back()));
    if (last.clusters == clusters) continue;
    last.clusters = clusters;
    store(step->node, records);
  }
}

/// The way to the leaf behind the one that `path` leads to; that leaf holds `next`.
ExtentEdit::Path ExtentEdit::next_of(const Path& path, const Records& next) const {
  const BlockNo node = next_leaf(path.back().node);
  if (next.empty()) damaged(node, "is empty");
  const Path found = path_to(next.front().key);
  if (found.back().node != node) damaged(node, "is not where the leaf before it says");
  return found;
}

/// Stores the records of a leaf, one too many or too few perhaps, and makes up for that in the leaves behind
/// it.
void ExtentEdit::settle(Path leaf, Records records) {
  while (records.size() > capacity(leaf.back().node)) {
    const BlockNo next = next_leaf(leaf.back().node);
    if (next == root_node) return grow(leaf, records);
    const Records pushed = beyond_capacity(leaf.back().node, records);
    fill(leaf, std::move(records));
    records = load(next);
    leaf = next_of(leaf, records);
    mend_border(leaf, pushed.front().key);
    records.insert(records.begin(), pushed.begin(), pushed.end());
  }
  fill(leaf, std::move(records));
}

/// Stores the records of a leaf, at most as many as it can hold. Too few are made up for by the leaves
/// behind.
void ExtentEdit::fill(Path leaf, Records records) {
  for (;;) {
    const BlockNo node = leaf.back().node, next = next_leaf(node);
    const std::size_t needed = capacity(node);
    const bool enough = next == root_node || records.size() >= needed;
    if (enough && records.empty()) return remove_last_leaf(leaf);
    Records behind;
    Path to_next;
    if (!enough) {
      behind = load(next);
      to_next = next_of(leaf, behind);
      const auto pulled =
          behind.begin() + static_cast<std::ptrdiff_t>(std::min(needed - records.size(), behind.size()));
      records.insert(records.end(), behind.begin(), pulled);
      behind.erase(behind.begin(), pulled);
    }
    mend_border(leaf, records.front().key);
    store(node, records);
    if (enough) return;
    leaf = std::move(to_next);
    records = std::move(behind);
  }
}

/// Stores the records of a node at the right edge; of those that are one too many the last one goes to a new
/// node.
void ExtentEdit::grow(const Path& path, const Records& records) {
  if (records.size() <= capacity(path.back().node)) return store(path.back().node, records);
  if (path.size() == 1) return raise(records);
  split(path, records);
}

/// Takes away, and returns, the records that do not fit: a run that is cut in the middle adds two.
ExtentEdit::Records ExtentEdit::beyond_capacity(BlockNo node, Records& records) const {
  const auto first = records.begin() + capacity(node);
  const Records beyond(first, records.end());
  records.erase(first, records.end());
  return beyond;
}

void ExtentEdit::split(Path path, Records records) {
  const BlockNo left = path.back().node;
  const Records moved = beyond_capacity(left, records);
  const BlockNo right = new_node(depth(left), moved);
  if (depth(left) == 0) {
    set_next_leaf(left, right);
    set_last_leaf(right);
  }
  store(left, records);
  path.pop_back();
  Records parents = load(path.back().node);
  const TreeRecord& last = moved.back();
  parents.back().clusters = span(parents.back().key, moved.front().key);
  parents.push_back({moved.front().key, span(moved.front().key, u64{last.key} + last.clusters), right});
  grow(path, parents);
}

/// One level more: all of the root's records go to a new node below it.
void ExtentEdit::raise(const Records& records) {
  const u32 old_depth = depth(root_node);
  if (old_depth == ExtentList::depth_max) damaged(root_node, "is as deep as a tree can be");
  const BlockNo node = new_node(old_depth, records);
  set_depth(old_depth + 1);
  store(root_node, {{0, span(0, end_of(records.back())), node}});
  if (old_depth == 0) set_last_leaf(node);
}

/// As many levels less as the root has room for the records of its only child.
void ExtentEdit::lower() {
  while (depth(root_node) > 0) {
    const Records records = load(root_node);
    if (records.size() != 1) return;
    const BlockNo only = child(root_node, records[0]);
    const Records below = load(only);
    if (below.size() > capacity(root_node)) return;
    set_depth(depth(only));
    store(root_node, below);
    drop_node(only);
  }
}

BlockNo ExtentEdit::new_node(u32 depth, const Records& records) {
  const NewBlock made = space_.allocate_metadata(transaction_);
  auto& node = transaction_.create<ExtentBlock>(made.block);
  stamp(node.signature, ExtentBlock::signature_text);
  set_origin(node, made.origin);
  node.fs_generation = space_.volume().facts().generation;
  node.block = made.block.value;
  node.list.tree_depth = static_cast<u16>(depth);
  store(made.block, records);
  return made.block;
}

void ExtentEdit::drop_node(BlockNo node) {
  const Origin origin = origin_of(*transaction_.read<ExtentBlock>(node));
  space_.free_metadata(transaction_, node, origin);
}

/// Takes away the last leaf, to which `path` leads, and with it what of its parents is empty then.
void ExtentEdit::remove_last_leaf(Path path) {
  if (path.size() == 1) return store(root_node, {});
  if (!on_right_edge(path)) damaged(path.back().node, "is not the last leaf, as it says");
  const auto left = left_of(path);
  if (!left) return empty(path);
  const BlockNo last = left->back().node;
  set_next_leaf(last, BlockNo());
  set_last_leaf(last);

  for (;;) {
    drop_node(path.back().node);
    path.pop_back();
    Records records = load(path.back().node);
    records.pop_back();
    if (records.empty() && path.size() > 1) continue;
    return store(path.back().node, records);
  }
}

/// Nothing is left below the root.
void ExtentEdit::empty(const Path& path) {
  for (auto step = path.begin() + 1; step != path.end(); ++step) drop_node(step->node);
  set_depth(0);
  store(root_node, {});
}

}  // namespace ocfs2
