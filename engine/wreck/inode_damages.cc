// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damages of what every inode has: identity, life, allocation, references (spec: fsck-checks.md B2;
// ondisk.md 14, 25 to 33).
#include "engine/volume/chain_allocator.h"
#include "engine/wreck/scene.h"

namespace ocfs2 {
namespace {

Inode& any_file(Scene& scene) {
  return scene.edit_inode(
      scene.inode_where("regular file", [](const BlockRef<Inode>& inode) { return inode->is_regular(); }));
}
Inode& any_inode(Scene& scene) {
  const InodeNo root = scene.volume().root();
  return scene.edit_inode(scene.inode_where(
      "user's inode", [&](const BlockRef<Inode>& inode) { return inode_at(inode.block()) != root; }));
}
Inode& root(Scene& scene) { return scene.edit_inode(scene.volume().root()); }

u64 group_of(const Inode& inode) {
  return inode.suballoc_group != 0 ? u64{inode.suballoc_group} : inode.block - inode.suballoc_bit;
}

/// The bit of an allocated inode is set, but the block holds an inode that was deleted.
void deleted_but_allocated(Scene& scene) {
  const auto claimed = scene.claim_block(SystemFile::inode_alloc);
  auto& inode = as<Inode>(scene.create(claimed.block, Inode::kind));
  stamp(inode.signature, Inode::signature_text);
  inode.fs_generation = scene.facts().generation;
  inode.block = claimed.block.value;
  inode.suballoc_slot = claimed.slot;
  inode.suballoc_bit = claimed.bit;
  inode.suballoc_group = claimed.group.value;
  inode.mode = file_mode::regular | 0644;
  inode.dtime = 1;
}

void lost_bit(Scene& scene) {
  const Inode& inode = any_file(scene);
  scene.set_bit_soundly(scene.system_file(SystemFile::inode_alloc, inode.suballoc_slot),
                        BlockNo(group_of(inode)), inode.suballoc_bit, false);
}

/// A cluster of a file becomes free, or a free one used, and all counters agree.
void cluster_bit_lost(Scene& scene) {
  const InodeNo file = scene.plain_file();
  const auto records = ExtentList::records(scene.edit_body(file));
  const ExtentRecord& record = records[scene.below(records.size())];
  const ClusterNo first = scene.geometry().cluster_of(BlockNo(record.block));
  scene.set_cluster_soundly(first + scene.below(record.clusters), false);
}

/// Bits of a group's own bitmap are cleared and nothing else is told.
void bits_freed(Scene& scene) {
  const InodeNo file = scene.plain_file();
  const auto records = ExtentList::records(scene.edit_body(file));
  const ClusterNo cluster = scene.geometry().cluster_of(BlockNo(records.front().block));
  const ChainAllocator bitmap(scene.volume(), scene.volume().system_file(SystemFile::global_bitmap));
  const BitPlace place = bitmap.place_of(cluster);
  clear_bit(GroupDescriptor::bitmap(scene.edit_bytes(place.group.block(), GroupDescriptor::kind)), place.bit);
}

void orphan_without_entry(Scene& scene, u32 flag) {
  Inode& inode = any_file(scene);
  inode.flags |= flag;
  (flag == inode_flag::orphaned ? inode.orphaned_slot : inode.dio_orphaned_slot) =
      static_cast<u16>(scene.slot(0));
}

constexpr Damage table[] = {
    {46, "INODE_ALLOC_REPAIR", "INODE_ALLOC_REPAIR", "A deleted inode's bit is set", deleted_but_allocated},
    {47, "INODE_SUBALLOC", "INODE_SUBALLOC", "i_suballoc_slot is not where the inode lies",
     [](Scene& scene) { any_file(scene).suballoc_slot += 10; }},
    {61, "INODE_GEN", "INODE_GEN DIRENT_INODE_FREE INODE_ALLOC_REPAIR",
     "An inode has another generation than the volume (without fsck's -G it counts as free)",
     [](Scene& scene) { any_file(scene).fs_generation = 0x1234; }},
    {62, "INODE_GEN_FIX", "INODE_GEN INODE_GEN_FIX DIRENT_INODE_FREE",
     "The same as INODE_GEN; the code comes after a \"no\"",
     [](Scene& scene) { any_file(scene).fs_generation = 0x1234; }},
    {63, "INODE_BLKNO", "INODE_BLKNO", "i_blkno is not the inode's block",
     [](Scene& scene) { any_file(scene).block += 100; }},
    {64, "ROOT_NOTDIR", "ROOT_NOTDIR", "The root inode is a regular file",
     [](Scene& scene) { root(scene).mode = file_mode::regular | 0755; }},
    {65, "INODE_NZ_DTIME", "INODE_NZ_DTIME", "An inode in use has a time of deletion",
     [](Scene& scene) { any_file(scene).dtime = 100; }},
    {78, "CLUSTER_ALLOC_BIT", "CLUSTER_ALLOC_BIT", "A file's cluster counts as free", cluster_bit_lost},
    {91, "ROOT_DIR_MISSING", "ROOT_DIR_MISSING ROOT_NOTDIR", "The root inode's mode is 0",
     [](Scene& scene) { root(scene).mode = 0; }},
    {96, "INODE_COUNT", "INODE_COUNT", "i_links_count is not the number of names",
     [](Scene& scene) { any_file(scene).links_count += 1; }},
    {98, "CLUSTER_GROUP_DESC", "CLUSTER_ALLOC_BIT",
     "A used cluster's bit is clear in its group, whose counters still count it", bits_freed},
    {133, "INODE_BLOCK_ECC", "BAD_CRC32", "The checksum and the code of an inode are wrong",
     [](Scene& scene) {
       Inode& inode = any_file(scene);
       const BlockNo block(inode.block);
       inode.check.crc = 0x1234;
       inode.check.ecc = 0x1234;
       scene.leave_check(block);
     },
     feature::metaecc},
    {134, "INODE_VALID_FLAG", "INODE_ALLOC_REPAIR DIRENT_INODE_FREE", "An inode in use is not marked so",
     [](Scene& scene) { any_file(scene).flags &= ~inode_flag::valid; }},
    {{},
     "CLUSTER_ALLOC_BIT_STRAY",
     "CLUSTER_ALLOC_BIT",
     "A cluster of nobody's counts as used",
     [](Scene& scene) { scene.claim_clusters(1 + static_cast<u32>(scene.below(4))); }},
    {{}, "INODE_ALLOC_BIT_LOST", "INODE_ALLOC_REPAIR", "The bit of an inode in use is clear", lost_bit},
    {{},
     "INODE_SIGNATURE",
     "INODE_SIGNATURE INODE_ALLOC_REPAIR",
     "The signature of a file's inode is lost",
     [](Scene& scene) { any_file(scene).signature[0] = '!'; }},
    {{},
     "INODE_SUBALLOC_BIT",
     "INODE_SUBALLOC",
     "i_suballoc_bit is not where the inode lies",
     [](Scene& scene) { any_file(scene).suballoc_bit += 10; }},
    {{},
     "INODE_FLAGS",
     "INODE_FLAGS",
     "A user's file is marked as the system's",
     [](Scene& scene) { any_file(scene).flags |= inode_flag::system; }},
    {{},
     "INODE_MODE",
     "INODE_MODE",
     "i_mode has no file type",
     [](Scene& scene) { any_file(scene).mode &= 07777; }},
    {{},
     "INODE_COUNT_ZERO",
     "INODE_COUNT",
     "A file with a name counts none",
     [](Scene& scene) { any_file(scene).links_count = 0; }},
    {{},
     "INODE_ID1",
     "INODE_ID1",
     "A regular file has a device number",
     [](Scene& scene) { any_file(scene).device = 0x801; }},
    {{},
     "INODE_TIME",
     "INODE_TIME",
     "A time's nanoseconds are a second or more",
     [](Scene& scene) { any_inode(scene).mtime_nsec = 2'000'000'000; }},
    {{},
     "ORPHAN_SLOT",
     "ORPHAN_SLOT",
     "An orphan's slot is none of the volume's",
     [](Scene& scene) {
       Inode& inode = any_file(scene);
       inode.flags |= inode_flag::orphaned;
       inode.orphaned_slot = static_cast<u16>(scene.facts().max_slots);
     }},
    {{},
     "DIO_ORPHAN_SLOT",
     "ORPHAN_SLOT",
     "The slot of a file under direct writing is none of the volume's",
     [](Scene& scene) {
       Inode& inode = any_file(scene);
       inode.flags |= inode_flag::dio_orphaned;
       inode.dio_orphaned_slot = static_cast<u16>(scene.facts().max_slots);
     }},
    {{},
     "ORPHAN_ENTRY_MISSING",
     "ORPHAN_ENTRY_MISSING",
     "A file is marked an orphan but is in no orphan directory",
     [](Scene& scene) { orphan_without_entry(scene, inode_flag::orphaned); }},
    {{},
     "DIO_ORPHAN_ENTRY_MISSING",
     "ORPHAN_ENTRY_MISSING",
     "A file is marked as under direct writing but is in no orphan directory",
     [](Scene& scene) { orphan_without_entry(scene, inode_flag::dio_orphaned); }},
};

}  // namespace

std::span<const Damage> inode_damages() { return table; }

}  // namespace ocfs2
