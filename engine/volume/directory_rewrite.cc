// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/directory_rewrite.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/directory.h"
#include "engine/volume/directory_blocks.h"
#include "engine/volume/index_edit.h"
#include "engine/volume/new_blocks.h"
#include "engine/volume/refcount_edit.h"
#include "ondisk/directory.h"

namespace ocfs2 {
namespace {

/// An entry that has left its block.
struct LooseEntry {
  std::string name;
  InodeNo inode;
  EntryType type;
};

bool has_trailer(ConstBytes block, const Place& place, BlockNo directory) {
  Judgement judgement;
  DirectoryBlock::kind.judge(block, place, judgement);
  return judgement.clean() && DirectoryBlock::trailer(block).parent_inode == directory.value;
}

/// Where entries go that leave their blocks for a trailer, and how many blocks that takes.
class SpillCount {
 public:
  explicit SpillCount(u32 block_size) : room_(block_size - sizeof(DirectoryTrailer)), used_(room_) {}

  void leave_room_in(ConstBytes area) {
    u32 used = 0;
    EntryWalk walk(area);
    while (walk.next()) {
      if (walk.entry().free()) continue;
      const u32 bytes = DirectoryEntry::needed(static_cast<u32>(walk.name().size()));
      if (used + bytes <= room_)
        used += bytes;
      else
        add(bytes);
    }
  }
  u64 blocks() const { return blocks_; }

 private:
  void add(u32 bytes) {
    if (used_ + bytes > room_) {
      ++blocks_;
      used_ = 0;
    }
    used_ += bytes;
  }

  u32 room_, used_;
  u64 blocks_ = 0;
};

class DirectoryRewriter {
 public:
  DirectoryRewriter(Transaction& transaction, Space& space, InodeNo number)
      : transaction_(transaction),
        space_(space),
        number_(block_of(number)),
        blocks_(transaction, space, number_),
        trailers_(new_directories_have_trailers(facts())) {
    if (!inode()->is_directory())
      fail(ErrorKind::invalid_argument, "{}: inode {} is not a directory", space.volume().name(),
           number.value);
  }

  bool is_inline() const { return inode()->body_kind() == InodeBody::inline_data; }
  u32 links() const { return inode()->links(); }

  void want_trailers() { trailers_ = true; }
  void drop_index(OldIndex old);
  /// Every block gets room for a trailer, and one.
  void make_trailers();
  /// Needs trailers; the directory has no index.
  void make_index(u32 links);
  void compact_inline();
  void compact();

 private:
  const VolumeFacts& facts() const { return space_.volume().facts(); }
  const Geometry& geometry() const { return facts().geometry; }
  BlockRef<Inode> inode() const { return transaction_.read<Inode>(number_); }
  void settle() {
    if (transaction_.blocks() >= ExtentEdit::transaction_blocks_max) transaction_.commit();
  }

  std::vector<LooseEntry> entries_in(BlockNo block, ConstBytes area) const;
  Bytes begin_block(BlockNo at);
  void make_trailer(BlockNo at);
  void spill(const LooseEntry& entry);

  void write_area(u64 index, ConstBytes area);
  void shrink(u64 blocks);

  std::vector<IndexedName> collect_names(BlockNo& first_free);
  void require_room(std::size_t clusters) const;
  std::vector<TreeRecord> write_leaves(std::vector<IndexedName>& names);
  BulkTree write_tree(std::vector<TreeRecord> leaves);

  Transaction& transaction_;
  Space& space_;
  BlockNo number_;
  DirectoryBlocks blocks_;
  bool trailers_;       ///< the blocks are to have them in the end
  BlockNo spill_over_;  ///< the last block, which takes what others have no room for
};

std::vector<LooseEntry> DirectoryRewriter::entries_in(BlockNo block, ConstBytes area) const {
  std::vector<LooseEntry> entries;
  EntryWalk walk(area);
  while (walk.next())
    if (!walk.entry().free())
      entries.push_back(
          {std::string(walk.name()), InodeNo(walk.entry().inode), EntryType(walk.entry().file_type)});
  if (walk.broken())
    fail(ErrorKind::corrupt,
         "{}: directory {}: what stands at byte {} of block {} is no entry; run fsck.ocfs2",
         space_.volume().name(), number_.value, walk.offset(), block.value);
  return entries;
}

/// The block at `at`, to be written as a whole.
Bytes DirectoryRewriter::begin_block(BlockNo at) {
  const Bytes block = transaction_.create_bytes(at, directory_block_kind(trailers_));
  format_directory_block(at, inode_at(number_), trailers_, block);
  return block;
}

// The index leaves.

void DirectoryRewriter::drop_index(OldIndex old) {
  transaction_.commit();
  if (!inode()->has_dynamic(dynamic_feature::indexed_dir)) return;
  const BlockNo root(inode()->index_root);
  const u32 links = inode()->links();
  Inode& edited = transaction_.edit<Inode>(number_);
  edited.dynamic_features = edited.dynamic_features & static_cast<u16>(~dynamic_feature::indexed_dir);
  edited.index_root = 0;
  edited.set_links(links);
  transaction_.commit();
  if (old == OldIndex::give_back) free_index(transaction_, space_, root, [&] { transaction_.commit(); });
  transaction_.commit();
}

// Trailers.

void DirectoryRewriter::make_trailers() {
  if (!trailers_ || facts().features.has(feature::metaecc)) return;  // then they have been there always
  for (u64 index = 0, count = blocks_.count(); index < count; ++index) {
    make_trailer(blocks_.at(index));
    settle();
  }
}

void DirectoryRewriter::make_trailer(BlockNo at) {
  const auto block = transaction_.read_as(at, PlainDirectoryBlock::kind);
  const ConstBytes bytes = block->bytes;
  if (has_trailer(bytes, {facts(), at}, number_)) return;
  const ConstBytes front = DirectoryBlock::area(bytes);
  EntryWalk walk(front);
  while (walk.next()) {
  }
  const std::vector<LooseEntry> entries = entries_in(at, bytes);
  const bool has_room = !walk.broken() && entries.size() == entries_in(at, front).size();
  const std::vector<u8> kept(front.begin(), front.end());
  const Bytes area = DirectoryBlock::area(begin_block(at));
  if (has_room) {
    std::ranges::copy(kept, area.begin());
    return;
  }
  for (const LooseEntry& entry : entries)
    if (!insert_entry(area, entry.name, entry.inode, entry.type)) spill(entry);
}

void DirectoryRewriter::spill(const LooseEntry& entry) {
  const auto fits = [&] {
    const Bytes block = transaction_.edit_as(spill_over_, DirectoryBlock::kind);
    return insert_entry(DirectoryBlock::area(block), entry.name, entry.inode, entry.type).has_value();
  };
  if (spill_over_ != BlockNo() && fits()) return;
  spill_over_ = blocks_.append(true);
  require(fits());
}

// The index comes.

/// All names and where they are. Makes the list of blocks with holes, which `first_free` begins.
std::vector<IndexedName> DirectoryRewriter::collect_names(BlockNo& first_free) {
  std::vector<IndexedName> names;
  for (u64 index = blocks_.count(); index-- > 0;) {
    const BlockNo at = blocks_.at(index);
    const auto block = transaction_.read_as(at, DirectoryBlock::kind);
    const ConstBytes bytes = block->bytes;
    for (const LooseEntry& entry : entries_in(at, DirectoryBlock::area(bytes))) {
      const NameHash hash = index_hash(entry.name, facts());
      names.push_back({hash.major, hash.minor, at});
    }
    const u32 hole = largest_hole(DirectoryBlock::area(bytes));
    const u64 next = hole > 0 ? first_free.value : 0;
    const DirectoryTrailer& noted = DirectoryBlock::trailer(bytes);
    if (noted.free_record_length != hole || noted.free_next != next) {
      DirectoryTrailer& trailer = DirectoryBlock::trailer(transaction_.edit_as(at, DirectoryBlock::kind));
      trailer.free_record_length = static_cast<u16>(hole);
      trailer.free_next = next;
    }
    if (hole > 0) first_free = at;
    settle();
  }
  return names;
}

/// Nothing is begun that cannot be finished.
void DirectoryRewriter::require_room(std::size_t clusters) const {
  const Inode& bitmap = *space_.volume().system_file(SystemFile::global_bitmap);
  const u64 records = geometry().extent_records_per_extent_block();
  const u64 groups = divide_up(2 * clusters / records,
                               geometry().suballocator_group_clusters() * geometry().blocks_per_cluster());
  const u64 needed = clusters + groups * geometry().suballocator_group_clusters();
  if (u64{bitmap.bitmap.total} - bitmap.bitmap.used < needed)
    fail(ErrorKind::no_space, "{}: the index of directory {} needs {} clusters, of which {} are free",
         space_.volume().name(), number_.value, needed, bitmap.bitmap.total - bitmap.bitmap.used);
}

std::vector<TreeRecord> DirectoryRewriter::write_leaves(std::vector<IndexedName>& names) {
  const std::vector<IndexCluster> clusters =
      plan_index(names, geometry().index_leaf_entries(), geometry().blocks_per_cluster());
  require_room(clusters.size());
  std::vector<TreeRecord> records;
  BitRun run;
  for (std::size_t at = 0; at < clusters.size(); ++at) {
    const u64 wanted = std::min<u64>(clusters.size() - at, ExtentEdit::transaction_blocks_max);
    if (run.count == 0) run = space_.allocate_clusters(transaction_, static_cast<u32>(wanted));
    const BlockNo first = geometry().first_block_of(ClusterNo(run.first));
    records.push_back({clusters[at].key, 1, first});
    BlockNo leaf = first;
    for (const auto& in_leaf : leaves_of(names, clusters[at], geometry().blocks_per_cluster())) {
      format_index_leaf(facts(), leaf, in_leaf, transaction_.create_bytes(leaf, IndexLeaf::kind));
      ++leaf;
    }
    run = {run.first + 1, run.count - 1};
    settle();
  }
  return records;
}

BulkTree DirectoryRewriter::write_tree(std::vector<TreeRecord> leaves) {
  std::vector<Origin> origins;
  const BulkTree tree = build_tree(std::move(leaves), geometry().extent_records_per_index_root(),
                                   geometry().extent_records_per_extent_block(), [&] {
                                     const NewBlock node = space_.allocate_metadata(transaction_);
                                     origins.push_back(node.origin);
                                     return node.block;
                                   });
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    format_extent_block(facts(), tree.nodes[i], origins[i],
                        transaction_.create_bytes(tree.nodes[i].block, ExtentBlock::kind));
    settle();
  }
  return tree;
}

void DirectoryRewriter::make_index(u32 links) {
  BlockNo first_free;
  std::vector<IndexedName> names = collect_names(first_free);
  const bool small = names.size() <= geometry().index_root_entries();
  BulkTree tree;
  u64 clusters = 0;
  if (!small) {
    std::vector<TreeRecord> leaves = write_leaves(names);
    clusters = leaves.size();
    tree = write_tree(std::move(leaves));
  }

  const NewBlock place = space_.allocate_metadata(transaction_);
  const Bytes block = transaction_.create_bytes(place.block, IndexRoot::kind);
  IndexRoot& root = format_index_root(facts(), place, inode_at(number_), block);
  root.entries = static_cast<u32>(names.size());
  root.free_block = first_free.value;
  if (small) {
    fill_index_entries(names, geometry().index_root_entries(), IndexRoot::list_bytes(block));
  } else {
    root.flags = 0;
    root.clusters = static_cast<u32>(clusters);
    root.last_extent_block = tree.last_leaf.value;
    fill_extent_list(tree.root, tree.depth, geometry().extent_records_per_index_root(),
                     IndexRoot::list_bytes(block));
  }
  Inode& edited = transaction_.edit<Inode>(number_);
  edited.dynamic_features = edited.dynamic_features | dynamic_feature::indexed_dir;
  edited.index_root = place.block.value;
  edited.set_links(links);
}

// Moving entries together.

void DirectoryRewriter::compact_inline() {
  const Bytes bytes = transaction_.edit_as(number_, Inode::kind);
  const Bytes data = InlineData::data(Inode::body(bytes));
  const Bytes area = data.first(std::min<u64>(data.size(), as<Inode>(bytes).size));
  const std::vector<LooseEntry> entries = entries_in(number_, area);
  format_empty_area(area);
  for (const LooseEntry& entry : entries)
    require(insert_entry(area, entry.name, entry.inode, entry.type).has_value());
}

/// Makes `area` what block `index` holds; one that holds it already is not written.
void DirectoryRewriter::write_area(u64 index, ConstBytes area) {
  const BlockNo at = blocks_.at(index);
  const auto block = transaction_.read_as(at, directory_block_kind(trailers_));
  if (std::ranges::equal(directory_area(ConstBytes(block->bytes), trailers_), area)) return;
  std::ranges::copy(area, directory_area(begin_block(at), trailers_).begin());
}

void DirectoryRewriter::shrink(u64 blocks) {
  transaction_.edit<Inode>(number_).size = blocks << geometry().block_bits;
  const u64 kept = divide_up(blocks, geometry().blocks_per_cluster());
  for (u64 end = u64{1} << 32; end > kept;) {
    end = release_extents(transaction_, space_, ExtentRoot::of(inode()), BlockNo(), kept, end);
    if (end > kept) transaction_.commit();
  }
  transaction_.commit();
}

/// Reads the blocks in order and fills them again from the first one on. What is read and not yet written is
/// in `area`, the one to be written next; before each commit that is written, too, and the blocks that were
/// read meanwhile are left empty.
void DirectoryRewriter::compact() {
  const std::size_t area_bytes =
      directory_area(ConstBytes(std::vector<u8>(geometry().block_size())), trailers_).size();
  std::vector<u8> empty(area_bytes);
  format_empty_area(empty);
  std::vector<u8> area = empty;
  u64 written = 0;  // blocks that are full
  u64 emptied = 0;  // blocks before this one need not be emptied any more
  const u64 count = blocks_.count();
  const auto write_out = [&](u64 read) {
    write_area(written, area);
    for (emptied = std::max(emptied, written + 1); emptied < read; ++emptied) write_area(emptied, empty);
    transaction_.commit();
  };
  for (u64 index = 0; index < count; ++index) {
    const BlockNo at = blocks_.at(index);
    const auto block = transaction_.read_as(at, directory_block_kind(trailers_));
    for (const LooseEntry& entry : entries_in(at, directory_area(ConstBytes(block->bytes), trailers_))) {
      if (insert_entry(area, entry.name, entry.inode, entry.type)) continue;
      write_area(written++, area);
      area = empty;
      require(insert_entry(area, entry.name, entry.inode, entry.type).has_value());
    }
    if (transaction_.blocks() + (index - emptied) >= ExtentEdit::transaction_blocks_max / 2)
      write_out(index + 1);
  }
  write_out(count);
  shrink(written + 1);
}

void require_indexed_volume(Space& space) {
  if (!space.volume().has(feature::indexed_dirs))
    fail(ErrorKind::invalid_argument, "{}: the volume has no indexed directories", space.volume().name());
}

}  // namespace

void drop_index(Transaction& transaction, Space& space, InodeNo directory, OldIndex old) {
  DirectoryRewriter rewriter(transaction, space, directory);
  if (rewriter.links() > 0xFFFF)
    fail(ErrorKind::invalid_argument,
         "{}: directory {} has {} links, more than one without an index can have", space.volume().name(),
         directory.value, rewriter.links());
  rewriter.drop_index(old);
}

void rebuild_index(Transaction& transaction, Space& space, InodeNo directory, OldIndex old) {
  DirectoryRewriter rewriter(transaction, space, directory);
  require_indexed_volume(space);
  if (rewriter.is_inline()) return;
  const u32 links = rewriter.links();
  rewriter.drop_index(old);
  rewriter.make_trailers();
  rewriter.make_index(links);
}

void add_trailers(Transaction& transaction, Space& space, InodeNo directory) {
  DirectoryRewriter rewriter(transaction, space, directory);
  if (rewriter.is_inline()) return;
  transaction.commit();
  rewriter.want_trailers();
  rewriter.make_trailers();
}

u64 clusters_for_trailers(Volume& volume, InodeNo number) {
  Directory directory(volume, number);
  if (directory.inode().body_kind() == InodeBody::inline_data || directory.trailers()) return 0;
  const Geometry& geometry = volume.geometry();
  SpillCount spilled(geometry.block_size());
  u64 blocks = 0;
  directory.each_area([&](BlockNo at, ConstBytes area) {
    ++blocks;
    if (!has_trailer(area, {volume.facts(), at}, block_of(number))) spilled.leave_room_in(area);
    return true;
  });
  const u64 clusters = divide_up(blocks + spilled.blocks(), geometry.blocks_per_cluster());
  return clusters - std::min<u64>(clusters, directory.inode().clusters);
}

void compact_directory(Transaction& transaction, Space& space, InodeNo directory, OldIndex old) {
  DirectoryRewriter rewriter(transaction, space, directory);
  if (rewriter.is_inline()) return rewriter.compact_inline();
  const u32 links = rewriter.links();
  rewriter.drop_index(old);
  rewriter.make_trailers();
  rewriter.compact();
  if (space.volume().has(feature::indexed_dirs)) rewriter.make_index(links);
}

}  // namespace ocfs2
