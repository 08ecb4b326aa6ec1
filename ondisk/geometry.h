// SPDX-License-Identifier: GPL-2.0-or-later
//
// The measures of a volume, and everything that follows from them by arithmetic (spec: ondisk.md 0 and 1.4).
#pragma once

#include "ondisk/numbers.h"

namespace ocfs2 {

inline constexpr u32 block_size_min = 512;
inline constexpr u32 block_size_max = 4096;
inline constexpr u32 cluster_size_min = 4096;
inline constexpr u32 cluster_size_max = 1024 * 1024;
inline constexpr u32 slots_max = 255;
inline constexpr u32 nodes_max = 255;
inline constexpr u16 no_slot = 0xFFFF;
inline constexpr BlockNo super_block_no{2};
inline constexpr u64 volume_clusters_max = 0xFFFFFFFF;
inline constexpr u64 journal_bytes_min = 4 * 1024 * 1024;
inline constexpr u32 backup_super_count_max = 6;

struct Geometry {
  u32 block_bits = 12;    ///< log2 of the block size in bytes, 9 … 12
  u32 cluster_bits = 12;  ///< log2 of the cluster size in bytes, 12 … 20
  u32 clusters = 0;       ///< clusters in the volume

  constexpr u32 block_size() const { return 1u << block_bits; }
  constexpr u32 cluster_size() const { return 1u << cluster_bits; }
  constexpr u32 blocks_per_cluster() const { return 1u << (cluster_bits - block_bits); }
  constexpr u64 blocks() const { return u64{clusters} << (cluster_bits - block_bits); }
  constexpr u64 bytes() const { return u64{clusters} << cluster_bits; }

  constexpr u64 byte_of(BlockNo block) const { return block.value << block_bits; }
  constexpr BlockNo first_block_of(ClusterNo cluster) const {
    return BlockNo(cluster.value << (cluster_bits - block_bits));
  }
  constexpr ClusterNo cluster_of(BlockNo block) const {
    return ClusterNo(block.value >> (cluster_bits - block_bits));
  }
  constexpr u64 clusters_for(u64 byte_count) const { return divide_up(byte_count, cluster_size()); }
  constexpr u64 blocks_for(u64 byte_count) const { return divide_up(byte_count, block_size()); }
  constexpr bool contains(BlockNo block) const { return block.value < blocks(); }
  constexpr bool starts_cluster(BlockNo block) const { return block.value % blocks_per_cluster() == 0; }

  // Capacities of the structures that fill a block up to its end.
  constexpr u32 extent_records_per_inode() const { return (block_size() - 0xD0) / 16; }
  constexpr u32 extent_records_per_extent_block() const { return (block_size() - 0x40) / 16; }
  constexpr u32 extent_records_per_group() const { return (block_size() - 0x150) / 16; }
  constexpr u32 extent_records_per_index_root() const { return (block_size() - 0xD0) / 16; }
  constexpr u32 extent_records_per_xattr_root() const { return (block_size() - 0x50) / 16; }
  constexpr u32 extent_records_per_refcount_root() const { return (block_size() - 0x90) / 16; }
  constexpr u32 chain_records_per_inode() const { return (block_size() - 0xD0) / 16; }
  constexpr u32 truncate_records_per_inode() const { return (block_size() - 0xC8) / 8; }
  constexpr u32 local_alloc_bitmap_bytes() const { return block_size() - 0xD0; }
  constexpr u32 inline_data_bytes() const { return block_size() - 0xC8; }
  constexpr u32 index_root_entries() const { return (block_size() - 0xC8) / 16; }
  constexpr u32 index_leaf_entries() const { return (block_size() - 0x30) / 16; }
  constexpr u32 refcount_records_per_block() const { return (block_size() - 0x90) / 16; }
  constexpr u32 group_bitmap_bytes() const { return block_size() - 0x40; }

  // Cluster groups: where the global bitmap lies (spec: ondisk.md 1.4).
  constexpr u32 clusters_per_group() const { return 8 * group_bitmap_bytes(); }
  constexpr u32 cluster_groups() const { return static_cast<u32>(divide_up(clusters, clusters_per_group())); }
  constexpr ClusterNo first_cluster_group() const { return ClusterNo(divide_up(3, blocks_per_cluster())); }
  /// The block of cluster group `index`'s descriptor; index < cluster_groups().
  constexpr BlockNo cluster_group_block(u32 index) const {
    return first_block_of(index == 0 ? first_cluster_group()
                                     : ClusterNo(u64{index} * clusters_per_group()));
  }
  /// How many clusters group `index` covers; only the last group may have fewer than clusters_per_group().
  constexpr u32 clusters_in_group(u32 index) const {
    const u64 before = u64{index} * clusters_per_group();
    const u64 left = clusters - before;
    return left < clusters_per_group() ? static_cast<u32>(left) : clusters_per_group();
  }

  /// Clusters of one block group of a suballocator (spec: ondisk.md 1.7).
  constexpr u32 suballocator_group_clusters() const {
    const u32 bytes = block_bits >= 11 ? 4u << 20 : block_bits == 10 ? 2u << 20 : 1u << 20;
    return bytes >> cluster_bits;
  }

  /// Where mkfs puts the first group of the global inode allocator, with the root and the system directory.
  constexpr BlockNo system_inode_group_block() const { return first_block_of(first_cluster_group() + 1); }

  /// Byte address of backup superblock `index` (0 … 5): 1 GiB × 4^index (spec: ondisk.md 1.3).
  static constexpr u64 backup_super_byte(u32 index) { return u64{1} << (30 + 2 * index); }
  constexpr BlockNo backup_super_block(u32 index) const {
    return BlockNo(backup_super_byte(index) >> block_bits);
  }
  /// How many backup superblocks lie inside the volume, 0 … 6.
  constexpr u32 backup_supers() const {
    u32 count = 0;
    while (count < backup_super_count_max && contains(backup_super_block(count))) ++count;
    return count;
  }
};

}  // namespace ocfs2
