// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/format/fresh_blocks.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/new_blocks.h"
#include "ondisk/bitmap.h"
#include "ondisk/directory.h"
#include "ondisk/group.h"
#include "ondisk/index.h"
#include "ondisk/super_inode.h"

namespace ocfs2 {
namespace {

constexpr u16 mounts_between_checks = 20;

u32 chains_of_global_bitmap(const Geometry& geometry) {
  return std::min(geometry.cluster_groups(), geometry.chain_records_per_inode());
}

GroupDescriptor& begin_group(const Layout& layout, BlockNo at, InodeNo parent, u32 bitmap_bytes, u32 bits,
                             Bytes block) {
  GroupDescriptor& group = as<GroupDescriptor>(block);
  stamp(group.signature, GroupDescriptor::signature_text);
  group.bitmap_bytes = static_cast<u16>(bitmap_bytes);
  group.bits = static_cast<u16>(bits);
  group.generation = layout.identity.generation;
  group.parent_inode = parent.value;
  group.block = at.value;
  return group;
}

NewBlock new_block(const Suballocation& place) {
  return {place.block, {.slot = place.slot, .bit = place.bit, .group = place.group}};
}

Inode& begin_inode(const Layout& layout, const PlannedFile& file, Bytes block) {
  NewBlock place = new_block(file.inode);
  // What mkfs makes in the system inode group has never recorded its group; everything later does.
  if (place.origin.slot == no_slot) place.origin.group = BlockNo();
  return format_inode(layout.facts, place,
                      {.mode = file.mode,
                       .flags = file.flags,
                       .links = file.links,
                       .size_bytes = file.size_bytes,
                       .seconds = layout.identity.time},
                      block);
}

void fill_area(const std::vector<PlannedEntry>& entries, Bytes area) {
  format_empty_area(area);
  for (const PlannedEntry& entry : entries)
    require(insert_entry(area, entry.name, entry.inode,
                         entry.directory ? EntryType::directory : EntryType::regular)
                .has_value());
}

void fill_chain(Bytes block, u32 chain, u32 free, u32 total, BlockNo head) {
  ChainList::slots(Inode::body(block))[chain] = {free, total, head.value};
}

void fill_suballocator_inode(const FreshSuballocator& allocator, const Geometry& geometry, Bytes block) {
  Inode& inode = as<Inode>(block);
  inode.bitmap = {static_cast<u32>(allocator.used_bits()), static_cast<u32>(allocator.total_bits())};
  inode.clusters = allocator.groups() * allocator.group_clusters();
  inode.size = u64{inode.clusters} << geometry.cluster_bits;
  format_allocator(geometry, allocator.group_clusters(), geometry.blocks_per_cluster(), block);
  inode.chains.used = static_cast<u16>(allocator.chains());
  std::vector<u32> free(allocator.chains()), total(allocator.chains());
  for (u32 index = 0; index < allocator.groups(); ++index) {
    const u32 chain = allocator.chain_of(index);
    total[chain] += allocator.bits_per_group();
    free[chain] += allocator.bits_per_group() - allocator.used_bits(index);
  }
  for (u32 chain = 0; chain < allocator.chains(); ++chain)
    fill_chain(block, chain, free[chain], total[chain], allocator.group(allocator.head_of(chain)));
}

u32 used_bits_in_group(const Layout& layout, u32 index) {
  u32 used = 0;
  for (const ClusterRun& run : layout.space.used_in_group(index)) used += run.clusters;
  return used;
}

void fill_global_bitmap_inode(const Layout& layout, Bytes block) {
  const Geometry& geometry = layout.geometry();
  Inode& inode = as<Inode>(block);
  inode.bitmap = {static_cast<u32>(layout.space.used_clusters()), geometry.clusters};
  inode.clusters = geometry.clusters;
  inode.size = geometry.bytes();
  const u32 chains = chains_of_global_bitmap(geometry);
  format_allocator(geometry, geometry.clusters_per_group(), 1, block);
  inode.chains.used = static_cast<u16>(chains);
  std::vector<u32> free(chains), total(chains);
  for (u32 index = 0; index < geometry.cluster_groups(); ++index) {
    const u32 bits = geometry.clusters_in_group(index);
    total[index % chains] += bits;
    free[index % chains] += bits - used_bits_in_group(layout, index);
  }
  for (u32 chain = 0; chain < chains; ++chain)
    fill_chain(block, chain, free[chain], total[chain], geometry.cluster_group_block(chain));
}

}  // namespace

void fill_cluster_group(const Layout& layout, u32 index, Bytes block) {
  const Geometry& geometry = layout.geometry();
  GroupDescriptor& group = begin_group(
      layout, geometry.cluster_group_block(index), layout.file(SystemFile::global_bitmap).number(),
      geometry.group_bitmap_bytes(), geometry.clusters_in_group(index), block);
  const u32 chains = chains_of_global_bitmap(geometry);
  group.chain = static_cast<u16>(index % chains);
  if (index + chains < geometry.cluster_groups())
    group.next_group = geometry.cluster_group_block(index + chains).value;
  const u64 start = u64{index} * geometry.clusters_per_group();
  u32 used = 0;
  for (const ClusterRun& run : layout.space.used_in_group(index)) {
    const u64 first = run.start.value - start;
    set_bits(GroupDescriptor::bitmap(block), first, first + run.clusters);
    used += run.clusters;
  }
  group.free_bits = static_cast<u16>(group.bits - used);
}

void fill_suballocator_group(const Layout& layout, const FreshSuballocator& allocator, u32 index,
                             InodeNo parent, Bytes block) {
  const u32 bitmap_bytes = layout.has(feature::discontig_bg) ? GroupDescriptor::discontiguous_bitmap_bytes
                                                             : layout.geometry().group_bitmap_bytes();
  GroupDescriptor& group =
      begin_group(layout, allocator.group(index), parent, bitmap_bytes, allocator.bits_per_group(), block);
  group.chain = static_cast<u16>(allocator.chain_of(index));
  group.next_group = allocator.next_in_chain(index).value;
  group.free_bits = static_cast<u16>(allocator.bits_per_group() - allocator.used_bits(index));
  set_bits(GroupDescriptor::bitmap(block), 0, allocator.used_bits(index));
}

void fill_file_inode(const Layout& layout, const PlannedFile& file, Bytes block) {
  Inode& inode = begin_inode(layout, file, block);
  if (file.directory && file.extents.runs.empty())
    return fill_area(file.directory->entries, format_inline_directory(layout.geometry(), block));
  inode.clusters = file.extents.clusters();
  inode.last_extent_block = file.extents.tree.last_leaf.value;
  fill_extent_list(file.extents.tree.root, file.extents.tree.depth,
                   layout.geometry().extent_records_per_inode(), Inode::body(block));
  if (file.directory && file.directory->index) {
    inode.dynamic_features = dynamic_feature::indexed_dir;
    inode.index_root = file.directory->index->root.block.value;
  }
}

void fill_system_inode(const Layout& layout, const Layout::Placed& placed, Bytes block) {
  const Geometry& geometry = layout.geometry();
  if (placed.file.directory) return fill_file_inode(layout, placed.file, block);
  begin_inode(layout, placed.file, block);
  switch (placed.kind) {
    case SystemFile::global_bitmap:
      return fill_global_bitmap_inode(layout, block);
    case SystemFile::global_inode_alloc:
      return fill_suballocator_inode(layout.system_inodes, geometry, block);
    case SystemFile::extent_alloc:
      return fill_suballocator_inode(layout.extent_allocs[placed.slot], geometry, block);
    case SystemFile::inode_alloc:
      return fill_suballocator_inode(layout.inode_allocs[placed.slot], geometry, block);
    case SystemFile::local_alloc:
      return format_local_alloc(geometry, block);
    case SystemFile::truncate_log:
      return format_truncate_log(geometry, block);
    default:
      return fill_file_inode(layout, placed.file, block);
  }
}

void fill_extent_block(const Layout& layout, const TreeNode& node, const Suballocation& place, Bytes block) {
  format_extent_block(layout.facts, node, new_block(place).origin, block);
}

u32 hole_in_directory_block(const Layout& layout, const PlannedFile& directory, u64 index) {
  std::vector<u8> block(layout.geometry().block_size());
  const Bytes area = directory_area(Bytes(block), new_directories_have_trailers(layout.facts));
  fill_area(directory.directory->blocks[index], area);
  return largest_hole(area);
}

void fill_directory_block(const Layout& layout, const PlannedFile& directory, u64 index, BlockNo next_free,
                          Bytes block) {
  fill_area(directory.directory->blocks[index],
            directory_area(block, new_directories_have_trailers(layout.facts)));
  if (!new_directories_have_trailers(layout.facts)) return;
  format_trailer(block, directory.extents.block(layout.geometry(), index), directory.number());
  DirectoryTrailer& trailer = DirectoryBlock::trailer(block);
  if (!directory.directory->index) trailer.free_record_length = 0;  // there is no list for it to be on
  trailer.free_next = next_free.value;
}

void fill_index_root(const Layout& layout, const PlannedFile& directory, BlockNo first_free, Bytes block) {
  const Geometry& geometry = layout.geometry();
  const PlannedIndex& index = *directory.directory->index;
  IndexRoot& root = format_index_root(layout.facts, new_block(index.root), directory.number(), block);
  root.entries = static_cast<u32>(directory.directory->entries.size());
  root.free_block = first_free.value;
  if (index.clusters.empty()) {
    fill_index_entries(index.names, geometry.index_root_entries(), IndexRoot::list_bytes(block));
    return;
  }
  root.flags = 0;
  root.clusters = static_cast<u32>(index.clusters.size());
  root.last_extent_block = index.tree.last_leaf.value;
  fill_extent_list(index.tree.root, index.tree.depth, geometry.extent_records_per_index_root(),
                   IndexRoot::list_bytes(block));
}

void fill_super(const Layout& layout, BlockNo at, Bytes block) {
  const FormatParameters& parameters = layout.parameters;
  const VolumeIdentity& identity = layout.identity;
  Inode& inode = as<Inode>(block);
  stamp(inode.signature, SuperInode::signature_text);
  inode.generation = inode.fs_generation = identity.generation;
  inode.suballoc_slot = no_slot;
  inode.suballoc_bit = 0xFFFF;
  inode.ctime = inode.mtime = identity.time;
  inode.block = at.value;
  inode.flags = inode_flag::valid | inode_flag::system | inode_flag::super_block;
  inode.clusters = parameters.geometry.clusters;

  SuperBlock& super = inode.super;
  super.major_revision = revision_major;
  super.minor_revision = revision_minor;
  super.max_mount_count = mounts_between_checks;
  super.last_check = identity.time;
  super.set_features(parameters.features);
  super.root_inode = layout.root.number().value;
  super.system_dir_inode = layout.system_directory.number().value;
  super.block_bits = parameters.geometry.block_bits;
  super.cluster_bits = parameters.geometry.cluster_bits;
  super.max_slots = static_cast<u16>(parameters.slots);
  super.uuid_hash = layout.facts.uuid_hash;
  super.first_cluster_group = parameters.geometry.cluster_group_block(0).value;
  set_text(super.label, parameters.label);
  super.uuid = identity.uuid;
  if (parameters.cluster) {
    set_text(super.cluster_stack, parameters.cluster->stack);
    set_text(super.cluster_name, parameters.cluster->name);
    if (parameters.cluster->global_heartbeat) super.stack_flags = SuperBlock::stack_global_heartbeat;
  }
  if (layout.has(feature::xattr)) super.xattr_inline_size = xattr_inline_size_default;
  std::ranges::copy(layout.facts.index_seeds, super.index_seeds.begin());
}

}  // namespace ocfs2
