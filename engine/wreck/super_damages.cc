// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damages of the superblock and of what the volume keeps for itself: system files, slot map, heartbeat
// (spec: fsck-checks.md B0, D, E; ondisk.md 14, 1 to 11, 75, 80).
#include "engine/wreck/scene.h"

namespace ocfs2 {
namespace {

SuperBlock& super(Scene& scene) { return scene.edit_super().super; }

void toggle(Scene& scene, const Features& bits) {
  SuperBlock& block = super(scene);
  block.feature_incompat = block.feature_incompat ^ bits.incompat;
  block.feature_ro_compat = block.feature_ro_compat ^ bits.ro_compat;
}

/// A backup superblock of this volume.
Bytes a_backup(Scene& scene) {
  const u32 count = scene.geometry().backup_supers();
  if (count == 0 || !scene.volume().has(feature::backup_super))
    scene.lacks("backup superblock: only volumes of more than 1 GiB have them");
  return scene.edit_bytes(scene.geometry().backup_super_block(static_cast<u32>(scene.below(count))),
                          SuperInode::kind);
}

void lose_super(Scene& scene) {
  a_backup(scene);
  scene.create(super_block_no, opaque_kind);
}

/// The entry of a system file; of those that `test` allows, unless one was asked for.
template <class Test>
EntryPlace system_entry(Scene& scene, const Test& test) {
  Directory directory(scene.volume(), scene.volume().system_directory());
  std::vector<EntryPlace> found;
  directory.each_area([&](BlockNo block, ConstBytes area) {
    EntryWalk walk(area);
    while (walk.next()) {
      const std::string name(walk.name());
      if (walk.entry().free() || name == "." || name == "..") continue;
      if (scene.request().on.empty() ? !test(name) : name != scene.request().on) continue;
      found.push_back({directory.number(), block, block == block_of(directory.number()), directory.trailers(),
                       walk.offset(), InodeNo(walk.entry().inode), name});
    }
    return true;
  });
  return scene.pick(found, scene.request().on.empty() ? "such system file" : scene.request().on);
}
bool any_name(std::string_view) { return true; }
bool per_slot(std::string_view name) { return name.find(':') != std::string_view::npos; }

Inode& a_system_inode(Scene& scene) { return scene.edit_inode(system_entry(scene, any_name).target); }

/// The entry is gone, and so is the inode.
void lose_system_file(Scene& scene) {
  const EntryPlace place = system_entry(scene, per_slot);
  const Inode& inode = scene.edit_inode(place.target);
  const u64 group = inode.suballoc_group != 0 ? u64{inode.suballoc_group} : inode.block - inode.suballoc_bit;
  scene.set_bit_soundly(scene.system_file(SystemFile::global_inode_alloc), BlockNo(group), inode.suballoc_bit,
                        false);
  scene.remove_entry_soundly(place);
  scene.create(block_of(place.target), opaque_kind);
}

void lose_orphan_directory(Scene& scene) {
  const std::string name = system_file_name(SystemFile::orphan_dir, scene.slot(0));
  scene.remove_entry_soundly(system_entry(scene, [&](std::string_view other) { return other == name; }));
}

void occupied_slot(Scene& scene) {
  const auto inode = scene.volume().inode(scene.system_file(SystemFile::slot_map));
  const auto run = ExtentTree::of(scene.volume().cache(), inode).find(0);
  if (!run) scene.lacks("slot map with a block");
  set_slot(scene.edit_bytes(run->block, opaque_kind), scene.volume().has(feature::extended_slotmap),
           scene.slot(0), 77);
}

/// One cluster is left of the heartbeat region, and the rest is free.
void short_heartbeat(Scene& scene) {
  const InodeNo number = scene.system_file(SystemFile::heartbeat);
  ExtentRecord& record = ExtentList::records(scene.edit_body(number)).front();
  if (record.clusters < 2) scene.lacks("heartbeat region of several clusters");
  const ClusterNo first = scene.geometry().cluster_of(BlockNo(record.block));
  for (u32 i = 1; i < record.clusters; ++i) scene.set_cluster_soundly(first + i, false);
  record.clusters = 1;
  auto& inode = scene.edit_inode(number);
  inode.clusters = 1;
  inode.size = scene.geometry().cluster_size();
}

constexpr Damage table[] = {
    {{},
     "RECOVER_BACKUP_SUPERBLOCK",
     "RECOVER_BACKUP_SUPERBLOCK",
     "The superblock is lost, a backup is not",
     lose_super},
    {{},
     "RECOVER_CLUSTER_INFO",
     "RECOVER_CLUSTER_INFO",
     "The volume names a cluster that is not running",
     [](Scene& scene) {
       set_text(super(scene).cluster_name, "elsewhere");
       set_text(super(scene).cluster_stack, "o2cb");
     },
     feature::clusterinfo,
     feature::local,
     1,
     "-M cluster --cluster-stack=o2cb --cluster-name=wreck --fs-features=clusterinfo"},
    {{},
     "SUPERBLOCK_SIGNATURE",
     "RECOVER_BACKUP_SUPERBLOCK SUPERBLOCK_FIELD",
     "The superblock's signature is lost",
     [](Scene& scene) { scene.edit_super().signature[0] = '!'; }},
    {{},
     "SUPERBLOCK_SLOTS",
     "SUPERBLOCK_FIELD",
     "s_max_slots is more than any volume has",
     [](Scene& scene) { super(scene).max_slots = 300; }},
    {{},
     "SYSTEM_FILE_EXCESS",
     "SUPERBLOCK_FIELD",
     "There are system files for a slot too many",
     [](Scene& scene) { super(scene).max_slots -= 1; },
     {},
     {},
     2},
    {{},
     "SUPERBLOCK_ROOT",
     "SUPERBLOCK_FIELD",
     "s_root_blkno is behind the volume",
     [](Scene& scene) { super(scene).root_inode = scene.geometry().blocks(); }},
    {{},
     "SUPERBLOCK_SYSTEM_DIR",
     "SUPERBLOCK_FIELD",
     "s_system_dir_blkno is behind the volume",
     [](Scene& scene) { super(scene).system_dir_inode = scene.geometry().blocks(); }},
    {{},
     "SUPERBLOCK_FIRST_GROUP",
     "SUPERBLOCK_FIELD",
     "s_first_cluster_group is not where the first group is",
     [](Scene& scene) { super(scene).first_cluster_group += scene.geometry().blocks_per_cluster(); }},
    {{},
     "SUPERBLOCK_FEATURE_DEPENDENCY",
     "SUPERBLOCK_FIELD",
     "The volume has unwritten without sparse",
     [](Scene& scene) { toggle(scene, feature::sparse); },
     feature::sparse | feature::unwritten},
    {{},
     "SUPERBLOCK_UNKNOWN_FEATURE",
     "SUPERBLOCK_FIELD",
     "The volume has a feature that nobody knows",
     [](Scene& scene) { toggle(scene, {.incompat = 0x40000000}); }},
    {{},
     "SUPERBLOCK_XATTR_SIZE",
     "SUPERBLOCK_FIELD",
     "s_xattr_inline_size is no possible size",
     [](Scene& scene) { super(scene).xattr_inline_size = 100; },
     feature::xattr},
    {{},
     "SUPERBLOCK_IN_PROGRESS",
     "SUPERBLOCK_IN_PROGRESS",
     "The volume says that tunefs is at work",
     [](Scene& scene) { toggle(scene, feature::aborted_tunefs); }},
    {{},
     "SUPERBLOCK_RESIZE_IN_PROGRESS",
     "SUPERBLOCK_IN_PROGRESS",
     "The volume says that it is being resized",
     [](Scene& scene) { toggle(scene, feature::aborted_resize); }},
    {{},
     "BACKUP_SUPERBLOCK_DIFFERS",
     "BACKUP_SUPERBLOCK",
     "A backup superblock is another volume's",
     [](Scene& scene) {
       SuperInode& backup = as<SuperInode>(a_backup(scene));
       backup.super.uuid[0] ^= 0xFF;
       backup.fs_generation = ~backup.fs_generation;
     }},
    {{},
     "BACKUP_SUPERBLOCK_LOST",
     "BACKUP_SUPERBLOCK",
     "A backup superblock is zeros",
     [](Scene& scene) {
       const Bytes backup = a_backup(scene);
       const BlockNo block(as<SuperInode>(backup).block);
       std::fill(backup.begin(), backup.end(), u8{0});
       scene.leave_check(block);
     }},
    {{},
     "SYSTEM_INODE_SIGNATURE",
     "SYSTEM_INODE_INVALID",
     "A system file's inode has lost its signature",
     [](Scene& scene) { a_system_inode(scene).signature[0] = '!'; }},
    {{},
     "SYSTEM_INODE_VALID_FLAG",
     "SYSTEM_INODE_INVALID",
     "A system file's inode is not marked as in use",
     [](Scene& scene) { a_system_inode(scene).flags &= ~inode_flag::valid; }},
    {{},
     "SYSTEM_INODE_FLAGS",
     "SYSTEM_INODE_INVALID",
     "A system file's inode is not marked as the system's",
     [](Scene& scene) { a_system_inode(scene).flags &= ~inode_flag::system; }},
    {{},
     "SYSTEM_INODE_ZEROS",
     "SYSTEM_INODE_INVALID SYSTEM_FILE_MISSING",
     "A system file's inode is zeros",
     [](Scene& scene) { scene.create(block_of(system_entry(scene, any_name).target), opaque_kind); }},
    {{},
     "SYSTEM_ENTRY_LOST",
     "SYSTEM_NAME_LOST",
     "A system file has no entry in the system directory; its inode is sound",
     [](Scene& scene) { scene.remove_entry_soundly(system_entry(scene, per_slot)); }},
    {{},
     "SYSTEM_FILE_MISSING",
     "SYSTEM_FILE_MISSING ORPHAN_DIR_MISSING",
     "A slot's system file is gone, inode and all",
     lose_system_file},
    {{},
     "ORPHAN_DIR_MISSING",
     "ORPHAN_DIR_MISSING SYSTEM_NAME_LOST",
     "A slot's orphan directory has no entry",
     lose_orphan_directory},
    {{}, "SLOT_MAP_USED", "SLOT_MAP_USED", "The slot map names a node that does not live", occupied_slot},
    {{},
     "SLOT_MAP_SIZE",
     "SYSTEM_FILE_SIZE",
     "The slot map is too short for the slots",
     [](Scene& scene) { scene.edit_inode(scene.system_file(SystemFile::slot_map)).size = 1; }},
    {{}, "HEARTBEAT_SIZE", "SYSTEM_FILE_SIZE", "The heartbeat region is too small", short_heartbeat},
};

}  // namespace

std::span<const Damage> super_damages() { return table; }

}  // namespace ocfs2
