// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/group_links.h"

#include <algorithm>
#include <functional>

#include "engine/error.h"

namespace ocfs2 {
namespace {

/// Counts the bits of a group in the inode of its allocator, or does not any more.
void count_group(const Geometry& geometry, Bytes inode_bytes, std::size_t chain, const GroupDescriptor& group,
                 bool more) {
  auto& inode = as<Inode>(inode_bytes);
  ChainRecord& record = ChainList::chains(Inode::body(inode_bytes))[chain];
  const u32 bits = group.bits, free = group.free_bits, used = bits - free;
  const u32 clusters = bits / std::max<u32>(inode.chains.bits_per_cluster, 1);
  const auto add = [more](auto& counter, u32 number) { counter += more ? number : 0u - number; };
  add(record.total, bits);
  add(record.free, free);
  add(inode.bitmap.total, bits);
  add(inode.bitmap.used, used);
  add(inode.clusters, clusters);
  inode.size = u64{inode.clusters} << geometry.cluster_bits;
}

/// Goes along a chain until `use` returns false.
void walk_chain(const Transaction& transaction, const Volume& volume, const ChainRecord& chain,
                const std::function<bool(const BlockRef<GroupDescriptor>&)>& use) {
  u64 left = chain.total;  // a group has one bit at least
  for (u64 block = chain.block; block != 0;) {
    const auto group = transaction.read<GroupDescriptor>(BlockNo(block));
    if (group->bits == 0 || group->bits > left)
      fail(ErrorKind::corrupt, "{}: the chain that begins with group {} is longer than its counters say",
           volume.name(), u64{chain.block});
    left -= group->bits;
    if (!use(group)) return;
    block = group->next_group;
  }
}

/// An empty chain gets the groups of the last one, which is unused from then on.
void close_gap(Transaction& transaction, const Volume& volume, Bytes inode_bytes, std::size_t empty) {
  const auto chains = ChainList::chains(Inode::body(inode_bytes));
  const std::size_t last = chains.size() - 1;
  if (empty != last) {
    std::vector<BlockNo> moved;
    walk_chain(transaction, volume, chains[last], [&](const auto& group) {
      moved.push_back(group.block());
      return true;
    });
    for (const BlockNo group : moved)
      transaction.edit<GroupDescriptor>(group).chain = static_cast<u16>(empty);
    chains[empty] = chains[last];
  }
  chains[last] = ChainRecord{};
  as<Inode>(inode_bytes).chains.used = static_cast<u16>(last);
}

}  // namespace

void link_group(Transaction& transaction, Volume& volume, BlockNo allocator, BlockNo group_block) {
  const Bytes inode_bytes = transaction.edit_as(allocator, Inode::kind);
  auto& header = as<Inode>(inode_bytes).chains;
  const bool unused = header.used < header.count;
  if (unused) header.used += 1;
  const auto chains = ChainList::chains(Inode::body(inode_bytes));
  if (chains.empty())
    fail(ErrorKind::corrupt, "{}: allocator {} has no room for chains; run: fsck.ocfs2 -f {}", volume.name(),
         allocator.value, volume.name());
  const auto shortest =
      std::ranges::min_element(chains, {}, [](const ChainRecord& chain) { return u32{chain.total}; });
  const std::size_t index = static_cast<std::size_t>((unused ? chains.end() - 1 : shortest) - chains.begin());
  auto& group = transaction.edit<GroupDescriptor>(group_block);
  group.parent_inode = allocator.value;
  group.chain = static_cast<u16>(index);
  group.next_group = chains[index].block;
  chains[index].block = group_block.value;
  count_group(volume.geometry(), inode_bytes, index, group, true);
}

void unlink_group(Transaction& transaction, Volume& volume, BlockNo allocator, BlockNo group_block) {
  const auto group = transaction.read<GroupDescriptor>(group_block);
  const Bytes inode_bytes = transaction.edit_as(allocator, Inode::kind);
  const auto& inode = as<Inode>(inode_bytes);
  const auto chains = ChainList::chains(Inode::body(inode_bytes));
  const auto refuse = [&](std::string_view fact) {
    fail(ErrorKind::corrupt, "{}: allocator {} {} group {}; run: fsck.ocfs2 -f {}", volume.name(),
         allocator.value, fact, group_block.value, volume.name());
  };
  const std::size_t index = group->chain;
  if (group->parent_inode != allocator.value || index >= chains.size()) refuse("has no chain that holds");
  ChainRecord& chain = chains[index];
  const u32 used = u32{group->bits} - std::min(group->free_bits, group->bits);
  if (chain.total < group->bits || chain.free < group->free_bits || inode.bitmap.total < group->bits ||
      inode.bitmap.used < used || u64{inode.clusters} * inode.chains.bits_per_cluster < group->bits)
    refuse("does not count");
  BlockNo before;
  bool found = false;
  walk_chain(transaction, volume, chain, [&](const BlockRef<GroupDescriptor>& on_chain) {
    found = on_chain.block() == group_block;
    if (!found) before = on_chain.block();
    return !found;
  });
  if (!found) refuse("does not reach");
  if (before == BlockNo())
    chain.block = group->next_group;
  else
    transaction.edit<GroupDescriptor>(before).next_group = group->next_group;
  count_group(volume.geometry(), inode_bytes, index, *group, false);
  if (chain.block == 0) close_gap(transaction, volume, inode_bytes, index);
}

}  // namespace ocfs2
