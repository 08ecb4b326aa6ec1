// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damages of refcount trees (spec: fsck-checks.md B4; ondisk.md 9, 14, 71 to 74).
#include "engine/wreck/scene.h"
#include "ondisk/refcount.h"

namespace ocfs2 {
namespace {

BlockNo any_tree(Scene& scene) {
  return BlockNo(scene
                     .edit_inode(scene.inode_where(
                         "file that shares clusters",
                         [](const BlockRef<Inode>& inode) { return inode->refcount_root != 0; }))
                     .refcount_root);
}
RefcountBlock& root(Scene& scene) { return scene.edit<RefcountBlock>(any_tree(scene)); }

/// The blocks that hold the records of a tree: its root, or its leaves.
std::vector<BlockNo> leaves_of(Scene& scene, BlockNo root) {
  const auto block = scene.volume().cache().read<RefcountBlock>(root);
  if (!block->is_tree()) return {root};
  std::vector<BlockNo> leaves;
  ExtentTree(scene.volume().cache(), RefcountBlock::list_bytes(block.bytes()), "a refcount tree")
      .each_run([&](const ExtentRun& run) { return leaves.push_back(run.block), true; });
  return leaves;
}

BlockNo tree_with_leaves(Scene& scene) {
  const InodeNo inode = scene.inode_where("refcount tree with leaves", [&](const BlockRef<Inode>& at) {
    return at->refcount_root != 0 &&
           scene.volume().cache().read<RefcountBlock>(BlockNo(at->refcount_root))->is_tree();
  });
  return BlockNo(scene.edit_inode(inode).refcount_root);
}
RefcountBlock& any_leaf(Scene& scene) {
  const BlockNo tree = tree_with_leaves(scene);
  return scene.edit<RefcountBlock>(scene.pick(leaves_of(scene, tree), "refcount leaf"));
}

/// A list of at least `least` records and with room for `room` more.
Bytes list_where(Scene& scene, u32 least, u32 room) {
  std::vector<BlockNo> found;
  for (const BlockNo block : leaves_of(scene, any_tree(scene))) {
    const auto& list = scene.volume().cache().read<RefcountBlock>(block)->records;
    if (list.used >= least && list.used + room <= list.count) found.push_back(block);
  }
  const BlockNo block = scene.pick(found, least > 1 ? "list of several refcount records" : "refcount record");
  return RefcountBlock::list_bytes(scene.edit_bytes(block, RefcountBlock::kind));
}
std::span<RefcountRecord> records_of(Bytes list) {
  return RefcountList::slots(list).first(as<RefcountList>(list).used);
}
RefcountRecord& any_record(Scene& scene) {
  const auto records = records_of(list_where(scene, 1, 0));
  return records[scene.below(records.size())];
}

/// A record for a free cluster behind the others.
void record_of_nothing(Scene& scene) {
  const Bytes list = list_where(scene, 1, 1);
  auto& header = as<RefcountList>(list);
  const u64 end = records_of(list).back().end();
  const ClusterNo cluster(std::max<u64>(end, scene.geometry().clusters - 1));
  if (cluster.value >= scene.geometry().clusters) scene.lacks("cluster behind those that are shared");
  RefcountList::slots(list)[header.used] = {.cluster = cluster.value, .clusters = 1, .references = 2};
  header.used += 1;
}

void lose_record(Scene& scene) {
  const Bytes list = list_where(scene, 1, 0);
  const auto records = records_of(list);
  const auto victim = records.begin() + static_cast<std::ptrdiff_t>(scene.below(records.size()));
  std::copy(victim + 1, records.end(), victim);
  records.back() = {};
  as<RefcountList>(list).used -= 1;
}

void overlapping_records(Scene& scene) {
  const auto records = records_of(list_where(scene, 2, 0));
  const std::size_t second = 1 + scene.below(records.size() - 1);
  records[second].cluster = records[second - 1].cluster;
}

void lost_bit(Scene& scene) {
  const RefcountBlock& block = root(scene);
  const u64 group = block.suballoc_group != 0 ? u64{block.suballoc_group} : block.block - block.suballoc_bit;
  scene.set_bit_soundly(scene.system_file(SystemFile::extent_alloc, block.suballoc_slot), BlockNo(group),
                        block.suballoc_bit, false);
}

constexpr Features sharing = feature::refcount;

constexpr Damage table[] = {
    {117, "RB_BLKNO", "RB_BLKNO", "rf_blkno of a refcount block is not its own block",
     [](Scene& scene) { root(scene).block += 1; }, sharing},
    {118, "RB_GEN", "RB_GEN", "A refcount block has another generation than the volume",
     [](Scene& scene) { root(scene).fs_generation = 0x1234; }, sharing},
    {119, "RB_GEN_FIX", "RB_GEN RB_GEN_FIX", "The same as RB_GEN; the code comes after a \"no\"",
     [](Scene& scene) { root(scene).fs_generation = 0x1234; }, sharing},
    {120, "RB_PARENT", "RB_PARENT", "rf_parent of a leaf is not the root",
     [](Scene& scene) { any_leaf(scene).parent += 1; }, sharing},
    {121, "REFCOUNT_BLOCK_INVALID", "REFCOUNT_BLOCK_INVALID", "A leaf has lost its signature",
     [](Scene& scene) { any_leaf(scene).signature[0] = '!'; }, sharing},
    {122, "REFCOUNT_ROOT_BLOCK_INVALID", "REFCOUNT_ROOT_BLOCK_INVALID", "A root has lost its signature",
     [](Scene& scene) { root(scene).signature[0] = '!'; }, sharing},
    {123, "REFCOUNT_LIST_COUNT", "REFCOUNT_LIST_COUNT", "rl_count is not what fits",
     [](Scene& scene) { as<RefcountList>(list_where(scene, 1, 0)).count += 10; }, sharing},
    {124, "REFCOUNT_LIST_USED", "REFCOUNT_LIST_USED", "rl_used is more than rl_count",
     [](Scene& scene) {
       auto& list = as<RefcountList>(list_where(scene, 1, 0));
       list.used = static_cast<u16>(list.count + 1);
     },
     sharing},
    {125, "REFCOUNT_CLUSTER_RANGE", "REFCOUNT_CLUSTER_RANGE", "A record lies behind the volume",
     [](Scene& scene) { records_of(list_where(scene, 1, 0)).back().cluster = scene.geometry().clusters; },
     sharing},
    {126, "REFCOUNT_CLUSTER_COLLISION", "REFCOUNT_CLUSTER_COLLISION", "Two records overlap",
     overlapping_records, sharing},
    {127, "REFCOUNT_LIST_EMPTY", "REFCOUNT_LIST_EMPTY", "A leaf has no records",
     [](Scene& scene) { any_leaf(scene).records.used = 0; }, sharing},
    {128, "REFCOUNT_CLUSTERS", "REFCOUNT_CLUSTERS", "rf_clusters is not the number of leaves",
     [](Scene& scene) { scene.edit<RefcountBlock>(tree_with_leaves(scene)).leaf_blocks += 10; }, sharing},
    {129, "REFCOUNT_COUNT", "REFCOUNT_COUNT", "rf_count is not the number of files that share the tree",
     [](Scene& scene) { root(scene).inodes += 10; }, sharing},
    {130, "REFCOUNT_REC_REDUNDANT", "REFCOUNT_REC_REDUNDANT", "A record is for a cluster that nobody shares",
     record_of_nothing, sharing},
    {131, "REFCOUNT_COUNT_INVALID", "REFCOUNT_COUNT_INVALID", "A record counts too many references",
     [](Scene& scene) { any_record(scene).references += 10; }, sharing},
    {{},
     "REFCOUNT_COUNT_LOW",
     "REFCOUNT_COUNT_INVALID REFCOUNT_REC_EMPTY",
     "A record counts a reference too few: data in use would be freed",
     [](Scene& scene) { any_record(scene).references -= 1; },
     sharing},
    {{},
     "REFCOUNT_REC_MISSING",
     "REFCOUNT_REC_MISSING",
     "An extent is marked as shared but has no record",
     lose_record,
     sharing},
    {{},
     "REFCOUNT_REC_EMPTY",
     "REFCOUNT_REC_EMPTY",
     "A record has no clusters",
     [](Scene& scene) { any_record(scene).clusters = 0; },
     sharing},
    {{},
     "RB_ROOT_PARENT",
     "RB_PARENT",
     "A root names a parent",
     [](Scene& scene) { root(scene).parent = 100; },
     sharing},
    {{},
     "RB_FLAGS",
     "REFCOUNT_FLAGS",
     "A root is marked as a leaf",
     [](Scene& scene) { root(scene).flags |= RefcountBlock::leaf; },
     sharing},
    {{},
     "RB_TREE_GEN",
     "REFCOUNT_GENERATION",
     "rf_generation of a leaf is not that of its root",
     [](Scene& scene) { any_leaf(scene).generation += 1; },
     sharing},
    {{},
     "RB_CPOS",
     "REFCOUNT_LEAF_KEY",
     "rf_cpos of a leaf is not the key that leads to it",
     [](Scene& scene) { any_leaf(scene).cpos += 1; },
     sharing},
    {{},
     "RB_SUBALLOC",
     "METADATA_SUBALLOC",
     "rf_suballoc_bit is not where the block lies",
     [](Scene& scene) { root(scene).suballoc_bit += 1; },
     sharing},
    {{},
     "REFCOUNT_ALLOC_BIT_LOST",
     "METADATA_ALLOC_BIT",
     "The bit of a refcount block in use is clear",
     lost_bit,
     sharing},
};

}  // namespace

std::span<const Damage> refcount_damages() { return table; }

}  // namespace ocfs2
