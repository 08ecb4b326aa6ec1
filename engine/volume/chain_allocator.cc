// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/chain_allocator.h"

#include <unordered_set>

#include "engine/error.h"
#include "engine/journal/transaction.h"
#include "engine/volume/volume.h"
#include "ondisk/bitmap.h"

namespace ocfs2 {

bool BitPlace::in_use() const { return test_bit(GroupDescriptor::bitmap(group.bytes()), bit); }

ChainAllocator::ChainAllocator(Volume& volume, BlockRef<Inode> inode)
    : volume_(volume), inode_(std::move(inode)) {
  if (inode_->body_kind() != InodeBody::chain_list)
    fail(ErrorKind::invalid_argument, "{}: inode {} is no allocator", volume.name(), inode_.block().value);
}

void ChainAllocator::each_group(const std::function<bool(const BlockRef<GroupDescriptor>&)>& use) const {
  std::unordered_set<u64> seen;
  for (const ChainRecord& chain : ChainList::chains(Inode::body(inode_.bytes()))) {
    for (u64 block = chain.block; block != 0;) {
      if (!seen.insert(block).second)
        fail(ErrorKind::corrupt, "{}: the chains of allocator {} reach group {} twice", volume_.name(),
             inode_.block().value, block);
      const auto group = volume_.cache().read<GroupDescriptor>(BlockNo(block));
      if (group->parent_inode != inode_.block().value)
        fail(ErrorKind::corrupt, "{}: group {} on a chain of allocator {} belongs to allocator {}",
             volume_.name(), block, inode_.block().value, u64{group->parent_inode});
      if (!use(group)) return;
      block = group->next_group;
    }
  }
}

std::optional<BitPlace> ChainAllocator::place_of(BlockNo block) const {
  std::optional<BitPlace> found;
  each_group([&](const BlockRef<GroupDescriptor>& group) {
    const auto bit = GroupDescriptor::bit_of_block(group.bytes(), block, inode_->chains.bits_per_cluster);
    if (bit) found = BitPlace{group, *bit};
    return !found;
  });
  return found;
}

BitPlace ChainAllocator::place_of(ClusterNo cluster) const {
  const Geometry& geometry = volume_.geometry();
  if (cluster.value >= geometry.clusters)
    fail(ErrorKind::invalid_argument, "{}: there is no cluster {}: the volume has {}", volume_.name(),
         cluster.value, geometry.clusters);
  const u32 index = static_cast<u32>(cluster.value / geometry.clusters_per_group());
  return {volume_.cache().read<GroupDescriptor>(geometry.cluster_group_block(index)),
          static_cast<u32>(cluster.value % geometry.clusters_per_group())};
}

namespace {

/// The free bits of a group of clusters, counted.
u32 counted_free(Volume& volume, u32 index, const GroupDescriptor& group, ConstBytes block,
                 std::size_t chains) {
  const u32 bits = volume.geometry().clusters_in_group(index);
  const BlockNo at = volume.geometry().cluster_group_block(index);
  if (!matches(group.signature, GroupDescriptor::signature_text) || group.block != at.value ||
      group.bits != bits || group.chain >= chains)
    fail(ErrorKind::corrupt, "{}: more than counts is damaged in group {}; run: fsck.ocfs2 -f {}",
         volume.name(), at.value, volume.name());
  return bits - static_cast<u32>(count_set_bits(GroupDescriptor::bitmap(block), 0, bits));
}

}  // namespace

u32 correct_free_counts(Transaction& transaction, Volume& volume) {
  BlockCache& cache = volume.cache();
  const BlockNo bitmap = volume.system_file(SystemFile::global_bitmap).block();
  const auto inode_block = cache.read_unjudged(bitmap, Inode::kind);
  const Bytes inode_bytes = transaction.edit_damaged(bitmap, Inode::kind, inode_block->bytes);
  const auto chains = ChainList::chains(Inode::body(inode_bytes));
  std::vector<u32> free_in_chain(chains.size());
  u64 free = 0;
  u32 wrong = 0;
  for (u32 index = 0; index < volume.geometry().cluster_groups(); ++index) {
    const BlockNo at = volume.geometry().cluster_group_block(index);
    const auto block = cache.read_unjudged(at, GroupDescriptor::kind);
    const auto& group = as<GroupDescriptor>(ConstBytes(block->bytes));
    const u32 counted = counted_free(volume, index, group, block->bytes, chains.size());
    free_in_chain[group.chain] += counted;
    free += counted;
    if (group.free_bits == counted) continue;
    ++wrong;
    auto& edited = as<GroupDescriptor>(transaction.edit_damaged(at, GroupDescriptor::kind, block->bytes));
    edited.free_bits = static_cast<u16>(counted);
    edited.contig_free_bits = static_cast<u16>(0);  // newer kernels' hint: unknown
  }
  for (std::size_t i = 0; i < chains.size(); ++i) chains[i].free = free_in_chain[i];
  auto& inode = as<Inode>(inode_bytes);
  inode.bitmap.used = static_cast<u32>(inode.bitmap.total - free);
  return wrong;
}

}  // namespace ocfs2
