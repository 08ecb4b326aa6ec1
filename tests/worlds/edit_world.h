// SPDX-License-Identifier: GPL-2.0-or-later
//
// A freshly formatted volume in memory that is changed by transactions, and an auditor of its allocators:
// every counter is compared with the bits that it counts.
#pragma once

#include <catch2/catch.hpp>
#include <set>

#include "engine/volume/chain_allocator.h"
#include "engine/volume/space.h"
#include "tests/worlds/volume_world.h"

namespace ocfs2 {

/// Puts what it is given in its place at once.
class InPlace final : public WriteAhead {
 public:
  InPlace(BlockDevice& device, u32 block_size) : device_(device), block_size_(block_size) {}
  void commit(std::span<const BlockImage> blocks) override {
    for (const BlockImage& image : blocks)
      device_.write(TestKey{}, image.block.value * block_size_, image.bytes);
  }
  void write_data(u64 offset, ConstBytes bytes) override { device_.write(TestKey{}, offset, bytes); }
  void zero_data(u64 offset, u64 length) override { device_.zero(TestKey{}, offset, length); }

 private:
  BlockDevice& device_;
  u32 block_size_;
};

inline ChainAllocator allocator_of(Volume& volume, SystemFile file, u32 slot = 0) {
  return {volume, volume.system_file(file, slot)};
}
inline bool in_use(Volume& volume, ClusterNo cluster) {
  return allocator_of(volume, SystemFile::global_bitmap).place_of(cluster).in_use();
}

/// Fails the test when a counter of this allocator is not the sum of what it counts, or a suballocator's
/// group lies in clusters that are free.
inline void audit(Volume& volume, SystemFile file, u32 slot) {
  INFO(system_file_name(file, slot));
  const auto inode = volume.system_file(file, slot);
  const u32 bits_per_cluster = inode->chains.bits_per_cluster;
  const auto chains = ChainList::chains(Inode::body(inode.bytes()));
  std::vector<u64> free(chains.size()), total(chains.size());
  allocator_of(volume, file, slot).each_group([&](const BlockRef<GroupDescriptor>& group) {
    REQUIRE(group->chain < chains.size());
    free[group->chain] += group->free_bits;
    total[group->chain] += group->bits;
    for (u32 bit = 0; file != SystemFile::global_bitmap && bit < group->bits; bit += bits_per_cluster) {
      const auto block = GroupDescriptor::block_of_bit(group.bytes(), bit, bits_per_cluster);
      REQUIRE(block);
      REQUIRE(in_use(volume, volume.geometry().cluster_of(*block)));
    }
    return true;
  });
  u64 all_free = 0, all_bits = 0;
  for (std::size_t i = 0; i < chains.size(); ++i) {
    REQUIRE(chains[i].free == free[i]);
    REQUIRE(chains[i].total == total[i]);
    all_free += free[i];
    all_bits += total[i];
  }
  REQUIRE(inode->bitmap.total == all_bits);
  REQUIRE(inode->bitmap.used == all_bits - all_free);
  REQUIRE(u64{inode->clusters} * bits_per_cluster == all_bits);
  REQUIRE(inode->size == u64{inode->clusters} << volume.geometry().cluster_bits);
}

/// All allocators, as they are on the device.
inline void audit(Volume& volume) {
  volume.cache().drop_all();
  audit(volume, SystemFile::global_bitmap, 0);
  audit(volume, SystemFile::global_inode_alloc, 0);
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot) {
    audit(volume, SystemFile::inode_alloc, slot);
    audit(volume, SystemFile::extent_alloc, slot);
  }
}

class EditWorld : public VolumeWorld {
 public:
  explicit EditWorld(const VolumeWish& wish = {}) : VolumeWorld(wish), write_ahead(device, wish.block_size) {}

  const Geometry& geometry() { return volume().geometry(); }
  Space space(u32 slot = 0) { return Space(volume(), slot); }

  /// Everything that `change` does is one transaction.
  template <class Change>
  void edit(Change change) {
    Transaction transaction(volume().cache(), write_ahead);
    change(transaction);
    transaction.commit();
  }

  ChainAllocator allocator(SystemFile file, u32 slot = 0) { return allocator_of(volume(), file, slot); }
  bool in_use(ClusterNo cluster) { return ocfs2::in_use(volume(), cluster); }
  u64 used_clusters() { return allocator(SystemFile::global_bitmap).used_bits(); }
  void audit() { ocfs2::audit(volume()); }

  InPlace write_ahead;
};

}  // namespace ocfs2
