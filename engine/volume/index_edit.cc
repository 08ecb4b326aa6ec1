// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/index_edit.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/new_blocks.h"
#include "engine/volume/refcount_edit.h"

namespace ocfs2 {
namespace {

constexpr CharSign signs[] = {CharSign::plain_signed, CharSign::plain_unsigned};

}  // namespace

NameHash IndexEditor::hash_of(std::string_view name, CharSign sign) const {
  return index_hash(name, space_.volume().facts(), sign);
}

// Where entries are: in the root, or in a leaf.

IndexEditor::Cluster IndexEditor::cluster_of(u32 major) const {
  const auto run = extents().tree().last_at_or_before(major);
  if (!run)
    fail(ErrorKind::corrupt, "directory index {} has no place for hash {:#010x}; run fsck.ocfs2", root_.value,
         major);
  const u64 skipped = std::min(major - run->cpos, run->clusters - 1);
  return {static_cast<u32>(run->cpos + skipped), run->block + skipped * geometry().blocks_per_cluster()};
}

BlockNo IndexEditor::holder_of(NameHash hash) const {
  if (root()->is_inline()) return root_;
  return cluster_of(hash.major).first + (hash.minor & leaf_mask());
}

std::vector<IndexEntry> IndexEditor::entries_of(BlockNo holder) const {
  const auto list = [&](const auto& ref) {
    const auto entries = IndexEntryList::entries(ref->list_bytes(ref.bytes()));
    return std::vector<IndexEntry>(entries.begin(), entries.end());
  };
  return holder == root_ ? list(root()) : list(transaction_.read<IndexLeaf>(holder));
}

void IndexEditor::set_entries(BlockNo holder, const std::vector<IndexEntry>& entries) {
  const Bytes list = holder == root_ ? IndexRoot::list_bytes(transaction_.edit_as(holder, IndexRoot::kind))
                                     : IndexLeaf::list_bytes(transaction_.edit_as(holder, IndexLeaf::kind));
  const std::span<IndexEntry> slots = IndexEntryList::slots(list);
  require(entries.size() <= slots.size());
  as<IndexEntryList>(list).used = static_cast<u16>(entries.size());
  const auto rest = std::ranges::copy(entries, slots.begin()).out;
  std::fill(rest, slots.end(), IndexEntry{});
}

/// False when the block that must hold the entry is full.
bool IndexEditor::append(BlockNo holder, const IndexEntry& entry) {
  std::vector<IndexEntry> entries = entries_of(holder);
  const u32 room = holder == root_ ? geometry().index_root_entries() : geometry().index_leaf_entries();
  if (entries.size() >= room) return false;
  entries.push_back(entry);
  set_entries(holder, entries);
  return true;
}

std::vector<BlockNo> IndexEditor::blocks_of(std::string_view name) const {
  std::vector<BlockNo> blocks;
  for (const CharSign sign : signs) {
    const NameHash hash = hash_of(name, sign);
    for (const IndexEntry& entry : entries_of(holder_of(hash)))
      if (entry.hash() == hash && std::ranges::find(blocks, BlockNo(entry.entry_block)) == blocks.end())
        blocks.push_back(BlockNo(entry.entry_block));
  }
  return blocks;
}

bool IndexEditor::take(NameHash hash, BlockNo block) {
  const BlockNo holder = holder_of(hash);
  std::vector<IndexEntry> entries = entries_of(holder);
  const auto found = std::ranges::find_if(entries, [&](const IndexEntry& entry) {
    return entry.hash() == hash && entry.entry_block == block.value;
  });
  if (found == entries.end()) return false;
  entries.erase(found);
  set_entries(holder, entries);
  return true;
}

void IndexEditor::remove(std::string_view name, BlockNo block) {
  if (!take(hash_of(name, signs[0]), block) && !take(hash_of(name, signs[1]), block))
    fail(ErrorKind::corrupt, "directory index {} does not know \"{}\" in block {}; run fsck.ocfs2",
         root_.value, name, block.value);
  IndexRoot& edited = transaction_.edit<IndexRoot>(root_);
  if (edited.entries > 0) edited.entries -= 1;
}

void IndexEditor::insert(std::string_view name, BlockNo block) {
  const NameHash hash = hash_of(name, signs[0]);
  const IndexEntry entry{hash.major, hash.minor, block.value};
  if (root()->is_inline() && !append(root_, entry)) grow_tree();
  if (!root()->is_inline())
    while (!append(holder_of(hash), entry)) split(hash);  // each split parts the hashes that are left
  transaction_.edit<IndexRoot>(root_).entries += 1;
}

// Growing.

/// A cluster of empty leaves for hashes from `key` on.
BlockNo IndexEditor::add_cluster(u32 key) {
  const ClusterNo cluster(space_.allocate_clusters(transaction_, 1).first);
  const BlockNo first = geometry().first_block_of(cluster);
  for (u32 leaf = 0; leaf <= leaf_mask(); ++leaf)
    format_index_leaf(space_.volume().facts(), first + leaf, {},
                      transaction_.create_bytes(first + leaf, IndexLeaf::kind));
  extents().insert({.cpos = key, .clusters = 1, .block = first});
  return first;
}

/// The entries leave the root for a first cluster of leaves.
void IndexEditor::grow_tree() {
  const std::vector<IndexEntry> entries = entries_of(root_);
  const Bytes block = transaction_.edit_as(root_, IndexRoot::kind);
  IndexRoot& edited = as<IndexRoot>(block);
  edited.flags = edited.flags & static_cast<u8>(~IndexRoot::inline_entries);
  std::ranges::fill(IndexRoot::list_bytes(block), 0);
  fill_extent_list({}, 0, geometry().extent_records_per_index_root(), IndexRoot::list_bytes(block));
  const BlockNo first = add_cluster(0);
  for (const IndexEntry& entry : entries)  // a leaf has more room than the root had
    require(append(first + (entry.minor_hash & leaf_mask()), entry));
}

/// Makes room in the full leaf that `hash` belongs to: from a hash in its middle on, all of its cluster moves
/// to a new one.
void IndexEditor::split(NameHash hash) {
  const Cluster old = cluster_of(hash.major);
  const u32 key = split_key(entries_of(old.first + (hash.minor & leaf_mask())), old.key, hash.major);
  const BlockNo added = add_cluster(key);
  for (u32 leaf = 0; leaf <= leaf_mask(); ++leaf) {
    std::vector<IndexEntry> kept = entries_of(old.first + leaf);
    const auto moved = std::stable_partition(kept.begin(), kept.end(),
                                             [&](const IndexEntry& e) { return e.major_hash < key; });
    if (moved == kept.end()) continue;
    set_entries(added + leaf, {moved, kept.end()});
    kept.erase(moved, kept.end());
    set_entries(old.first + leaf, kept);
  }
}

/// The hash from which on `entries`, those of a full leaf in the cluster of `cluster_key`, move (spec:
/// ondisk.md 7.4.4).
u32 IndexEditor::split_key(std::vector<IndexEntry> entries, u32 cluster_key, u32 inserted) const {
  require(!entries.empty());
  std::ranges::sort(entries, {}, &IndexEntry::hash);
  const u32 least = entries.front().major_hash;
  if (least == entries.back().major_hash) {
    if (least == inserted)
      fail(ErrorKind::no_space, "more names of directory index {} share the hash {:#010x} than it can hold",
           root_.value, inserted);
    if (least == cluster_key) return cluster_key + 1;
    return std::max(least, inserted);
  }
  for (std::size_t at = entries.size() / 2; at < entries.size(); ++at)
    if (entries[at].major_hash > cluster_key) return entries[at].major_hash;
  return entries.back().major_hash;
}

void free_index(Transaction& transaction, Space& space, BlockNo root, const std::function<void()>& settle) {
  const auto read = [&] { return transaction.read<IndexRoot>(root); };
  constexpr u64 hashes = u64{1} << 32;
  for (u64 end = read()->is_inline() ? 0 : hashes; end > 0;) {
    end = release_extents(transaction, space, ExtentRoot::of(read()), BlockNo(), 0, end);
    if (end > 0) settle();
  }
  space.free_metadata(transaction, root, origin_of(*read()));
}

}  // namespace ocfs2
