// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/wreck/scene.h"

#include "engine/error.h"
#include "engine/volume/chain_allocator.h"

namespace ocfs2 {

constexpr BlockKind opaque_kind{.name = "block"};

Scene::Scene(Volume& volume, const WreckRequest& request)
    : volume_(volume), request_(request), chance_(request.seed) {}

/// SplitMix64 (Vigna): small, and the same everywhere.
u64 Scene::below(u64 limit) {
  require(limit != 0);
  chance_ += 0x9E3779B97F4A7C15;
  u64 mixed = chance_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return (mixed ^ (mixed >> 31)) % limit;
}

void Scene::lacks(std::string_view what) const {
  fail(ErrorKind::not_found, "{} has no {}: this damage needs one", volume_.name(), what);
}

Bytes Scene::edit_bytes(BlockNo block, const BlockKind& kind) {
  Region& region = regions_[block.value];
  if (region.kind == nullptr) {
    const u32 bytes = region_bytes(kind, geometry());
    region.before = volume_.cache().read_raw(block, divide_up(bytes, geometry().block_size()));
    region.after = region.before;
    region.kind = &kind;
  }
  if (region.kind == &opaque_kind) region.kind = &kind;
  return region.after;
}

Bytes Scene::create(BlockNo block, const BlockKind& kind) {
  const Bytes bytes = edit_bytes(block, kind);
  regions_[block.value].kind = &kind;
  std::fill(bytes.begin(), bytes.end(), u8{0});
  return bytes;
}

Bytes Scene::edit_list(const ExtentNode& node) {
  const Bytes block = edit_bytes(node.block, *node.kind);
  return node.kind == &Inode::kind ? Inode::body(block) : block.subspan(node.offset);
}

Bytes Scene::edit_area(InodeNo directory, BlockNo block, bool trailer) {
  if (block != block_of(directory))
    return directory_area(edit_bytes(block, directory_block_kind(trailer)), trailer);
  const Bytes data = InlineData::data(edit_body(directory));
  return data.first(std::min<u64>(data.size(), edit_inode(directory).size));
}

Bytes Scene::edit_area(const EntryPlace& place) {
  return edit_area(place.directory, place.block, place.trailer);
}

DirectoryEntry& Scene::edit_entry(const EntryPlace& place) {
  return as<DirectoryEntry>(edit_area(place).subspan(place.offset));
}

Bytes Scene::edit_container(const ContainerPlace& place) {
  switch (place.form) {
    case XattrContainer::inline_area:
      return Inode::xattr_area(edit_bytes(place.block, Inode::kind));
    case XattrContainer::block:
      return XattrBlock::container(edit_bytes(place.block, XattrBlock::kind));
    default:
      return edit_bytes(place.block, XattrBucket::kind);
  }
}

void Scene::leave_check(BlockNo block) { regions_.at(block.value).seal = false; }

void Scene::set_bit_soundly(InodeNo allocator, BlockNo group, u32 bit, bool used) {
  const Bytes block = edit_bytes(group, GroupDescriptor::kind);
  auto& descriptor = as<GroupDescriptor>(block);
  const Bytes bitmap = GroupDescriptor::bitmap(block);
  if (test_bit(bitmap, bit) == used) return;
  used ? set_bit(bitmap, bit) : clear_bit(bitmap, bit);
  const u32 freed = used ? ~0u : 1u;  // −1 or 1 in any width
  descriptor.free_bits += static_cast<u16>(freed);
  if (descriptor.contig_free_bits != 0)
    descriptor.contig_free_bits = static_cast<u16>(longest_clear_run(bitmap, 0, descriptor.bits).count);
  edit_inode(allocator).bitmap.used -= freed;
  ChainList::slots(edit_body(allocator))[descriptor.chain].free += freed;
}

void Scene::set_cluster_soundly(ClusterNo cluster, bool used) {
  const InodeNo bitmap = system_file(SystemFile::global_bitmap);
  const BitPlace place = ChainAllocator(volume_, volume_.inode(bitmap)).place_of(cluster);
  set_bit_soundly(bitmap, place.group.block(), place.bit, used);
}

Scene::Claimed Scene::claim_block(SystemFile file) {
  for (u32 slot = 0; slot < facts().max_slots; ++slot) {
    const InodeNo allocator = system_file(file, slot);
    const u32 bits_per_cluster = volume_.inode(allocator)->chains.bits_per_cluster;
    for (const BlockNo group : groups_of(allocator)) {
      const Bytes block = edit_bytes(group, GroupDescriptor::kind);
      const u32 bits = as<GroupDescriptor>(block).bits;
      const u64 bit = find_clear_bit(GroupDescriptor::bitmap(block), 0, bits);
      if (bit >= bits) continue;
      const auto found = GroupDescriptor::block_of_bit(block, static_cast<u32>(bit), bits_per_cluster);
      if (!found) continue;
      set_bit_soundly(allocator, group, static_cast<u32>(bit), true);
      return {*found, group, static_cast<u16>(slot), static_cast<u16>(bit)};
    }
  }
  lacks(file == SystemFile::inode_alloc ? "free block in its inode allocators"
                                        : "free block in its extent block allocators");
}

ClusterNo Scene::claim_clusters(u32 count) {
  const InodeNo bitmap = system_file(SystemFile::global_bitmap);
  for (u32 index = 0; index < geometry().cluster_groups(); ++index) {
    const BlockNo group = geometry().cluster_group_block(index);
    const Bytes block = edit_bytes(group, GroupDescriptor::kind);
    const auto run =
        find_clear_run(GroupDescriptor::bitmap(block), 0, geometry().clusters_in_group(index), count);
    if (!run) continue;
    for (u64 bit = run->first; bit < run->first + count; ++bit)
      set_bit_soundly(bitmap, group, static_cast<u32>(bit), true);
    return ClusterNo(u64{index} * geometry().clusters_per_group() + run->first);
  }
  lacks("run of free clusters");
}

std::vector<Alteration> Scene::changes() const {
  std::vector<Alteration> changes;
  for (const auto& [number, region] : regions_) {
    std::vector<u8> before = region.before, after = region.after;
    if (region.seal && region.kind->check_offset != BlockKind::no_check) {
      const u32 check = check_position(region.kind->check_offset, after.size());
      std::copy_n(before.begin() + check, sizeof(BlockCheck), after.begin() + check);
    }
    add_changes(changes, BlockNo(number), *region.kind, before, after);
  }
  return changes;
}

void Scene::write(Wrecker& wrecker) {
  for (auto& [number, region] : regions_) {
    if (region.after == region.before) continue;
    if (region.seal && region.kind->check_offset != BlockKind::no_check)
      seal(*region.kind, facts(), region.after);
    wrecker.write_data(geometry().byte_of(BlockNo(number)), region.after);
  }
  volume_.device().flush();
}

}  // namespace ocfs2
