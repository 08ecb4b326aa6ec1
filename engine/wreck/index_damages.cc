// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damages of directory indexes (spec: fsck-checks.md B7, D; ondisk.md 7.4, 14, 60 to 63).
#include "engine/wreck/scene.h"

namespace ocfs2 {
namespace {

constexpr std::string_view indexed_directory = "directory with an index";
constexpr std::string_view tree_directory = "directory whose index has leaves";

template <class Test>
InodeNo indexed_where(Scene& scene, std::string_view what, const Test& test) {
  return scene.user_directory(what, [&](const BlockRef<Inode>& inode) {
    return inode->index_root != 0 && test(scene.volume().cache().read<IndexRoot>(BlockNo(inode->index_root)));
  });
}
BlockNo any_root(Scene& scene) {
  return BlockNo(
      scene.edit_inode(indexed_where(scene, indexed_directory, [](const auto&) { return true; })).index_root);
}
BlockNo tree_root(Scene& scene) {
  return BlockNo(scene
                     .edit_inode(indexed_where(scene, tree_directory,
                                               [](const auto& root) { return !root->is_inline(); }))
                     .index_root);
}

/// The leaf blocks below a root.
std::vector<BlockNo> leaves_of(Scene& scene, BlockNo root) {
  std::vector<BlockNo> leaves;
  ExtentTree::of(scene.volume().cache(), scene.volume().cache().read<IndexRoot>(root))
      .each_run([&](const ExtentRun& run) {
        for (u64 i = 0; i < run.clusters * scene.geometry().blocks_per_cluster(); ++i)
          leaves.push_back(run.block + i);
        return true;
      });
  return leaves;
}
IndexLeaf& any_leaf(Scene& scene) {
  return scene.edit<IndexLeaf>(scene.pick(leaves_of(scene, tree_root(scene)), "index leaf"));
}

/// The lists of entries of one index: that in its root, or those in its leaves that hold some.
Bytes entry_list(Scene& scene, BlockNo root) {
  const auto judged = scene.volume().cache().read<IndexRoot>(root);
  if (judged->is_inline()) return scene.edit_index_list({root, true, 0});
  std::vector<BlockNo> filled;
  for (const BlockNo leaf : leaves_of(scene, root))
    if (scene.volume().cache().read<IndexLeaf>(leaf)->list.used != 0) filled.push_back(leaf);
  return scene.edit_index_list({scene.pick(filled, "index leaf with entries"), false, 0});
}
Bytes any_list(Scene& scene) { return entry_list(scene, any_root(scene)); }

std::span<IndexEntry> used_entries(Bytes list) {
  return IndexEntryList::slots(list).first(as<IndexEntryList>(list).used);
}
IndexEntry& any_entry(Scene& scene) {
  const auto entries = used_entries(any_list(scene));
  return entries[scene.below(entries.size())];
}

/// Adds `entry` to a list and to the directory's count.
void add_entry(Scene& scene, BlockNo root, Bytes list, const IndexEntry& entry) {
  auto& header = as<IndexEntryList>(list);
  if (header.used >= header.count) scene.lacks("index with room for an entry");
  IndexEntryList::slots(list)[header.used] = entry;
  header.used += 1;
  scene.edit<IndexRoot>(root).entries += 1;
}
IndexEntry take_entry(Bytes list, std::size_t number) {
  const auto entries = used_entries(list);
  const IndexEntry taken = entries[number];
  std::copy(entries.begin() + static_cast<std::ptrdiff_t>(number) + 1, entries.end(),
            entries.begin() + static_cast<std::ptrdiff_t>(number));
  entries.back() = {};
  as<IndexEntryList>(list).used -= 1;
  return taken;
}

void lose_entry(Scene& scene) {
  const BlockNo root = any_root(scene);
  const Bytes list = entry_list(scene, root);
  take_entry(list, scene.below(used_entries(list).size()));
  scene.edit<IndexRoot>(root).entries -= 1;
}

void entry_of_nothing(Scene& scene) {
  const BlockNo root = any_root(scene);
  const Bytes list = entry_list(scene, root);
  IndexEntry entry = used_entries(list).back();
  entry.major_hash = entry.major_hash ^ 1;
  add_entry(scene, root, list, entry);
}

void entry_twice(Scene& scene) {
  const BlockNo root = any_root(scene);
  const Bytes list = entry_list(scene, root);
  add_entry(scene, root, list, IndexEntry(used_entries(list).back()));
}

void misplaced_entry(Scene& scene) {
  const InodeNo directory = indexed_where(
      scene, "directory whose index has several leaves",
      [&](const auto& root) { return !root->is_inline() && leaves_of(scene, root.block()).size() > 1; });
  const BlockNo root(scene.edit_inode(directory).index_root);
  std::vector<BlockNo> roomy, filled;
  for (const BlockNo leaf : leaves_of(scene, root)) {
    const auto& list = scene.volume().cache().read<IndexLeaf>(leaf)->list;
    if (list.used != 0) filled.push_back(leaf);
    if (list.used < list.count) roomy.push_back(leaf);
  }
  const BlockNo from = scene.pick(filled, "index leaf with entries");
  std::erase(roomy, from);
  const BlockNo to = scene.pick(roomy, "index leaf with room");
  const Bytes list = scene.edit_index_list({from, false, 0});
  const IndexEntry entry = take_entry(list, scene.below(used_entries(list).size()));
  add_entry(scene, root, scene.edit_index_list({to, false, 0}), entry);
  scene.edit<IndexRoot>(root).entries -= 1;
}

void release_root(Scene& scene, const IndexRoot& root) {
  const u64 group = root.suballoc_group != 0 ? u64{root.suballoc_group} : root.block - root.suballoc_bit;
  scene.set_bit_soundly(scene.system_file(SystemFile::extent_alloc, root.suballoc_slot), BlockNo(group),
                        root.suballoc_bit, false);
}

/// The whole index goes, with all that it held.
void lose_index(Scene& scene) {
  const InodeNo number = indexed_where(scene, "directory with an index of few blocks", [](const auto& root) {
    return root->is_inline() || root->extents.tree_depth == 0;
  });
  auto& inode = scene.edit_inode(number);
  const auto root = scene.volume().cache().read<IndexRoot>(BlockNo(inode.index_root));
  if (!root->is_inline())
    for (const ExtentRecord& record : ExtentList::records(IndexRoot::list_bytes(root.bytes())))
      for (u32 i = 0; i < record.clusters; ++i)
        scene.set_cluster_soundly(scene.geometry().cluster_of(BlockNo(record.block)) + i, false);
  release_root(scene, *root);
  inode.index_root = 0;
  inode.dynamic_features &= static_cast<u16>(~dynamic_feature::indexed_dir);
}

/// A directory gets a right index, on a volume that has none.
void index_without_feature(Scene& scene) {
  const InodeNo number =
      scene.user_directory("directory of a block or two", [&](const BlockRef<Inode>& inode) {
        return inode->body_kind() == InodeBody::extent_list &&
               inode->size <= 2 * scene.geometry().block_size();
      });
  const auto claimed = scene.claim_block(SystemFile::extent_alloc);
  const Bytes bytes = scene.create(claimed.block, IndexRoot::kind);
  auto& root = as<IndexRoot>(bytes);
  stamp(root.signature, IndexRoot::signature_text);
  root.suballoc_slot = claimed.slot;
  root.suballoc_bit = claimed.bit;
  root.suballoc_group = claimed.group.value;
  root.fs_generation = scene.facts().generation;
  root.block = claimed.block.value;
  root.flags = IndexRoot::inline_entries;
  root.directory_inode = number.value;
  root.entry_list.count = static_cast<u16>(scene.geometry().index_root_entries());
  const Bytes list = IndexRoot::list_bytes(bytes);
  Directory(scene.volume(), number).each_area([&](BlockNo block, ConstBytes area) {
    EntryWalk walk(area);
    while (walk.next()) {
      if (walk.entry().free()) continue;
      const NameHash hash = index_hash(walk.name(), scene.facts());
      add_entry(scene, claimed.block, list, {hash.major, hash.minor, block.value});
    }
    return true;
  });
  auto& inode = scene.edit_inode(number);
  inode.index_root = claimed.block.value;
  inode.dynamic_features |= dynamic_feature::indexed_dir;
}

IndexRoot& root(Scene& scene) { return scene.edit<IndexRoot>(any_root(scene)); }

constexpr Damage table[] = {
    {{},
     "DX_TREE_CORRUPT",
     "DX_TREE_CORRUPT",
     "The root of an index has lost its signature",
     [](Scene& scene) { root(scene).signature[0] = '!'; }},
    {{},
     "DX_TREE_MISSING",
     "DX_TREE_MISSING",
     "A large directory has no index (legal; searching it is slow)",
     lose_index},
    {{}, "DX_LOOKUP_FAILED", "DX_LOOKUP_FAILED", "An entry is not in its directory's index", lose_entry},
    {{},
     "IV_DX_TREE",
     "IV_DX_TREE",
     "A directory has an index on a volume without that feature",
     index_without_feature,
     feature::metaecc,
     feature::indexed_dirs},
    {{},
     "DX_ROOT_BLKNO",
     "DX_ROOT_BLKNO",
     "dr_blkno of an index is not its own block",
     [](Scene& scene) { root(scene).block += 1; }},
    {{},
     "DX_ROOT_GEN",
     "DX_ROOT_GEN",
     "An index has another generation than the volume",
     [](Scene& scene) { root(scene).fs_generation = 0x1234; }},
    {{},
     "DX_ROOT_PARENT",
     "DX_ROOT_PARENT",
     "An index names another directory",
     [](Scene& scene) { root(scene).directory_inode += 1; }},
    {{},
     "DX_ROOT_SUBALLOC",
     "DX_ROOT_SUBALLOC",
     "dr_suballoc_bit of an index is not where it lies",
     [](Scene& scene) { root(scene).suballoc_bit += 1; }},
    {{},
     "DX_ROOT_ALLOC_BIT_LOST",
     "METADATA_ALLOC_BIT",
     "The bit of an index root in use is clear",
     [](Scene& scene) { release_root(scene, root(scene)); }},
    {{},
     "DX_ENTRY_COUNT",
     "DX_ENTRY_COUNT",
     "dr_num_entries is not the number of entries",
     [](Scene& scene) { root(scene).entries += 1; }},
    {{},
     "DX_CLUSTERS",
     "DX_CLUSTERS",
     "dr_clusters is not the number of leaf clusters",
     [](Scene& scene) { scene.edit<IndexRoot>(tree_root(scene)).clusters += 1; }},
    {{},
     "DX_LAST_EB",
     "DX_LAST_EB",
     "dr_last_eb_blk names a block where there is none",
     [](Scene& scene) { scene.edit<IndexRoot>(tree_root(scene)).last_extent_block += 100; }},
    {{},
     "DX_TREE_KEYS",
     "DX_TREE_KEYS",
     "The first record of an index does not begin at hash 0",
     [](Scene& scene) {
       const BlockNo block = tree_root(scene);
       const Bytes list = IndexRoot::list_bytes(scene.edit_bytes(block, IndexRoot::kind));
       if (as<ExtentList>(list).tree_depth == 0)
         ExtentList::records(list).front().cpos = 1;
       else
         ExtentList::children(list).front().cpos = 1;
     }},
    {{},
     "DX_LIST_COUNT",
     "DX_LIST_COUNT",
     "de_count is more than fits",
     [](Scene& scene) { as<IndexEntryList>(any_list(scene)).count += 10; }},
    {{},
     "DX_LIST_USED",
     "DX_LIST_USED",
     "de_num_used is more than de_count",
     [](Scene& scene) {
       auto& list = as<IndexEntryList>(any_list(scene));
       list.used = static_cast<u16>(list.count + 10);
     }},
    {{},
     "DX_LEAF_INVALID",
     "DX_LEAF_INVALID",
     "A leaf of an index has lost its signature",
     [](Scene& scene) { any_leaf(scene).signature[0] = '!'; }},
    {{},
     "DX_LEAF_BLKNO",
     "DX_LEAF_BLKNO",
     "dl_blkno of a leaf is not its own block",
     [](Scene& scene) { any_leaf(scene).block += 1; }},
    {{},
     "DX_LEAF_GEN",
     "DX_LEAF_GEN",
     "A leaf has another generation than the volume",
     [](Scene& scene) { any_leaf(scene).fs_generation = 0x1234; }},
    {{},
     "DX_ENTRY_WRONG",
     "DX_ENTRY_WRONG",
     "An index entry's hash is that of no name in its block",
     [](Scene& scene) {
       IndexEntry& entry = any_entry(scene);
       entry.major_hash = entry.major_hash ^ 1;
     }},
    {{},
     "DX_ENTRY_BLOCK",
     "DX_ENTRY_WRONG",
     "An index entry names a block that is none of its directory's",
     [](Scene& scene) { any_entry(scene).entry_block = scene.volume().root().value; }},
    {{}, "DX_ENTRY_STRAY", "DX_ENTRY_STRAY", "An index has an entry for no name", entry_of_nothing},
    {{}, "DX_ENTRY_DUPLICATE", "DX_ENTRY_STRAY", "An index has an entry twice", entry_twice},
    {{},
     "DX_ENTRY_MISPLACED",
     "DX_ENTRY_MISPLACED",
     "An index entry is in a leaf that its hash does not lead to",
     misplaced_entry},
};

}  // namespace

std::span<const Damage> index_damages() { return table; }

}  // namespace ocfs2
