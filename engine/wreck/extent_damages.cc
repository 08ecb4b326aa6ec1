// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damages of extent lists and extent blocks (spec: fsck-checks.md B3; ondisk.md 14, 41 to 48).
#include "engine/wreck/scene.h"

namespace ocfs2 {
namespace {

InodeNo deep_file(Scene& scene) {
  return scene.inode_where("regular file with extent blocks", [](const BlockRef<Inode>& inode) {
    return inode->is_regular() && inode->body_kind() == InodeBody::extent_list &&
           inode->extents.tree_depth != 0;
  });
}

/// One of the nodes of a deep file's tree that pass `test`.
template <class Test>
ExtentNode node_where(Scene& scene, std::string_view what, const Test& test) {
  std::vector<ExtentNode> found;
  for (const ExtentNode& node : scene.tree_of(deep_file(scene)))
    if (test(node)) found.push_back(node);
  return scene.pick(found, what);
}

ExtentNode any_node(Scene& scene) {
  return node_where(scene, "extent list", [](const ExtentNode&) { return true; });
}
ExtentNode any_leaf(Scene& scene) {
  return node_where(scene, "extent leaf", [](const ExtentNode& node) { return node.depth == 0; });
}
ExtentBlock& any_block(Scene& scene) {
  const auto node =
      node_where(scene, "extent block", [](const ExtentNode& at) { return at.kind == &ExtentBlock::kind; });
  return scene.edit<ExtentBlock>(node.block);
}
ExtentList& any_list(Scene& scene) { return as<ExtentList>(scene.edit_list(any_node(scene))); }

/// A record in the inode of a plain file.
ExtentRecord& plain_record(Scene& scene) {
  const auto records = ExtentList::records(scene.edit_body(scene.plain_file()));
  return records[scene.below(records.size())];
}

/// The last record of a plain file, one cluster long, so that its cluster can be anywhere.
struct Movable {
  InodeNo file;
  ExtentRecord* record;
};
Movable movable_record(Scene& scene) {
  const InodeNo file =
      scene.inode_where("file whose last extent is one cluster", [](const BlockRef<Inode>& inode) {
        if (!inode->is_regular() || inode->body_kind() != InodeBody::extent_list) return false;
        if (inode->extents.tree_depth != 0 || inode->refcount_root != 0) return false;
        const auto records = ExtentList::records(Inode::body(inode.bytes()));
        return !records.empty() && records.back().clusters == 1;
      });
  return {file, &ExtentList::records(scene.edit_body(file)).back()};
}

/// The file's data moves along, so that only what follows is wrong.
void move_to(Scene& scene, ExtentRecord& record, ClusterNo cluster) {
  const Geometry& geometry = scene.geometry();
  const BlockNo from(record.block), to = geometry.first_block_of(cluster);
  for (u32 i = 0; i < geometry.blocks_per_cluster(); ++i) {
    const std::vector<u8> data = scene.volume().cache().read_raw(from + i, 1);
    std::copy(data.begin(), data.end(), scene.edit_bytes(to + i, opaque_kind).begin());
  }
  scene.set_cluster_soundly(geometry.cluster_of(from), false);
  record.block = to.value;
}

void clusters_overrun(Scene& scene) {
  const ClusterNo last(scene.geometry().clusters - 1);
  const auto movable = movable_record(scene);
  if (scene.geometry().cluster_of(BlockNo(movable.record->block)) != last) {
    const InodeNo bitmap = scene.system_file(SystemFile::global_bitmap);
    const u32 used = scene.edit_inode(bitmap).bitmap.used;
    scene.set_cluster_soundly(last, true);
    if (scene.edit_inode(bitmap).bitmap.used == used) scene.lacks("free last cluster");
    move_to(scene, *movable.record, last);
  }
  movable.record->clusters = 2;
}

void blkno_unaligned(Scene& scene) {
  if (scene.geometry().blocks_per_cluster() == 1) scene.lacks("cluster of several blocks");
  plain_record(scene).block += 1;
}

/// The leaf of a plain file with a record right behind the first one.
std::span<ExtentRecord> adjacent_records(Scene& scene) {
  const InodeNo file = scene.inode_where("file with two adjacent extents", [](const BlockRef<Inode>& inode) {
    if (!inode->is_regular() || inode->body_kind() != InodeBody::extent_list) return false;
    if (inode->extents.tree_depth != 0 || inode->refcount_root != 0) return false;
    const auto records = ExtentList::records(Inode::body(inode.bytes()));
    return records.size() > 1 && records[0].clusters != 0 && records[1].cpos == records[0].end();
  });
  return ExtentList::records(scene.edit_body(file));
}

void reserved_blocks(Scene& scene) {
  const auto movable = movable_record(scene);
  const Geometry& geometry = scene.geometry();
  scene.set_cluster_soundly(geometry.cluster_of(BlockNo(movable.record->block)), false);
  const BlockNo group =
      geometry.cluster_group_block(static_cast<u32>(scene.below(geometry.cluster_groups())));
  movable.record->block = geometry.first_block_of(geometry.cluster_of(group)).value;
}

void empty_record(Scene& scene) {
  const InodeNo file = scene.inode_where("file with room for an extent", [](const BlockRef<Inode>& inode) {
    return inode->is_regular() && inode->body_kind() == InodeBody::extent_list &&
           inode->extents.tree_depth == 0 && inode->extents.used != 0 &&
           inode->extents.used < inode->extents.count;
  });
  const Bytes list = scene.edit_body(file);
  auto& header = as<ExtentList>(list);
  ExtentList::record_slots(list)[header.used] = {};
  header.used += 1;
}

ExtentNode interior(Scene& scene) {
  return node_where(scene, "interior extent list", [&](const ExtentNode& at) {
    return at.depth > 0 && as<ExtentList>(scene.edit_list(at)).used > 1;
  });
}
void child_span(Scene& scene) {
  ExtentList::children(scene.edit_list(interior(scene))).front().clusters -= 1;
}

void next_leaf(Scene& scene) {
  const auto node = node_where(scene, "leaf with a leaf to its right", [&](const ExtentNode& at) {
    return at.kind == &ExtentBlock::kind && scene.edit<ExtentBlock>(at.block).next_leaf != 0;
  });
  scene.edit<ExtentBlock>(node.block).next_leaf = 0;
}

void last_extent_block(Scene& scene) {
  const InodeNo file = deep_file(scene);
  std::vector<BlockNo> others = {BlockNo(0)};
  for (const ExtentNode& node : scene.tree_of(file))
    if (node.kind == &ExtentBlock::kind && node.block.value != scene.edit_inode(file).last_extent_block)
      others.push_back(node.block);
  scene.edit_inode(file).last_extent_block = scene.pick(others, "extent block").value;
}

void lost_bit(Scene& scene) {
  const ExtentBlock& block = any_block(scene);
  const BlockNo group(block.suballoc_group != 0 ? u64{block.suballoc_group}
                                                : block.block - block.suballoc_bit);
  scene.set_bit_soundly(scene.system_file(SystemFile::extent_alloc, block.suballoc_slot), group,
                        block.suballoc_bit, false);
}

/// The file has a hole where the leaf's last extent was.
void thin_leaf(Scene& scene) {
  const InodeNo file = deep_file(scene);
  std::vector<ExtentNode> leaves;
  for (const ExtentNode& node : scene.tree_of(file))
    if (node.depth == 0 && node.block.value != scene.edit_inode(file).last_extent_block)
      leaves.push_back(node);
  const Bytes list = scene.edit_list(scene.pick(leaves, "leaf that another one follows"));
  ExtentRecord& record = ExtentList::records(list).back();
  const ClusterNo first = scene.geometry().cluster_of(BlockNo(record.block));
  for (u32 i = 0; i < record.clusters; ++i) scene.set_cluster_soundly(first + i, false);
  scene.edit_inode(file).clusters -= record.clusters;
  record = ExtentRecord{};
  as<ExtentList>(list).used -= 1;
}

constexpr Damage table[] = {
    {0, "EB_BLKNO", "EB_BLKNO", "h_blkno of an extent block is not its own block",
     [](Scene& scene) { any_block(scene).block += 1; }},
    {1, "EB_GEN", "EB_GEN", "An extent block has another generation than the volume",
     [](Scene& scene) { any_block(scene).fs_generation = 0x1234; }},
    {2, "EB_GEN_FIX", "EB_GEN EB_GEN_FIX", "The same as EB_GEN; the code comes after a \"no\"",
     [](Scene& scene) { any_block(scene).fs_generation = 0x1234; }},
    {3,
     "EXTENT_MARKED_UNWRITTEN",
     "EXTENT_MARKED_UNWRITTEN",
     "An extent is unwritten on a volume without that feature",
     [](Scene& scene) { plain_record(scene).flags |= ExtentRecord::unwritten; },
     {},
     feature::unwritten},
    {4,
     "EXTENT_MARKED_REFCOUNTED",
     "EXTENT_MARKED_REFCOUNTED",
     "An extent is refcounted in a file without refcount tree",
     [](Scene& scene) { plain_record(scene).flags |= ExtentRecord::refcounted; },
     {},
     feature::refcount},
    {5,
     "EXTENT_BLKNO_UNALIGNED",
     "EXTENT_BLKNO_UNALIGNED",
     "An extent begins inside a cluster",
     blkno_unaligned,
     {},
     {},
     1,
     "-C 16K"},
    {6, "EXTENT_CLUSTERS_OVERRUN", "EXTENT_CLUSTERS_OVERRUN", "An extent reaches beyond the volume",
     clusters_overrun},
    {7, "EXTENT_EB_INVALID", "EXTENT_EB_INVALID", "The signature of an extent block is lost",
     [](Scene& scene) { any_block(scene).signature[0] = '!'; }},
    {8, "EXTENT_LIST_DEPTH", "EXTENT_LIST_DEPTH", "An extent block is a level deeper than its parent says",
     [](Scene& scene) { any_block(scene).list.tree_depth += 1; }},
    {9, "EXTENT_LIST_COUNT", "EXTENT_LIST_COUNT", "l_count is twice what fits",
     [](Scene& scene) {
       auto& list = any_list(scene);
       list.count = static_cast<u16>(list.count * 2);
     }},
    {10, "EXTENT_LIST_FREE", "EXTENT_LIST_FREE", "l_next_free_rec is more than l_count",
     [](Scene& scene) {
       auto& list = any_list(scene);
       list.used = static_cast<u16>(list.count * 2);
     }},
    {11, "EXTENT_BLKNO_RANGE", "EXTENT_BLKNO_RANGE", "An extent begins at block 1",
     [](Scene& scene) { plain_record(scene).block = 1; }},
    {12, "EXTENT_OVERLAP", "EXTENT_OVERLAP", "An extent begins before the one to its left ends",
     [](Scene& scene) { adjacent_records(scene)[1].cpos -= 1; }},
    {13,
     "EXTENT_HOLE",
     "INODE_CLUSTERS",
     "A file has a hole on a volume without sparse files",
     [](Scene& scene) { adjacent_records(scene).back().cpos += 11; },
     {},
     feature::sparse},
    {{},
     "EXTENT_MARKED_UNSHARED",
     "EXTENT_MARKED_REFCOUNTED",
     "An extent is refcounted in a file without refcount tree, on a volume that has the feature",
     [](Scene& scene) { plain_record(scene).flags |= ExtentRecord::refcounted; },
     feature::refcount},
    {{},
     "EXTENT_FLAGS",
     "EXTENT_FLAGS",
     "An extent has a flag that the format does not know",
     [](Scene& scene) { plain_record(scene).flags |= 0x40; }},
    {{},
     "DUP_CLUSTERS_ALLOCATOR",
     "DUP_CLUSTERS_ALLOCATOR",
     "An extent lies over a cluster group's descriptor",
     reserved_blocks},
    {{}, "EXTENT_EMPTY", "EXTENT_EMPTY", "An extent of length 0 is not the first of its leaf", empty_record},
    {{},
     "EXTENT_LEAF_NOT_FULL",
     "EXTENT_LEAF_NOT_FULL",
     "A leaf that is not the last has room",
     thin_leaf,
     feature::sparse},
    {{},
     "EXTENT_LIST_EMPTY",
     "EXTENT_LIST_DEPTH",
     "A list with levels below has no record",
     [](Scene& scene) { as<ExtentList>(scene.edit_body(deep_file(scene))).used = 0; }},
    {{},
     "EXTENT_ORDER",
     "EXTENT_ORDER EXTENT_OVERLAP",
     "Two extents stand in the wrong order",
     [](Scene& scene) {
       const auto records = adjacent_records(scene);
       std::swap(records[0], records[1]);
     }},
    {{},
     "EXTENT_EB_SHARED",
     "EXTENT_EB_SHARED",
     "Two records lead to the same extent block",
     [](Scene& scene) {
       const auto children = ExtentList::children(scene.edit_list(interior(scene)));
       children[1].block = children[0].block;
     }},
    {{},
     "EXTENT_SPAN",
     "EXTENT_SPAN",
     "e_int_clusters of an interior record leaves a gap to the next",
     child_span},
    {{},
     "EXTENT_LEAF_RANGE",
     "EXTENT_BLKNO_RANGE",
     "An extent in an extent block begins behind the volume",
     [](Scene& scene) {
       const auto records = ExtentList::records(scene.edit_list(any_leaf(scene)));
       records[scene.below(records.size())].block = scene.geometry().blocks();
     }},
    {{}, "EB_NEXT_LEAF", "EB_NEXT_LEAF", "The chain of leaves ends early", next_leaf},
    {{},
     "EB_SUBALLOC",
     "METADATA_SUBALLOC",
     "h_suballoc_bit of an extent block is not where it lies",
     [](Scene& scene) { any_block(scene).suballoc_bit += 1; }},
    {{}, "INODE_LAST_EB", "INODE_LAST_EB", "i_last_eb_blk is not the rightmost leaf", last_extent_block},
    {{},
     "EXTENT_ALLOC_BIT_LOST",
     "METADATA_ALLOC_BIT",
     "The bit of an extent block in use is clear",
     lost_bit},
    {{},
     "EXTENT_ALLOC_BIT_STRAY",
     "METADATA_ALLOC_BIT",
     "An extent allocator's bit is set for nothing",
     [](Scene& scene) { scene.claim_block(SystemFile::extent_alloc); }},
};

}  // namespace

std::span<const Damage> extent_damages() { return table; }

}  // namespace ocfs2
