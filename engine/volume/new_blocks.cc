// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/new_blocks.h"

#include "ondisk/directory.h"

namespace ocfs2 {

Inode& format_inode(const VolumeFacts& facts, const NewBlock& place, const InodeBirth& birth, Bytes block) {
  Inode& inode = as<Inode>(block);
  stamp(inode.signature, Inode::signature_text);
  inode.generation = inode.fs_generation = facts.generation;
  set_origin(inode, place.origin);
  inode.block = place.block.value;
  inode.mode = birth.mode;
  inode.flags = birth.flags;
  inode.links_count = static_cast<u16>(birth.links);
  inode.size = birth.size_bytes;
  inode.uid = birth.uid;
  inode.gid = birth.gid;
  inode.atime = inode.ctime = inode.mtime = birth.seconds;
  return inode;
}

void format_inode_extents(const Geometry& geometry, Bytes block) {
  fill_extent_list({}, 0, geometry.extent_records_per_inode(), Inode::body(block));
}

Bytes format_inline_directory(const Geometry& geometry, Bytes block) {
  Inode& inode = as<Inode>(block);
  inode.dynamic_features = dynamic_feature::inline_data;
  inode.inline_data.count = static_cast<u16>(geometry.inline_data_bytes());
  inode.size = geometry.inline_data_bytes();
  return InlineData::data(Inode::body(block));
}

void format_allocator(const Geometry& geometry, u32 group_clusters, u32 bits_per_cluster, Bytes block) {
  ChainList& chains = as<Inode>(block).chains;
  chains.clusters_per_group = static_cast<u16>(group_clusters);
  chains.bits_per_cluster = static_cast<u16>(bits_per_cluster);
  chains.count = static_cast<u16>(geometry.chain_records_per_inode());
}

void format_local_alloc(const Geometry& geometry, Bytes block) {
  as<Inode>(block).local_alloc.bitmap_bytes = static_cast<u16>(geometry.local_alloc_bitmap_bytes());
}

void format_truncate_log(const Geometry& geometry, Bytes block) {
  as<Inode>(block).truncate_log.count = static_cast<u16>(geometry.truncate_records_per_inode());
}

void fill_extent_list(std::span<const TreeRecord> records, u16 depth, u32 capacity, Bytes list) {
  ExtentList& header = as<ExtentList>(list);
  header.tree_depth = depth;
  header.count = static_cast<u16>(capacity);
  header.used = static_cast<u16>(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const TreeRecord& record = records[i];
    if (depth > 0)
      ExtentList::child_slots(list)[i] = {record.key, record.clusters, record.block.value};
    else
      ExtentList::record_slots(list)[i] = {record.key, static_cast<u16>(record.clusters), 0, record.flags,
                                           record.block.value};
  }
}

void format_extent_block(const VolumeFacts& facts, const TreeNode& node, const Origin& origin, Bytes block) {
  ExtentBlock& extent = as<ExtentBlock>(block);
  stamp(extent.signature, ExtentBlock::signature_text);
  set_origin(extent, origin);
  extent.fs_generation = facts.generation;
  extent.block = node.block.value;
  extent.next_leaf = node.next_leaf.value;
  fill_extent_list(node.records, node.depth, facts.geometry.extent_records_per_extent_block(),
                   ExtentBlock::list_bytes(block));
}

void format_directory_block(BlockNo at, InodeNo directory, bool trailer, Bytes block) {
  format_empty_area(directory_area(block, trailer));
  if (!trailer) return;
  format_trailer(block, at, directory);
  DirectoryBlock::trailer(block).free_record_length = static_cast<u16>(0);
}

IndexRoot& format_index_root(const VolumeFacts& facts, const NewBlock& place, InodeNo directory,
                             Bytes block) {
  IndexRoot& root = as<IndexRoot>(block);
  stamp(root.signature, IndexRoot::signature_text);
  set_origin(root, place.origin);
  root.fs_generation = facts.generation;
  root.block = place.block.value;
  root.directory_inode = directory.value;
  root.flags = IndexRoot::inline_entries;
  fill_index_entries({}, facts.geometry.index_root_entries(), IndexRoot::list_bytes(block));
  return root;
}

void format_index_leaf(const VolumeFacts& facts, BlockNo at, std::span<const IndexedName> names,
                       Bytes block) {
  IndexLeaf& leaf = as<IndexLeaf>(block);
  stamp(leaf.signature, IndexLeaf::signature_text);
  leaf.block = at.value;
  leaf.fs_generation = facts.generation;
  fill_index_entries(names, facts.geometry.index_leaf_entries(), IndexLeaf::list_bytes(block));
}

void fill_index_entries(std::span<const IndexedName> names, u32 capacity, Bytes list) {
  IndexEntryList& header = as<IndexEntryList>(list);
  header.count = static_cast<u16>(capacity);
  header.used = static_cast<u16>(names.size());
  for (std::size_t i = 0; i < names.size(); ++i)
    IndexEntryList::slots(list)[i] = {names[i].major, names[i].minor, names[i].dirent_block.value};
}

void format_local_quota(QuotaType type, Bytes head) {
  LocalQuotaHead& local = as<LocalQuotaHead>(head);
  local.header.magic = quota_local_magic(type);
  local.info = {.flags = LocalQuotaInfo::clean, .chunks = 1, .blocks = local_quota_blocks};
}

}  // namespace ocfs2
