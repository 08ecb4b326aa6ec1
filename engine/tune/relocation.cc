// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/relocation.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/tune/relocated_block.h"
#include "engine/volume/copy_clusters.h"
#include "engine/volume/directory_rewrite.h"
#include "ondisk/directory.h"

namespace ocfs2 {
namespace {

constexpr u64 moved_at_once = 64 << 20;      ///< bytes of contents in one transaction
constexpr std::size_t runs_at_once = 64;     ///< looked up before a tree changes
constexpr std::size_t blocks_at_once = 128;  ///< in a transaction that may still be added to
constexpr u64 entry_blocks_at_once = 64;

u64 clusters_at_once(const Geometry& geometry) {
  return std::max<u64>(1, moved_at_once >> geometry.cluster_bits);
}

}  // namespace

Relocation::Relocation(Tuning& tuning, const Tail& tail, u64 inodes)
    : tuning_(tuning),
      tail_(tail),
      space_(tuning.volume(), 0),
      total_(inodes + clusters_in_use_behind(tuning.volume(), tail.end())) {
  space_.stay_below(tail.end());
}

void Relocation::did(u64 units) {
  done_ += units;
  tuning_.reporter().progress(std::min(done_, total_), total_);
}

Relocation::RootOf Relocation::data_of(InodeNo number) {
  return [number](Transaction& transaction) {
    return ExtentRoot::of(transaction.read<Inode>(block_of(number)));
  };
}

Relocation::RootOf Relocation::value_at(const ValuePlace& place) {
  return [place](Transaction&) { return ExtentRoot::of_value(place.block, *place.kind, place.offset); };
}

bool Relocation::has_extents(InodeNo number) const {
  const auto inode = tuning_.volume().inode(number);
  return inode->body_kind() == InodeBody::extent_list;
}

void Relocation::move_inode(InodeNo number) {
  const auto inode = tuning_.volume().inode(number);
  if (has_extents(number)) {
    if (inode->is_directory())
      move_directory(number);
    else
      move_tree(data_of(number), Content::bytes);
  }
  if (inode->has_dynamic(dynamic_feature::has_xattr)) move_attributes(number);
}

bool Relocation::is_simple(const Inode& inode) {
  return inode.body_kind() == InodeBody::extent_list && inode.extents.tree_depth == 0 &&
         !inode.is_directory() && !inode.has_dynamic(dynamic_feature::has_xattr);
}

void Relocation::move_simple(const std::vector<InodeNo>& inodes) {
  for (auto next = inodes.begin(); next != inodes.end();)
    tuning_.change([&](Transaction& transaction) {
      while (next != inodes.end() && transaction.blocks() < blocks_at_once &&
             move_runs(transaction, data_of(*next), Content::bytes))
        ++next;
    });
}

void Relocation::move_journal(u32 slot) {
  const auto inode = tuning_.volume().system_file(SystemFile::journal, slot);
  if (!reaches_tail(ExtentTree::of(tuning_.volume().cache(), inode))) return;
  tuning_.without_journal(slot, [&] { move_tree(data_of(inode_at(inode.block())), Content::bytes); });
}

// ---- directories ----

bool Relocation::reaches_tail(const ExtentTree& tree) const {
  bool reaches = false;
  tree.each_run([&](const ExtentRun& run) {
    reaches = tail_.part_of(geometry(), run).has_value();
    return !reaches;
  });
  tree.each_block([&](const BlockRef<ExtentBlock>& node) { reaches |= tail_.holds_in_group(node.block()); });
  return reaches;
}

bool Relocation::index_reaches_tail(const Inode& inode) const {
  const BlockNo root(inode.index_root);
  if (tail_.holds_in_group(root)) return true;
  BlockCache& cache = tuning_.volume().cache();
  const auto index = cache.read<IndexRoot>(root);
  return !index->is_inline() && reaches_tail(ExtentTree::of(cache, index));
}

void Relocation::move_directory(InodeNo number) {
  const auto inode = tuning_.volume().inode(number);
  const bool indexed = inode->has_dynamic(dynamic_feature::indexed_dir);
  const bool data = reaches_tail(ExtentTree::of(tuning_.volume().cache(), inode));
  const bool renew = indexed && (data || index_reaches_tail(*inode));
  if (renew)
    tuning_.change(
        [&](Transaction& transaction) { drop_index(transaction, space_, number, OldIndex::give_back); });
  const bool trailers = tuning_.volume().has(feature::metaecc);
  if (data && trailers) clear_lists_of_room(number);
  if (data) move_tree(data_of(number), trailers ? Content::entries : Content::bytes);
  if (renew)
    tuning_.change(
        [&](Transaction& transaction) { rebuild_index(transaction, space_, number, OldIndex::give_back); });
}

/// The blocks of a directory without an index are on no list, which would name some by number.
void Relocation::clear_lists_of_room(InodeNo number) {
  const auto inode = tuning_.volume().inode(number);
  std::vector<BlockNo> blocks;
  u64 left = geometry().blocks_for(inode->size);
  ExtentTree::of(tuning_.volume().cache(), inode).each_run([&](const ExtentRun& run) {
    for (u64 i = 0; i < run.clusters * geometry().blocks_per_cluster() && left > 0; ++i, --left)
      blocks.push_back(run.block + i);
    return left > 0;
  });
  for (auto next = blocks.begin(); next != blocks.end();)
    tuning_.change([&](Transaction& transaction) {
      for (; next != blocks.end() && transaction.blocks() < blocks_at_once; ++next) {
        const auto block = transaction.read_as(*next, DirectoryBlock::kind);
        const DirectoryTrailer& noted = DirectoryBlock::trailer(ConstBytes(block->bytes));
        if (noted.free_next == 0 && noted.free_record_length == 0) continue;
        DirectoryTrailer& trailer = DirectoryBlock::trailer(transaction.edit_as(*next, DirectoryBlock::kind));
        trailer.free_next = 0;
        trailer.free_record_length = static_cast<u16>(0);
      }
    });
}

// ---- attributes ----

std::vector<Relocation::ValuePlace> Relocation::values_of(InodeNo number) const {
  std::vector<ValuePlace> places;
  const auto collect = [&](BlockNo block, const BlockKind& kind, ConstBytes bytes, std::size_t offset) {
    const ConstBytes container = bytes.subspan(offset);
    for (const XattrEntry& entry : XattrHeader::entries(container)) {
      if (entry.is_local()) continue;
      const auto root = xattr_value_root(container, entry);
      if (!root)
        fail(ErrorKind::corrupt, "a value of inode {} lies outside its container; run fsck.ocfs2",
             number.value);
      places.push_back({block, &kind, static_cast<u32>(root->data() - bytes.data())});
    }
  };
  BlockCache& cache = tuning_.volume().cache();
  const auto inode = tuning_.volume().inode(number);
  if (const ConstBytes area = Inode::xattr_area(inode.bytes()); area.size() >= sizeof(XattrHeader))
    collect(inode.block(), Inode::kind, inode.bytes(), inode.bytes().size() - area.size());
  if (inode->xattr_block == 0) return places;
  const auto block = cache.read<XattrBlock>(BlockNo(inode->xattr_block));
  if (!block->is_indexed()) {
    collect(block.block(), XattrBlock::kind, block.bytes(), XattrBlock::body_offset);
    return places;
  }
  const u64 bucket_blocks = xattr_bucket_bytes >> geometry().block_bits;
  const ExtentTree buckets(cache, XattrBlock::list_bytes(block.bytes()), "an xattr block");
  buckets.each_run([&](const ExtentRun& run) {
    const u64 room = run.clusters * geometry().blocks_per_cluster() / bucket_blocks;
    const u64 used = cache.read<XattrBucket>(run.block)->header.buckets;
    for (u64 i = 0; i < std::min(used, room); ++i) {
      const auto bucket = cache.read<XattrBucket>(run.block + i * bucket_blocks);
      collect(bucket.block(), XattrBucket::kind, bucket.bytes(), 0);
    }
    return true;
  });
  return places;
}

void Relocation::move_buckets(InodeNo number) {
  Volume& volume = tuning_.volume();
  const BlockNo block(volume.inode(number)->xattr_block);
  if (block == BlockNo() || !volume.cache().read<XattrBlock>(block)->is_indexed()) return;
  const auto buckets = [number](Transaction& transaction) {
    const BlockNo root(transaction.read<Inode>(block_of(number))->xattr_block);
    return ExtentRoot::of(transaction.read<XattrBlock>(root));
  };
  move_tree(buckets, Content::buckets);
}

void Relocation::move_attributes(InodeNo number) {
  const BlockNo block(tuning_.volume().inode(number)->xattr_block);
  for (const ValuePlace& place : values_of(number)) move_tree(value_at(place), Content::bytes);
  if (tail_.holds_in_group(block))
    tuning_.change([&](Transaction& transaction) {
      const BlockNo moved = move_block<XattrBlock>(transaction, space_, block);
      transaction.edit<Inode>(block_of(number)).xattr_block = moved.value;
    });
}

// ---- trees ----

void Relocation::move_tree(const RootOf& root, Content content) {
  for (bool done = false; !done;)
    tuning_.change([&](Transaction& transaction) { done = move_runs(transaction, root, content); });
  for (bool done = false; !done;)
    tuning_.change([&](Transaction& transaction) {
      done = ExtentEdit(transaction, space_, root(transaction))
                 .move_nodes([this](BlockNo node) { return tail_.holds_in_group(node); }, blocks_at_once);
    });
}

/// Moves some of a tree's runs; true when none is left.
bool Relocation::move_runs(Transaction& transaction, const RootOf& root, Content content) {
  std::vector<ExtentRun> runs;
  ExtentEdit(transaction, space_, root(transaction)).tree().each_run([&](const ExtentRun& run) {
    const auto part = tail_.part_of(geometry(), run);
    if (part && (run.flags & ExtentRecord::refcounted) != 0)
      fail(ErrorKind::corrupt,
           "clusters of {} are shared, but no refcount tree knows of that; run fsck.ocfs2",
           root(transaction).owner);
    if (part) runs.push_back(content == Content::buckets ? run : *part);
    return runs.size() < runs_at_once;
  });
  u64 moved = 0;
  for (ExtentRun run : runs)
    while (run.clusters > 0) {
      if (transaction.blocks() >= blocks_at_once || moved >= clusters_at_once(geometry())) return false;
      const u64 count = move_piece(transaction, root, run, content);
      moved += count;
      run = {run.cpos + count, run.clusters - count, run.block + count * geometry().blocks_per_cluster(),
             run.flags};
    }
  return runs.size() < runs_at_once;
}

/// Moves the beginning of a run, as much as is free in a row. Returns how many clusters.
u64 Relocation::move_piece(Transaction& transaction, const RootOf& root, const ExtentRun& run,
                           Content content) {
  u64 wanted = std::min(run.clusters, clusters_at_once(geometry()));
  if (content == Content::entries)
    wanted = std::min(wanted, std::max<u64>(1, entry_blocks_at_once / geometry().blocks_per_cluster()));
  const BitRun to = space_.allocate_clusters(transaction, static_cast<u32>(wanted));
  if (content == Content::buckets && to.count < run.clusters)
    fail(ErrorKind::no_space, "{}: {} clusters of {} must stay together, and there are only {} in a row",
         tuning_.name(), run.clusters, root(transaction).owner, to.count);
  const BlockNo block = geometry().first_block_of(ClusterNo(to.first));
  if (content == Content::entries)
    copy_entries(transaction, run.block, block, to.count);
  else if (!run.unwritten())
    copy_clusters(transaction, geometry(), run.block, block, to.count);
  ExtentEdit(transaction, space_, root(transaction))
      .relocate({run.cpos, to.count, run.block, run.flags}, block);
  space_.free_clusters(transaction, geometry().cluster_of(run.block), to.count);
  did(to.count);
  return to.count;
}

/// Blocks behind the end of a directory hold nothing.
void Relocation::copy_entries(Transaction& transaction, BlockNo from, BlockNo to, u64 clusters) {
  for (u64 i = 0; i < clusters * geometry().blocks_per_cluster(); ++i) {
    const std::vector<u8> bytes = transaction.cache().read_raw(from + i, 1);
    if (!matches(DirectoryBlock::trailer(ConstBytes(bytes)).signature, DirectoryTrailer::signature_text)) {
      transaction.zero_data(to + i, 1);
      continue;
    }
    const auto block = transaction.read_as(from + i, DirectoryBlock::kind);
    const Bytes moved = transaction.create_bytes(to + i, DirectoryBlock::kind);
    std::ranges::copy(block->bytes, moved.begin());
    DirectoryBlock::trailer(moved).block = (to + i).value;
  }
}

}  // namespace ocfs2
