// SPDX-License-Identifier: GPL-2.0-or-later
//
// The half of Space that deals in single blocks: suballocators and their growth (spec: ondisk.md 5.3 to 5.5).
#include <algorithm>
#include <unordered_set>

#include "engine/error.h"
#include "engine/volume/group_links.h"
#include "engine/volume/space.h"

namespace ocfs2 {
namespace {

/// Writes where the pieces of a group lie behind its bitmap.
void fill_pieces(Bytes list, const Geometry& geometry, std::span<const BitRun> pieces) {
  auto& header = as<ExtentList>(list);
  header.count = static_cast<u16>(geometry.extent_records_per_group());
  u32 cpos = 0;
  for (const BitRun& piece : pieces) {
    ExtentRecord& record = ExtentList::record_slots(list)[header.used];
    record.cpos = cpos;
    record.clusters = static_cast<u16>(piece.count);
    record.block = geometry.first_block_of(ClusterNo(piece.first)).value;
    header.used += 1;
    cpos += static_cast<u32>(piece.count);
  }
}

}  // namespace

NewBlock Space::allocate_inode(Transaction& transaction) {
  return allocate_block(transaction, allocator(SystemFile::inode_alloc, slot_), static_cast<u16>(slot_));
}

NewBlock Space::allocate_system_inode(Transaction& transaction) {
  return allocate_block(transaction, allocator(SystemFile::global_inode_alloc), no_slot);
}

NewBlock Space::allocate_metadata(Transaction& transaction) {
  return allocate_block(transaction, allocator(SystemFile::extent_alloc, slot_), static_cast<u16>(slot_));
}

void Space::free_inode(Transaction& transaction, BlockNo block, const Origin& origin, u64 seconds) {
  free_block(transaction,
             origin.slot == no_slot ? allocator(SystemFile::global_inode_alloc)
                                    : allocator(SystemFile::inode_alloc, origin.slot),
             block, origin);
  Inode& inode = transaction.edit<Inode>(block);
  inode.flags &= ~(inode_flag::valid | inode_flag::orphaned);
  inode.dtime = seconds;
}

void Space::free_metadata(Transaction& transaction, BlockNo block, const Origin& origin) {
  free_block(transaction, allocator(SystemFile::extent_alloc, origin.slot), block, origin);
  transaction.forget(block);
}

NewBlock Space::allocate_block(Transaction& transaction, BlockNo allocator, u16 slot) {
  const BlockNo group_block = group_with_room(transaction, allocator);
  const auto group = transaction.read<GroupDescriptor>(group_block);
  const u64 bit = find_clear_bit(GroupDescriptor::bitmap(group.bytes()), 0, group->bits);
  const u32 bits_per_cluster = transaction.read<Inode>(allocator)->chains.bits_per_cluster;
  const auto block = GroupDescriptor::block_of_bit(group.bytes(), static_cast<u32>(bit), bits_per_cluster);
  if (!block || !volume_.geometry().contains(*block))
    fail(ErrorKind::corrupt, "{}: no block belongs to bit {} of group {}; run: fsck.ocfs2 -f {}",
         volume_.name(), bit, group_block.value, volume_.name());
  mark(transaction, allocator, group_block, {bit, 1}, true);
  transaction.forget(*block);  // it may have been freed a moment ago: what comes now is new
  return {*block, {slot, static_cast<u16>(bit), group_block}};
}

/// A group with a free bit: the first one of the chain that has most, as the kernel looks for it, or a new
/// one.
BlockNo Space::group_with_room(Transaction& transaction, BlockNo allocator) {
  const auto inode = transaction.read<Inode>(allocator);
  if (end_ < volume_.geometry().clusters) {
    const auto below = group_below(transaction, inode);
    return below ? *below : grow(transaction, allocator);
  }
  const auto chains = ChainList::chains(Inode::body(inode.bytes()));
  const auto chain =
      std::ranges::max_element(chains, {}, [](const ChainRecord& chain) { return u32{chain.free}; });
  if (chain == chains.end() || chain->free == 0) return grow(transaction, allocator);

  std::unordered_set<u64> seen;
  for (u64 block = chain->block; block != 0 && seen.insert(block).second;) {
    const auto group = transaction.read<GroupDescriptor>(BlockNo(block));
    if (group->free_bits != 0) return BlockNo(block);
    block = group->next_group;
  }
  fail(ErrorKind::corrupt, "{}: allocator {} promises {} free bits that no group has; run: fsck.ocfs2 -f {}",
       volume_.name(), allocator.value, u32{chain->free}, volume_.name());
}

/// Calls `use` with the groups that have free bits and lie where blocks may be taken as a whole, until it
/// returns false.
void Space::each_group_below(Transaction& transaction, const BlockRef<Inode>& allocator,
                             const std::function<bool(const BlockRef<GroupDescriptor>&)>& use) const {
  const BlockNo end = volume_.geometry().first_block_of(ClusterNo(this->end()));
  std::unordered_set<u64> seen;
  for (const ChainRecord& chain : ChainList::chains(Inode::body(allocator.bytes())))
    for (u64 block = chain.free == 0 ? 0 : u64{chain.block}; block != 0 && seen.insert(block).second;) {
      const auto group = transaction.read<GroupDescriptor>(BlockNo(block));
      if (group->free_bits != 0 &&
          GroupDescriptor::end(group.bytes(), allocator->chains.bits_per_cluster) <= end && !use(group))
        return;
      block = group->next_group;
    }
}

std::optional<BlockNo> Space::group_below(Transaction& transaction, const BlockRef<Inode>& allocator) const {
  std::optional<BlockNo> below;
  each_group_below(transaction, allocator, [&](const auto& group) {
    below = group.block();
    return false;
  });
  return below;
}

void Space::reserve_metadata(Transaction& transaction, u64 blocks) {
  const BlockNo number = allocator(SystemFile::extent_alloc, slot_);
  u64 free = 0;
  each_group_below(transaction, transaction.read<Inode>(number), [&](const auto& group) {
    free += group->free_bits;
    return true;
  });
  while (free < blocks) free += transaction.read<GroupDescriptor>(grow(transaction, number))->free_bits;
}

void Space::free_block(Transaction& transaction, BlockNo allocator, BlockNo block, const Origin& origin) {
  const BlockNo group_block = origin.group.value != 0 ? origin.group : block - origin.bit;
  const auto group = transaction.read<GroupDescriptor>(group_block);
  const u32 bits_per_cluster = transaction.read<Inode>(allocator)->chains.bits_per_cluster;
  const auto bit = GroupDescriptor::bit_of_block(group.bytes(), block, bits_per_cluster);
  if (!bit || *bit != origin.bit || *bit == 0)
    fail(ErrorKind::corrupt, "{}: block {} is not at bit {} of group {}; run: fsck.ocfs2 -f {}",
         volume_.name(), block.value, origin.bit, group_block.value, volume_.name());
  mark(transaction, allocator, group_block, {origin.bit, 1}, false);
}

/// Adds a group to a suballocator and returns its descriptor's block.
BlockNo Space::grow(Transaction& transaction, BlockNo allocator) {
  const Geometry& geometry = volume_.geometry();
  const u32 bitmap_bytes = volume_.has(feature::discontig_bg) ? GroupDescriptor::discontiguous_bitmap_bytes
                                                              : geometry.group_bitmap_bytes();
  const u32 per_cluster = geometry.blocks_per_cluster();
  // Older tools made the system inode allocator's groups larger than the kernel takes them.
  const u32 clusters = std::min<u32>(transaction.read<Inode>(allocator)->chains.clusters_per_group,
                                     8 * bitmap_bytes / per_cluster);
  const std::vector<BitRun> pieces = allocate_pieces(transaction, clusters);
  const BlockNo block = geometry.first_block_of(ClusterNo(pieces[0].first));
  const u32 bits = clusters * per_cluster;

  const Bytes group_bytes = transaction.create_bytes(block, GroupDescriptor::kind);
  auto& group = as<GroupDescriptor>(group_bytes);
  stamp(group.signature, GroupDescriptor::signature_text);
  group.bitmap_bytes = static_cast<u16>(bitmap_bytes);
  group.bits = static_cast<u16>(bits);
  group.free_bits = static_cast<u16>(bits - 1);
  group.generation = volume_.facts().generation;
  group.block = block.value;
  set_bit(GroupDescriptor::bitmap(group_bytes), 0);
  if (pieces.size() > 1) fill_pieces(GroupDescriptor::pieces(group_bytes), geometry, pieces);

  link_group(transaction, volume_, allocator, block);
  return block;
}

/// Clusters for a group: in a row if possible, else on volumes that allow it in as few pieces as the
/// descriptor can list.
std::vector<BitRun> Space::allocate_pieces(Transaction& transaction, u32 clusters) {
  const bool may_scatter = volume_.has(feature::discontig_bg);
  const std::size_t pieces_max = may_scatter ? volume_.geometry().extent_records_per_group() : 1;
  std::vector<BitRun> pieces;
  u32 missing = clusters;
  while (missing > 0 && pieces.size() < pieces_max) {
    pieces.push_back(allocate_clusters(transaction, missing));
    missing -= static_cast<u32>(pieces.back().count);
  }
  if (missing == 0) return pieces;
  for (const BitRun& piece : pieces) free_clusters(transaction, ClusterNo(piece.first), piece.count);
  fail(ErrorKind::no_space,
       "{}: a group of {} clusters for inodes or metadata does not fit into the free space", volume_.name(),
       clusters);
}

}  // namespace ocfs2
