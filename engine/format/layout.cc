// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/format/layout.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/format/fresh_quota.h"
#include "engine/volume/new_blocks.h"
#include "ondisk/directory.h"
#include "ondisk/group.h"
#include "ondisk/index.h"
#include "ondisk/slot_map.h"

namespace ocfs2 {
namespace {

constexpr u16 directory_mode = file_mode::directory | 0755;
constexpr u16 regular_mode = file_mode::regular | 0644;
constexpr u32 system_flags = inode_flag::valid | inode_flag::system;

/// Places everything, in the traditional order. Each step takes what it needs from the space and the
/// suballocators.
class LayoutPlanner {
 public:
  explicit LayoutPlanner(Layout& layout)
      : layout_(layout), geometry_(layout.parameters.geometry), slots_(layout.parameters.slots) {}

  void plan() {
    place_system_inode_groups();
    place_root_and_system_directory();
    place_system_inodes();
    place_blocks(layout_.file(SystemFile::heartbeat), heartbeat_blocks);
    if (layout_.parameters.heartbeat_only()) {
      fill_directories();
      return;
    }
    place_orphan_directories();
    reserve_backup_supers();
    place_journals();
    grow_extent_allocators();
    place_slot_map();
    place_quota_files();
    place_indexes();
    place_lost_and_found();
    fill_directories();
    place_system_directory_index();
  }

 private:
  static constexpr u32 heartbeat_blocks = 256;
  static constexpr u32 global_quota_blocks_empty = 2;
  static constexpr u32 longest_system_entry = DirectoryEntry::needed(40);

  bool inline_directories() const { return layout_.has(feature::inline_data); }
  bool indexed() const { return layout_.has(feature::indexed_dirs); }
  u32 area_bytes() const {
    const bool trailer = indexed() || layout_.has(feature::metaecc);
    return geometry_.block_size() - (trailer ? static_cast<u32>(sizeof(DirectoryTrailer)) : 0);
  }

  void place_system_inode_groups() {
    const u32 blocks = system_inode_blocks(slots_);
    const u32 clusters = static_cast<u32>(divide_up(blocks, geometry_.blocks_per_cluster()));
    const u32 bits_max = 8 * (layout_.has(feature::discontig_bg) ? GroupDescriptor::discontiguous_bitmap_bytes
                                                                 : geometry_.group_bitmap_bytes());
    u32 groups = 1;
    while (divide_up(clusters, groups) * geometry_.blocks_per_cluster() > bits_max) ++groups;
    layout_.system_inodes =
        FreshSuballocator(geometry_, no_slot, static_cast<u32>(divide_up(clusters, groups)));
    for (u32 i = 0; i < groups; ++i) layout_.system_inodes.add_group(layout_.space);
  }

  void place_root_and_system_directory() {
    PlannedFile& root = layout_.root;
    if (!inline_directories()) place_clusters(root, 1);
    root.inode = layout_.system_inodes.allocate(layout_.space);
    PlannedFile& system = layout_.system_directory;
    if (const u32 blocks = system_directory_blocks()) place_blocks(system, blocks);
    system.inode = layout_.system_inodes.allocate(layout_.space);
    for (PlannedFile* directory : {&root, &system}) {
      directory->mode = directory_mode;
      directory->flags = system_flags;
      begin_directory(*directory, directory->number(), directory->number());
    }
  }

  /// Blocks to reserve for the system directory; 0 when it lies in its inode.
  u32 system_directory_blocks() const {
    const u32 entries = system_file_count(slots_);
    if (inline_directories() && longest_system_entry * entries <= geometry_.inline_data_bytes()) return 0;
    return static_cast<u32>(divide_up(entries, geometry_.block_size() / longest_system_entry));
  }

  void place_system_inodes() {
    for (const SystemFileRow& row : system_files) {
      layout_.first_of_kind[static_cast<u8>(row.file)] = static_cast<u32>(layout_.files.size());
      if (!layout_.has(row.needs) || !on_this_device(row.file)) continue;
      const u32 count = row.per_slot ? slots_ : 1;
      for (u32 slot = 0; slot < count; ++slot) place_system_inode(row, slot);
    }
  }

  bool on_this_device(SystemFile file) const {
    return !layout_.parameters.heartbeat_only() || file == SystemFile::global_inode_alloc ||
           file == SystemFile::heartbeat || file == SystemFile::global_bitmap;
  }

  void place_system_inode(const SystemFileRow& row, u32 slot) {
    const bool directory = row.file == SystemFile::orphan_dir;
    PlannedFile file;
    file.name = system_file_name(row.file, slot);
    file.inode = layout_.system_inodes.allocate(layout_.space);
    file.flags = system_flags | row.flags;
    file.mode = directory ? directory_mode : regular_mode;
    if (directory) begin_directory(file, file.number(), layout_.system_directory.number());
    add_entry(layout_.system_directory, file.name, file.number(), directory);
    layout_.files.push_back({row.file, slot, std::move(file)});
  }

  void place_orphan_directories() {
    if (inline_directories()) return;
    for (u32 slot = 0; slot < slots_; ++slot) place_clusters(layout_.file(SystemFile::orphan_dir, slot), 1);
  }

  void reserve_backup_supers() {
    if (!layout_.has(feature::backup_super)) return;
    for (u32 i = 0; i < geometry_.backup_supers(); ++i)
      layout_.space.reserve(geometry_.cluster_of(geometry_.backup_super_block(i)));
  }

  void place_journals() {
    for (u32 slot = 0; slot < slots_; ++slot)
      place_clusters(layout_.file(SystemFile::journal, slot), layout_.parameters.journal_clusters);
  }

  void grow_extent_allocators() {
    for (FreshSuballocator& allocator : layout_.extent_allocs)
      for (u32 i = 0; i < layout_.parameters.extent_groups; ++i) allocator.add_group(layout_.space);
  }

  void place_slot_map() {
    const u64 bytes = slot_map_bytes(layout_.has(feature::extended_slotmap), slots_);
    place_clusters(layout_.file(SystemFile::slot_map), geometry_.clusters_for(bytes));
  }

  void place_quota_files() {
    struct Kind {
      Features feature;
      SystemFile global, local;
    };
    constexpr Kind kinds[] = {{feature::usrquota, SystemFile::user_quota, SystemFile::local_user_quota},
                              {feature::grpquota, SystemFile::group_quota, SystemFile::local_group_quota}};
    for (const Kind& kind : kinds) {
      if (!layout_.has(kind.feature)) continue;
      place_blocks(layout_.file(kind.global), global_quota_blocks_empty);
      for (u32 slot = 0; slot < slots_; ++slot)
        place_blocks(layout_.file(kind.local, slot), local_quota_blocks);
    }
    for (const Kind& kind : kinds)  // root's usage: one path through the tree
      if (layout_.has(kind.feature))
        place_blocks(layout_.file(kind.global), global_quota_blocks(geometry_.block_size()));
  }

  void place_indexes() {
    if (!indexed() || inline_directories()) return;
    begin_index(layout_.root);
    for (u32 slot = 0; slot < slots_; ++slot) begin_index(layout_.file(SystemFile::orphan_dir, slot));
  }

  void place_lost_and_found() {
    PlannedFile& file = layout_.lost_and_found.emplace();
    file.inode = layout_.inode_allocs[0].allocate(layout_.space);
    file.mode = directory_mode;
    file.flags = inode_flag::valid;
    begin_directory(file, file.number(), layout_.root.number());
    if (!inline_directories()) {
      place_clusters(file, 1);
      if (indexed()) begin_index(file);
    }
    add_entry(layout_.root, "lost+found", file.number(), true);
  }

  /// The only directory that may need more than a root block for its index, so it comes after everything
  /// whose place is traditional.
  void place_system_directory_index() {
    if (!indexed() || layout_.system_directory.extents.runs.empty()) return;
    begin_index(layout_.system_directory);
    fill_index(layout_.system_directory);
  }

  // Directories.

  static void begin_directory(PlannedFile& file, InodeNo self, InodeNo parent) {
    file.directory.emplace();
    file.links = 0;
    add_entry(file, ".", self, true);
    add_entry(file, "..", parent, true);
  }

  static void add_entry(PlannedFile& file, std::string name, InodeNo inode, bool directory) {
    file.directory->entries.push_back({std::move(name), inode, directory});
    if (directory) ++file.links;
  }

  void fill_directories() {
    fill_directory(layout_.root);
    fill_directory(layout_.system_directory);
    if (layout_.lost_and_found) fill_directory(*layout_.lost_and_found);
    for (Layout::Placed& placed : layout_.files)
      if (placed.file.directory) fill_directory(placed.file);
  }

  /// Deals the entries out to the directory's blocks, in order, and completes its index if it has one by now.
  void fill_directory(PlannedFile& file) {
    if (file.extents.runs.empty()) {
      file.size_bytes = geometry_.inline_data_bytes();
      return;
    }
    auto& blocks = file.directory->blocks;
    u32 room = 0;
    for (const PlannedEntry& entry : file.directory->entries) {
      const u32 needed = DirectoryEntry::needed(static_cast<u32>(entry.name.size()));
      if (needed > room) {
        blocks.emplace_back();
        room = area_bytes();
      }
      blocks.back().push_back(entry);
      room -= needed;
    }
    file.size_bytes = blocks.size() << geometry_.block_bits;
    require(file.size_bytes <= u64{file.extents.clusters()} << geometry_.cluster_bits);
    if (file.directory->index) fill_index(file);
  }

  void begin_index(PlannedFile& file) {
    file.directory->index.emplace().root = layout_.extent_allocs[0].allocate(layout_.space);
  }

  void fill_index(PlannedFile& file) {
    PlannedIndex& index = *file.directory->index;
    const auto& blocks = file.directory->blocks;
    for (std::size_t at = 0; at < blocks.size(); ++at)
      for (const PlannedEntry& entry : blocks[at]) {
        const NameHash hash = index_hash(entry.name, layout_.facts);
        index.names.push_back({hash.major, hash.minor, file.extents.block(geometry_, at)});
      }
    if (index.names.size() <= geometry_.index_root_entries()) return;
    index.clusters = plan_index(index.names, geometry_.index_leaf_entries(), geometry_.blocks_per_cluster());
    index.leaf_runs = layout_.space.allocate(static_cast<u32>(index.clusters.size()));
    plan_index_tree(index);
  }

  void plan_index_tree(PlannedIndex& index) {
    std::vector<TreeRecord> records;
    std::size_t at = 0;
    for (const ClusterRun& run : index.leaf_runs)
      for (u32 i = 0; i < run.clusters; ++i)
        records.push_back({index.clusters[at++].key, 1, geometry_.first_block_of(run.start + i), 0});
    index.tree = build_tree(std::move(records), geometry_.extent_records_per_index_root(),
                            geometry_.extent_records_per_extent_block(), extent_block_source(index.nodes));
  }

  // Extents.

  std::function<BlockNo()> extent_block_source(std::vector<Suballocation>& nodes) {
    return [this, &nodes] {
      nodes.push_back(layout_.extent_allocs[0].allocate(layout_.space));
      return nodes.back().block;
    };
  }

  void place_clusters(PlannedFile& file, u64 clusters) {
    for (const ClusterRun& run : layout_.space.allocate(static_cast<u32>(clusters))) file.extents.append(run);
    file.size_bytes = u64{file.extents.clusters()} << geometry_.cluster_bits;
    require(file.extents.nodes.empty());  // only files that grow in one step are large enough for a tree
    file.extents.tree =
        build_tree(extent_records(file.extents.runs), geometry_.extent_records_per_inode(),
                   geometry_.extent_records_per_extent_block(), extent_block_source(file.extents.nodes));
  }

  /// Extends `file` to `blocks` blocks, cluster by cluster where it already has some.
  void place_blocks(PlannedFile& file, u32 blocks) {
    const u64 needed = divide_up(blocks, geometry_.blocks_per_cluster());
    if (needed > file.extents.clusters()) place_clusters(file, needed - file.extents.clusters());
    file.size_bytes = u64{blocks} << geometry_.block_bits;
  }

  /// Leaf records for runs; a record's length has 16 bits.
  std::vector<TreeRecord> extent_records(const std::vector<ClusterRun>& runs) const {
    std::vector<TreeRecord> records;
    u32 offset = 0;
    for (const ClusterRun& run : runs) {
      records.push_back({offset, run.clusters, geometry_.first_block_of(run.start), 0});
      offset += run.clusters;
    }
    return records;
  }

  Layout& layout_;
  const Geometry& geometry_;
  u32 slots_;
};

VolumeFacts facts_of(const FormatParameters& parameters, const VolumeIdentity& identity) {
  VolumeFacts facts;
  facts.geometry = parameters.geometry;
  facts.features = parameters.features;
  facts.generation = identity.generation;
  facts.max_slots = parameters.slots;
  const bool hashes =
      parameters.features.has(feature::xattr) || parameters.features.has(feature::indexed_dirs);
  facts.uuid_hash = hashes ? uuid_hash(identity.uuid) : 0;
  if (parameters.features.has(feature::indexed_dirs)) facts.index_seeds = identity.index_seeds;
  return facts;
}

}  // namespace

u32 PlannedExtents::clusters() const {
  u32 count = 0;
  for (const ClusterRun& run : runs) count += run.clusters;
  return count;
}

void PlannedExtents::append(const ClusterRun& run) {
  if (!runs.empty() && runs.back().start + runs.back().clusters == run.start)
    runs.back().clusters += run.clusters;
  else
    runs.push_back(run);
}

BlockNo PlannedExtents::block(const Geometry& geometry, u64 index) const {
  u64 cluster = index / geometry.blocks_per_cluster();
  for (const ClusterRun& run : runs) {
    if (cluster < run.clusters)
      return geometry.first_block_of(run.start + cluster) + index % geometry.blocks_per_cluster();
    cluster -= run.clusters;
  }
  require(false);
  return {};
}

PlannedFile& Layout::file(SystemFile kind, u32 slot) {
  return const_cast<PlannedFile&>(std::as_const(*this).file(kind, slot));
}

const PlannedFile& Layout::file(SystemFile kind, u32 slot) const {
  const Placed& placed = files.at(first_of_kind[static_cast<u8>(kind)] + slot);
  require(placed.kind == kind && placed.slot == slot);
  return placed.file;
}

Layout plan_layout(const FormatParameters& parameters, const VolumeIdentity& identity) {
  const Geometry& geometry = parameters.geometry;
  Layout layout{.parameters = parameters,
                .identity = identity,
                .facts = facts_of(parameters, identity),
                .space = FreshSpace(geometry),
                .system_inodes = FreshSuballocator(geometry, no_slot, 0)};
  for (u16 slot = 0; slot < parameters.slots; ++slot) {
    layout.extent_allocs.emplace_back(geometry, slot, geometry.suballocator_group_clusters());
    layout.inode_allocs.emplace_back(geometry, slot, geometry.suballocator_group_clusters());
  }
  LayoutPlanner(layout).plan();
  return layout;
}

}  // namespace ocfs2
