// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damages of allocator inodes and their chains (spec: fsck-checks.md B1; ondisk.md 14, 12 to 19). The victim
// is the allocator that was asked for, otherwise the global bitmap.
#include "engine/wreck/scene.h"

namespace ocfs2 {
namespace {

ChainList& chains_of(Scene& scene) { return as<ChainList>(scene.edit_body(scene.allocator())); }
Inode& inode_of(Scene& scene) { return scene.edit_inode(scene.allocator()); }

/// A chain in use of the victim.
u32 chain_number(Scene& scene) {
  const auto used = ChainList::chains(scene.edit_body(scene.allocator()));
  std::vector<u32> candidates;
  for (u32 i = 0; i < used.size(); ++i)
    if (used[i].block != 0) candidates.push_back(i);
  return scene.pick(candidates, "chain of groups in this allocator");
}
ChainRecord& a_chain(Scene& scene) {
  const u32 number = chain_number(scene);
  return ChainList::slots(scene.edit_body(scene.allocator()))[number];
}

GroupDescriptor& a_group(Scene& scene) {
  return scene.edit<GroupDescriptor>(
      scene.pick(scene.groups_of(scene.allocator()), "group in this allocator"));
}

/// The last group of a chain.
GroupDescriptor& tail_group(Scene& scene) {
  BlockNo block(a_chain(scene).block);
  const std::size_t groups = scene.groups_of(scene.allocator()).size();
  for (std::size_t i = 0; i < groups; ++i) {
    auto& group = scene.edit<GroupDescriptor>(block);
    if (group.next_group == 0) return group;
    block = BlockNo(group.next_group);
  }
  scene.lacks("chain that ends");
}

/// Takes a group off its chain; the totals above stay what they were.
void unlink_group(Scene& scene) {
  ChainRecord& chain = a_chain(scene);
  auto& head = scene.edit<GroupDescriptor>(BlockNo(chain.block));
  if (head.next_group == 0)
    chain.block = 0;
  else
    head.next_group = 0;
}

/// A block that is certainly no group: one of a file's data.
BlockNo data_block(Scene& scene) {
  return BlockNo(ExtentList::records(scene.edit_body(scene.plain_file())).front().block);
}

void unexpected_group(Scene& scene) {
  const ClusterNo cluster = scene.claim_clusters(1);
  const BlockNo block = scene.geometry().first_block_of(cluster);
  auto& tail = tail_group(scene);
  const Bytes bytes = scene.create(block, GroupDescriptor::kind);
  const ConstBytes model = scene.edit_bytes(BlockNo(tail.block), GroupDescriptor::kind);
  std::copy_n(model.begin(), GroupDescriptor::bitmap_offset, bytes.begin());
  auto& group = as<GroupDescriptor>(bytes);
  group.block = block.value;
  group.next_group = 0;
  set_bit(GroupDescriptor::bitmap(bytes), 0);
  group.free_bits = static_cast<u16>(group.bits - 1);
  tail.next_group = block.value;
}

void duplicate_group(Scene& scene) {
  const std::vector<InodeNo> extent = scene.suballocators(SystemFile::extent_alloc);
  const std::vector<InodeNo> inode = scene.suballocators(SystemFile::inode_alloc);
  const InodeNo guest = scene.pick(inode, "inode allocator with groups");
  const InodeNo host = scene.pick(extent, "extent block allocator with groups");
  const BlockNo group = scene.groups_of(guest).front();
  BlockNo tail = scene.groups_of(host).back();
  scene.edit<GroupDescriptor>(tail).next_group = group.value;
}

void fixed_clusters(Scene& scene) {
  scene.edit_super().clusters -= 8;
  auto& bitmap = scene.edit_inode(scene.system_file(SystemFile::global_bitmap));
  bitmap.clusters -= 8;
  bitmap.size -= u64{8} << scene.geometry().cluster_bits;
}

constexpr Damage table[] = {
    {14, "CHAIN_CPG", "CHAIN_CPG", "cl_cpg is more than a group's bitmap has bits",
     [](Scene& scene) { chains_of(scene).clusters_per_group += 16; }},
    {15,
     "SUPERBLOCK_CLUSTERS_EXCESS",
     "SUPERBLOCK_CLUSTERS",
     "The superblock counts two and a half groups more clusters than the bitmap",
     [](Scene& scene) { scene.edit_super().clusters += scene.geometry().clusters_per_group() * 5 / 2; },
     {},
     feature::metaecc},
    {16,
     "SUPERBLOCK_CLUSTERS_LACK",
     "SUPERBLOCK_CLUSTERS",
     "The superblock counts fewer clusters than the bitmap",
     [](Scene& scene) {
       scene.edit_super().clusters -=
           std::min(scene.geometry().clusters_per_group() * 5 / 2, scene.geometry().clusters / 2);
     },
     {},
     feature::metaecc},
    {17, "GROUP_UNEXPECTED_DESC", "GROUP_UNEXPECTED_DESC",
     "A false group descriptor hangs at the end of a chain of the global bitmap", unexpected_group},
    {18, "GROUP_EXPECTED_DESC", "GROUP_EXPECTED_DESC GROUP_LOST", "A group hangs on no chain", unlink_group},
    {19, "GROUP_GEN", "CHAIN_LINK_GEN GROUP_GEN",
     "A group has another generation than the volume (GROUP_GEN comes after a \"no\")",
     [](Scene& scene) { a_group(scene).generation += 10; }},
    {20, "GROUP_PARENT", "GROUP_PARENT", "A group names another allocator as its own",
     [](Scene& scene) { a_group(scene).parent_inode += 10; }},
    {21, "GROUP_BLKNO", "GROUP_BLKNO", "bg_blkno of a group is not its own block",
     [](Scene& scene) { a_group(scene).block += 10; }},
    {22, "GROUP_CHAIN", "GROUP_CHAIN", "bg_chain is not the chain that a group hangs on",
     [](Scene& scene) { a_group(scene).chain += 10; }},
    {23, "GROUP_FREE_BITS", "GROUP_FREE_BITS", "A group counts more free bits than it has",
     [](Scene& scene) { a_group(scene).free_bits += 10; }},
    {24, "GROUP_CHAIN_LOOP", "GROUP_CHAIN_LOOP", "The last group of a chain leads back to the first",
     [](Scene& scene) {
       const u32 number = chain_number(scene);
       const u64 head = ChainList::slots(scene.edit_body(scene.allocator()))[number].block;
       auto* group = &scene.edit<GroupDescriptor>(BlockNo(head));
       for (std::size_t left = scene.groups_of(scene.allocator()).size(); left > 0; --left)
         if (group->next_group != 0) group = &scene.edit<GroupDescriptor>(BlockNo(group->next_group));
       group->next_group = head;
     }},
    {25, "CHAIN_COUNT", "CHAIN_COUNT", "cl_count is more than fits the block",
     [](Scene& scene) { chains_of(scene).count += 100; }},
    {26, "CHAIN_NEXT_FREE", "CHAIN_NEXT_FREE", "cl_next_free_rec is more than cl_count",
     [](Scene& scene) {
       ChainList& list = chains_of(scene);
       list.used = static_cast<u16>(list.count + 10);
     }},
    {27, "CHAIN_EMPTY", "CHAIN_EMPTY GROUP_EXPECTED_DESC",
     "A chain in use has no group (in the global bitmap: GROUP_EXPECTED_DESC)",
     [](Scene& scene) { a_chain(scene).block = 0; }},
    {28, "CHAIN_I_CLUSTERS", "CHAIN_I_CLUSTERS", "i_clusters is not the sum of the groups",
     [](Scene& scene) { inode_of(scene).clusters += 10; }},
    {29, "CHAIN_I_SIZE", "CHAIN_I_SIZE", "i_size is not i_clusters in bytes",
     [](Scene& scene) { inode_of(scene).size += 10; }},
    {30, "CHAIN_GROUP_BITS", "CHAIN_GROUP_BITS", "i_used is not the sum of the chains",
     [](Scene& scene) { inode_of(scene).bitmap.used += 10; }},
    {31, "CHAIN_HEAD_LINK_RANGE", "CHAIN_HEAD_LINK_RANGE", "The head of a chain lies behind the volume",
     [](Scene& scene) { a_chain(scene).block = scene.geometry().blocks() + 10; }},
    {32, "CHAIN_LINK_GEN", "CHAIN_LINK_GEN GROUP_GEN", "A group has another generation than the volume",
     [](Scene& scene) { a_group(scene).generation = 0x1234; }},
    {33, "CHAIN_LINK_MAGIC", "CHAIN_LINK_MAGIC GROUP_UNEXPECTED_DESC",
     "A chain leads to a block that is no group",
     [](Scene& scene) { tail_group(scene).next_group = data_block(scene).value; }},
    {34, "CHAIN_LINK_RANGE", "CHAIN_LINK_RANGE", "A chain leads behind the volume",
     [](Scene& scene) { tail_group(scene).next_group = scene.geometry().blocks() + 10; }},
    {35, "CHAIN_BITS", "CHAIN_BITS", "c_total is not the sum of a chain's groups",
     [](Scene& scene) { a_chain(scene).total += 10; }},
    {{},
     "GROUP_DUPLICATE",
     "GROUP_DUPLICATE",
     "A group of an inode allocator hangs on an extent block allocator's chain, too",
     duplicate_group},
    {{},
     "FIXED_CHAIN_CLUSTERS",
     "CHAIN_I_CLUSTERS FIXED_CHAIN_CLUSTERS GROUP_BITS",
     "Superblock and global bitmap agree on fewer clusters than the groups have",
     fixed_clusters},
    {{},
     "CHAIN_FREE_BITS",
     "CHAIN_BITS",
     "c_free is not the sum of a chain's groups",
     [](Scene& scene) { a_chain(scene).free -= 1; }},
    {{},
     "CHAIN_TOTAL_BITS",
     "CHAIN_GROUP_BITS",
     "i_total is not the sum of the chains",
     [](Scene& scene) { inode_of(scene).bitmap.total += 10; }},
    {{},
     "CHAIN_BPC",
     "CHAIN_BPC",
     "cl_bpc is not the allocator's bits a cluster",
     [](Scene& scene) { chains_of(scene).bits_per_cluster += 1; }},
    {{},
     "CHAIN_REC_STRAY",
     "CHAIN_NEXT_FREE CHAIN_HEAD_LINK_RANGE",
     "A chain record that is not in use is not zero",
     [](Scene& scene) {
       const Bytes list = scene.edit_body(scene.allocator());
       const u32 used = as<ChainList>(list).used;
       if (used >= as<ChainList>(list).count) scene.lacks("unused chain record");
       ChainList::slots(list)[used] = {.free = 1, .total = 1, .block = scene.geometry().blocks()};
     }},
    {{},
     "ALLOCATOR_FLAGS",
     "SYSTEM_INODE_INVALID",
     "An allocator is not marked as a bitmap",
     [](Scene& scene) { inode_of(scene).flags &= ~inode_flag::bitmap; }},
    {{},
     "ALLOCATOR_NO_CHAINS",
     "SYSTEM_INODE_INVALID",
     "An allocator is not marked as one of chains",
     [](Scene& scene) { inode_of(scene).flags &= ~inode_flag::chain; }},
    {{},
     "GROUP_SIGNATURE",
     "CHAIN_LINK_MAGIC GROUP_EXPECTED_DESC GROUP_LOST",
     "The signature of a group is lost",
     [](Scene& scene) { a_group(scene).signature[0] = '!'; }},
    {{},
     "GROUP_SIZE",
     "GROUP_SIZE",
     "bg_size is not what the format says",
     [](Scene& scene) { a_group(scene).bitmap_bytes -= 8; }},
    {{},
     "GROUP_BITS",
     "GROUP_BITS",
     "bg_bits is not what the group covers",
     [](Scene& scene) { a_group(scene).bits -= 8; }},
    {{},
     "GROUP_CONTIG_FREE",
     "GROUP_CONTIG_FREE",
     "bg_contig_free_bits is not the longest free run",
     [](Scene& scene) {
       const BlockNo block = scene.pick(scene.groups_of(scene.allocator()), "group in this allocator");
       const Bytes bytes = scene.edit_bytes(block, GroupDescriptor::kind);
       auto& group = as<GroupDescriptor>(bytes);
       const u64 longest = longest_clear_run(GroupDescriptor::bitmap(bytes), 0, group.bits).count;
       group.contig_free_bits = static_cast<u16>(longest + 1);
     }},
    {{},
     "GROUP_OWN_BIT",
     "CLUSTER_ALLOC_BIT METADATA_ALLOC_BIT INODE_ALLOC_REPAIR",
     "A group's first bit, which stands for itself, is clear",
     [](Scene& scene) {
       const BlockNo group = scene.pick(scene.groups_of(scene.allocator()), "group in this allocator");
       scene.set_bit_soundly(scene.allocator(), group, 0, false);
     }},
};

}  // namespace

std::span<const Damage> chain_damages() { return table; }

}  // namespace ocfs2
