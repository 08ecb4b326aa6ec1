// SPDX-License-Identifier: GPL-2.0-or-later
//
// Adding and removing entries so that everything around them stays right: room, trailers, the list of blocks
// with room, the index. That way a file can lose its name and nothing else is wrong.
#include "engine/error.h"
#include "engine/wreck/scene.h"

namespace ocfs2 {

std::optional<Scene::IndexPlace> Scene::find_in_index(const EntryPlace& place) {
  const auto inode = volume_.inode(place.directory);
  if (!inode->has_dynamic(dynamic_feature::indexed_dir)) return std::nullopt;
  const auto root = volume_.cache().read<IndexRoot>(BlockNo(inode->index_root));
  for (const CharSign sign : {CharSign::plain_signed, CharSign::plain_unsigned}) {
    const NameHash hash = index_hash(place.name, facts(), sign);
    BlockNo leaf;
    if (!root->is_inline()) {
      const auto run = ExtentTree::of(volume_.cache(), root).last_at_or_before(hash.major);
      if (!run) continue;
      ExtentRecord record{};
      record.cpos = static_cast<u32>(run->cpos);
      record.clusters = static_cast<u16>(run->clusters);
      record.block = run->block.value;
      leaf = index_leaf_block(record, hash, geometry());
    }
    const IndexPlace list{root->is_inline() ? root.block() : leaf, root->is_inline(), 0};
    const auto entries = IndexEntryList::entries(edit_index_list(list));
    for (u32 number = 0; number < entries.size(); ++number)
      if (entries[number].hash() == hash && entries[number].entry_block == place.block.value)
        return IndexPlace{list.block, list.in_root, number};
  }
  return std::nullopt;
}

Bytes Scene::edit_index_list(const IndexPlace& place) {
  return place.in_root ? IndexRoot::list_bytes(edit_bytes(place.block, IndexRoot::kind))
                       : IndexLeaf::list_bytes(edit_bytes(place.block, IndexLeaf::kind));
}

/// What an indexed directory's trailer says about the room in its block, and the list of blocks with room.
void Scene::recount_trailer(InodeNo directory, BlockNo block) {
  const Inode& inode = edit_inode(directory);
  if (!inode.has_dynamic(dynamic_feature::indexed_dir)) return;
  const Bytes bytes = edit_bytes(block, DirectoryBlock::kind);
  DirectoryTrailer& trailer = DirectoryBlock::trailer(bytes);
  const bool listed = trailer.free_record_length != 0;
  trailer.free_record_length = static_cast<u16>(largest_hole(DirectoryBlock::area(bytes)));
  if (listed || trailer.free_record_length == 0) return;  // entries are only removed: nothing leaves the list
  auto& root = edit<IndexRoot>(BlockNo(inode.index_root));
  trailer.free_next = root.free_block;
  root.free_block = block.value;
}

void Scene::remove_entry_soundly(const EntryPlace& place) {
  const auto indexed = find_in_index(place);
  require(remove_entry(edit_area(place), place.offset));
  if (!indexed) return;
  const Bytes list = edit_index_list(*indexed);
  auto& header = as<IndexEntryList>(list);
  const auto slots = IndexEntryList::slots(list);
  for (u32 i = indexed->number; i + 1 < header.used; ++i) slots[i] = slots[i + 1];
  header.used -= 1;
  slots[header.used] = {};
  edit<IndexRoot>(BlockNo(edit_inode(place.directory).index_root)).entries -= 1;
  recount_trailer(place.directory, place.block);
}

bool Scene::add_entry_soundly(InodeNo number, std::string_view name, InodeNo target, EntryType type) {
  Directory directory(volume_, number);
  if (directory.indexed()) return false;
  bool done = false;
  directory.each_area([&](BlockNo block, ConstBytes area) {
    if (largest_hole(area) < DirectoryEntry::needed(static_cast<u32>(name.size()))) return true;
    done = insert_entry(edit_area(number, block, directory.trailers()), name, target, type).has_value();
    return !done;
  });
  return done;
}

}  // namespace ocfs2
