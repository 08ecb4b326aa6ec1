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

  ChainAllocator allocator(SystemFile file, u32 slot = 0) {
    return {volume(), volume().system_file(file, slot)};
  }
  bool in_use(ClusterNo cluster) { return allocator(SystemFile::global_bitmap).place_of(cluster).in_use(); }
  u64 used_clusters() { return allocator(SystemFile::global_bitmap).used_bits(); }

  /// Fails the test when any counter of any allocator is not the sum of what it counts, or a suballocator's
  /// group lies in clusters that are free. Reads what is on the device.
  void audit() {
    volume().cache().drop_all();
    audit(SystemFile::global_bitmap, 0);
    audit(SystemFile::global_inode_alloc, 0);
    for (u32 slot = 0; slot < volume().facts().max_slots; ++slot) {
      audit(SystemFile::inode_alloc, slot);
      audit(SystemFile::extent_alloc, slot);
    }
  }

  InPlace write_ahead;

 private:
  void audit(SystemFile file, u32 slot) {
    INFO(system_file_name(file, slot));
    const auto inode = volume().system_file(file, slot);
    const auto chains = ChainList::chains(Inode::body(inode.bytes()));
    std::vector<u64> free(chains.size()), total(chains.size());
    allocator(file, slot).each_group([&](const BlockRef<GroupDescriptor>& group) {
      REQUIRE(group->chain < chains.size());
      free[group->chain] += group->free_bits;
      total[group->chain] += group->bits;
      if (file != SystemFile::global_bitmap) audit_clusters(group, inode->chains.bits_per_cluster);
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
    REQUIRE(u64{inode->clusters} * inode->chains.bits_per_cluster == all_bits);
    REQUIRE(inode->size == u64{inode->clusters} << geometry().cluster_bits);
  }

  void audit_clusters(const BlockRef<GroupDescriptor>& group, u32 bits_per_cluster) {
    for (u32 bit = 0; bit < group->bits; bit += bits_per_cluster)
      REQUIRE(in_use(
          geometry().cluster_of(*GroupDescriptor::block_of_bit(group.bytes(), bit, bits_per_cluster))));
  }
};

}  // namespace ocfs2
