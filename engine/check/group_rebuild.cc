// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/group_rebuild.h"

#include "engine/volume/space.h"
#include "ondisk/index.h"
#include "ondisk/inode.h"
#include "ondisk/judging.h"
#include "ondisk/refcount.h"
#include "ondisk/xattr.h"

namespace ocfs2 {
namespace {

constexpr u32 batch_blocks = 256;

/// From where a block of kind T says that it comes; nothing when it is none of this volume.
template <class T>
std::optional<Origin> origin_as(ConstBytes bytes, u32 generation) {
  const T& structure = as<T>(bytes);
  if (!matches(structure.signature, T::signature_text) || structure.fs_generation != generation)
    return std::nullopt;
  return origin_of(structure);
}

std::optional<Origin> origin_in(ConstBytes bytes, u32 generation, bool inodes) {
  if (inodes)
    return as<Inode>(bytes).has_flag(inode_flag::valid) ? origin_as<Inode>(bytes, generation) : std::nullopt;
  for (const auto read :
       {origin_as<ExtentBlock>, origin_as<IndexRoot>, origin_as<RefcountBlock>, origin_as<XattrBlock>})
    if (const auto origin = read(bytes, generation)) return origin;
  return std::nullopt;
}

}  // namespace

void format_group(const GroupPlace& at, Bytes block) {
  std::ranges::fill(block, u8{0});
  auto& group = as<GroupDescriptor>(block);
  const bool small = at.volume.features.has(feature::discontig_bg) && !at.global_bitmap &&
                     at.bits() <= 8 * GroupDescriptor::discontiguous_bitmap_bytes;
  stamp(group.signature, GroupDescriptor::signature_text);
  group.bitmap_bytes = static_cast<u16>(small ? GroupDescriptor::discontiguous_bitmap_bytes
                                              : at.volume.geometry.group_bitmap_bytes());
  group.bits = static_cast<u16>(at.bits());
  group.chain = static_cast<u16>(at.chain);
  group.generation = at.volume.generation;
  group.parent_inode = at.allocator.value;
  group.block = at.block.value;
}

std::vector<u8> group_from_its_blocks(BlockSource& source, const GroupPlace& at, bool inodes, u16 slot) {
  if (!run_inside(at.block.value, at.clusters, at.volume.geometry)) return {};
  std::vector<u8> made(at.volume.geometry.block_size());
  format_group(at, made);
  const Bytes bitmap = group_bitmap(Bytes(made), at.bits());
  if (at.bits() > 8 * bitmap.size()) return {};
  bool proved = false;
  set_bit(bitmap, 0);
  for (u32 bit = 1; bit < at.bits(); ++bit) {
    if (bit % batch_blocks == 1) {
      std::vector<BlockNo> ahead;
      for (u32 i = bit; i < std::min(bit + batch_blocks, at.bits()); ++i) ahead.push_back(at.block + i);
      source.prefetch(ahead);
    }
    const auto block = source.look<Inode>(at.block + bit, at.allocator);
    const auto origin = block ? origin_in(block->bytes(), at.volume.generation, inodes) : std::nullopt;
    if (!origin) continue;
    set_bit(bitmap, bit);
    const bool in_one_piece = origin->group.value == 0 || origin->group == at.block;
    proved |= origin->slot == slot && origin->bit == bit && in_one_piece;
  }
  if (!proved) return {};
  as<GroupDescriptor>(Bytes(made)).free_bits = static_cast<u16>(count_clear_bits(bitmap, 0, at.bits()));
  return made;
}

}  // namespace ocfs2
