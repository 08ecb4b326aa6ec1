// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/extent_edit.h"

#include <algorithm>

#include "engine/error.h"

namespace ocfs2 {
namespace {

u64 end_of(const TreeRecord& record) { return u64{record.key} + record.clusters; }

TreeRecord record_of(const ExtentRun& run) {
  return {static_cast<u32>(run.cpos), static_cast<u32>(run.clusters), run.block, run.flags};
}

}  // namespace

ExtentRoot ExtentRoot::of(const BlockRef<Inode>& inode) {
  if (inode->body_kind() != InodeBody::extent_list)
    fail(ErrorKind::invalid_argument, "inode {} has no extents", inode.block().value);
  return {.block = inode.block(),
          .kind = &Inode::kind,
          .list_offset = Inode::body_offset,
          .list_bytes = static_cast<u32>(Inode::body(inode.bytes()).size()),
          .last_leaf_offset = offsetof(Inode, last_extent_block),
          .clusters_offset = offsetof(Inode, clusters),
          .owner = fmt::format("inode {}", inode.block().value)};
}

ExtentRoot ExtentRoot::of(const BlockRef<IndexRoot>& root) {
  if (root->is_inline())
    fail(ErrorKind::invalid_argument, "directory index {} has no extents", root.block().value);
  return {.block = root.block(),
          .kind = &IndexRoot::kind,
          .list_offset = IndexRoot::list_offset,
          .list_bytes = static_cast<u32>(root.bytes().size()) - IndexRoot::list_offset,
          .last_leaf_offset = offsetof(IndexRoot, last_extent_block),
          .clusters_offset = offsetof(IndexRoot, clusters),
          .merged = false,
          .owner = fmt::format("directory index {}", root.block().value)};
}

ExtentRoot ExtentRoot::of(const BlockRef<RefcountBlock>& root) {
  if (!root->is_tree())
    fail(ErrorKind::invalid_argument, "refcount block {} has no extents", root.block().value);
  return {.block = root.block(),
          .kind = &RefcountBlock::kind,
          .list_offset = RefcountBlock::list_offset,
          .list_bytes = static_cast<u32>(root.bytes().size()) - RefcountBlock::list_offset,
          .last_leaf_offset = offsetof(RefcountBlock, last_extent_block),
          .clusters_offset = offsetof(RefcountBlock, leaf_blocks),
          .merged = false,
          .owner = fmt::format("refcount tree {}", root.block().value)};
}

ExtentRoot ExtentRoot::of(const BlockRef<XattrBlock>& root) {
  if (!root->is_indexed())
    fail(ErrorKind::invalid_argument, "xattr block {} has no extents", root.block().value);
  const u32 tree = XattrBlock::body_offset;
  return {.block = root.block(),
          .kind = &XattrBlock::kind,
          .list_offset = tree + XattrTreeRoot::list_offset,
          .list_bytes = static_cast<u32>(XattrBlock::list_bytes(root.bytes()).size()),
          .last_leaf_offset = tree + u32{offsetof(XattrTreeRoot, last_extent_block)},
          .clusters_offset = tree + u32{offsetof(XattrTreeRoot, clusters)},
          .merged = false,
          .disjoint = false,
          .owner = fmt::format("xattr block {}", root.block().value)};
}

ExtentRoot ExtentRoot::of_value(BlockNo block, const BlockKind& kind, u32 offset) {
  return {.block = block,
          .kind = &kind,
          .list_offset = offset + XattrValueRoot::list_offset,
          .list_bytes = sizeof(XattrValueRoot) - XattrValueRoot::list_offset,
          .last_leaf_offset = offset + u32{offsetof(XattrValueRoot, last_extent_block)},
          .clusters_offset = offset + u32{offsetof(XattrValueRoot, clusters)},
          .owner = fmt::format("the attribute value at byte {} of {} {}", offset, kind.name, block.value)};
}

ExtentRun ExtentEdit::run_of(const TreeRecord& record) {
  return {record.key, record.clusters, record.block, record.flags};
}

ExtentTree ExtentEdit::tree() const {
  const auto block = holder(root_node);
  return {transaction_, list_in(root_node, block->bytes), root_.owner};
}

void ExtentEdit::insert(const ExtentRun& run) {
  require(run.clusters >= 1 && run.clusters <= 0xFFFF && run.cpos < keys_end);
  const Path path = path_to(run.cpos);
  Records records = load(path.back().node);
  const auto behind = std::ranges::upper_bound(records, run.cpos, {},
                                               [](const TreeRecord& record) { return u64{record.key}; });
  const std::size_t at = static_cast<std::size_t>(behind - records.begin());
  require_room_for(run, records, at, path.back().node);
  lower_left_edge(path, static_cast<u32>(run.cpos));

  records.insert(behind, record_of(run));
  join(records, at);
  if (at > 0) join(records, at - 1);
  settle(path, std::move(records));
  count_clusters(static_cast<s64>(run.clusters));
  mend_right_edge();
}

/// `run` is to stand at `at` of `records`, those of `leaf`.
void ExtentEdit::require_room_for(const ExtentRun& run, const Records& records, std::size_t at,
                                  BlockNo leaf) const {
  bool free =
      at == 0 || (root_.disjoint ? end_of(records[at - 1]) <= run.cpos : records[at - 1].key < run.cpos);
  if (root_.disjoint && at < records.size()) free = free && run.end() <= records[at].key;
  if (root_.disjoint && at == records.size())
    if (const BlockNo next = next_leaf(leaf); next.value != 0) free = free && run.end() <= first_key(next);
  if (!free)
    fail(ErrorKind::corrupt, "something of {} lies in its clusters {} to {} already; run fsck.ocfs2",
         root_.owner, run.cpos, run.end() - 1);
}

/// Joins the record at `at` with the one behind it, if that continues it.
void ExtentEdit::join(Records& records, std::size_t at) const {
  if (!root_.merged || at + 1 >= records.size()) return;
  const u32 blocks_per_cluster = space_.volume().geometry().blocks_per_cluster();
  TreeRecord& left = records[at];
  const TreeRecord& right = records[at + 1];
  if (end_of(left) != right.key || left.flags != right.flags ||
      left.block + u64{left.clusters} * blocks_per_cluster != right.block ||
      u64{left.clusters} + right.clusters > 0xFFFF)
    return;
  left.clusters += right.clusters;
  records.erase(records.begin() + static_cast<std::ptrdiff_t>(at) + 1);
}

u64 ExtentEdit::remove(u64 first, u64 end, const std::function<void(const ExtentRun&)>& removed,
                       std::size_t blocks_max) {
  end = std::min(end, keys_end);
  while (first < end) {
    const std::vector<ExtentRun> pieces = take(first, end);
    if (pieces.empty()) return first;
    for (const ExtentRun& piece : pieces) removed(piece);
    end = pieces.back().cpos;
    if (transaction_.blocks() >= blocks_max) return end;
  }
  return first;
}

u64 ExtentEdit::set_flags(u64 first, u64 end, u8 set, u8 clear, std::size_t blocks_max) {
  end = std::min(end, keys_end);
  while (first < end) {
    const auto path = leaf_before(end);
    if (!path) return first;
    Records records = load(path->back().node);
    const std::size_t at = way_to(records, end - 1);
    const ExtentRun run = run_of(records[at]);
    if (run.end() <= first) return first;
    ExtentRun piece = clip(run, first, end);
    end = piece.cpos;
    const u8 flags = static_cast<u8>((piece.flags | set) & ~clear);
    if (flags == piece.flags) continue;
    piece.flags = flags;
    replace(records, at, piece);
    settle(*path, std::move(records));
    mend_right_edge();  // what joined may have left the last leaf without records
    lower();
    if (transaction_.blocks() >= blocks_max) return end;
  }
  return first;
}

/// Lets `piece` take the place of a part of the record at `at`, and joins what continues each other then.
void ExtentEdit::replace(Records& records, std::size_t at, const ExtentRun& piece) const {
  const ExtentRun whole = run_of(records[at]);
  Records parts;
  if (whole.cpos < piece.cpos) parts.push_back(record_of(part(whole, whole.cpos, piece.cpos)));
  parts.push_back(record_of(piece));
  if (piece.end() < whole.end()) parts.push_back(record_of(part(whole, piece.end(), whole.end())));
  const auto place = records.erase(records.begin() + static_cast<std::ptrdiff_t>(at));
  records.insert(place, parts.begin(), parts.end());
  const std::size_t before = at == 0 ? 0 : at - 1;
  for (std::size_t i = at + parts.size(); i > before; --i) join(records, i - 1);
}

/// What of `run` lies in [first, end), or the last part of that. Records with hashes for keys are not
/// divisible.
ExtentRun ExtentEdit::clip(const ExtentRun& run, u64 first, u64 end) const {
  if (!root_.disjoint) return run;
  end = std::min(run.end(), end);
  first = std::max(run.cpos, first);
  if ((run.flags & ExtentRecord::refcounted) != 0 && end - first > shared_clusters_max)
    first = end - shared_clusters_max;
  return part(run, first, end);
}

ExtentRun ExtentEdit::part(const ExtentRun& run, u64 first, u64 end) const {
  const u64 skipped = (first - run.cpos) * space_.volume().geometry().blocks_per_cluster();
  return {first, end - first, run.block + skipped, run.flags};
}

/// Takes away the last pieces of [first, end), as many as one leaf holds and one transaction should change.
/// The last one is the first of what it returns.
std::vector<ExtentRun> ExtentEdit::take(u64 first, u64 end) {
  const auto path = leaf_before(end);
  if (!path) return {};
  Records records = load(path->back().node);
  const std::size_t behind = way_to(records, end - 1) + 1;
  std::size_t at = behind;
  std::vector<ExtentRun> pieces;
  u64 clusters = 0;
  while (at > 0 && pieces.size() < pieces_max) {
    const ExtentRun run = run_of(records[at - 1]);
    if (root_.disjoint ? run.end() <= first : run.cpos < first) break;
    const ExtentRun piece = clip(run, first, end);
    const bool shared = (piece.flags & ExtentRecord::refcounted) != 0;
    if (shared && !pieces.empty() && clusters + piece.clusters > shared_clusters_max) break;
    pieces.push_back(piece);
    clusters += piece.clusters;
    --at;
    if (piece.cpos > run.cpos) break;
  }
  if (pieces.empty()) return {};

  Records rest;
  const ExtentRun foremost = run_of(records[at]), last = run_of(records[behind - 1]);
  if (foremost.cpos < pieces.back().cpos)
    rest.push_back(record_of(part(foremost, foremost.cpos, pieces.back().cpos)));
  if (pieces.front().end() < last.end())
    rest.push_back(record_of(part(last, pieces.front().end(), last.end())));
  const auto place = records.erase(records.begin() + static_cast<std::ptrdiff_t>(at),
                                   records.begin() + static_cast<std::ptrdiff_t>(behind));
  records.insert(place, rest.begin(), rest.end());
  count_clusters(-static_cast<s64>(clusters));
  settle(*path, std::move(records));
  mend_right_edge();
  lower();
  return pieces;
}

}  // namespace ocfs2
