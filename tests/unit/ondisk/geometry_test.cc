// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/geometry.h"

#include <catch2/catch.hpp>

#include "ondisk/quota.h"

namespace ocfs2 {

namespace {

struct Capacities {
  u32 block_bits, extents_inode, extents_block, extents_group, truncate, local_alloc, inline_data,
      extents_index, index_root, index_leaf, extents_xattr, extents_refcount, refcounts, group_bytes,
      group_clusters;
};

}  // namespace

TEST_CASE("what fits a block of each size", "[ondisk][geometry]") {
  const Capacities expected =
      GENERATE(Capacities{9, 19, 28, 11, 39, 304, 312, 19, 19, 29, 27, 23, 23, 448, 3584},
               Capacities{10, 51, 60, 43, 103, 816, 824, 51, 51, 61, 59, 55, 55, 960, 7680},
               Capacities{11, 115, 124, 107, 231, 1840, 1848, 115, 115, 125, 123, 119, 119, 1984, 15872},
               Capacities{12, 243, 252, 235, 487, 3888, 3896, 243, 243, 253, 251, 247, 247, 4032, 32256});
  const Geometry geometry{.block_bits = expected.block_bits, .cluster_bits = 12, .clusters = 1000};
  CHECK(geometry.extent_records_per_inode() == expected.extents_inode);
  CHECK(geometry.chain_records_per_inode() == expected.extents_inode);
  CHECK(geometry.extent_records_per_extent_block() == expected.extents_block);
  CHECK(geometry.extent_records_per_group() == expected.extents_group);
  CHECK(geometry.truncate_records_per_inode() == expected.truncate);
  CHECK(geometry.local_alloc_bitmap_bytes() == expected.local_alloc);
  CHECK(geometry.inline_data_bytes() == expected.inline_data);
  CHECK(geometry.extent_records_per_index_root() == expected.extents_index);
  CHECK(geometry.index_root_entries() == expected.index_root);
  CHECK(geometry.index_leaf_entries() == expected.index_leaf);
  CHECK(geometry.extent_records_per_xattr_root() == expected.extents_xattr);
  CHECK(geometry.extent_records_per_refcount_root() == expected.extents_refcount);
  CHECK(geometry.refcount_records_per_block() == expected.refcounts);
  CHECK(geometry.group_bitmap_bytes() == expected.group_bytes);
  CHECK(geometry.clusters_per_group() == expected.group_clusters);
}

TEST_CASE("where the first cluster group lies", "[ondisk][geometry]") {
  const auto first = [](u32 block_bits, u32 cluster_bits) {
    return Geometry{block_bits, cluster_bits, 100000}.cluster_group_block(0).value;
  };
  CHECK(first(12, 12) == 3);
  CHECK(first(10, 12) == 4);
  CHECK(first(12, 13) == 4);
  CHECK(first(12, 15) == 8);
  CHECK(first(11, 15) == 16);
  CHECK(first(10, 15) == 32);
  CHECK(first(9, 15) == 64);
}

TEST_CASE("the groups and backups of a 5 GiB volume", "[ondisk][geometry]") {
  const Geometry geometry{12, 12, 5 << 18};
  CHECK(geometry.cluster_groups() == 41);
  CHECK(geometry.cluster_group_block(1) == BlockNo(32256));
  CHECK(geometry.clusters_in_group(40) == (5u << 18) - 40 * 32256);
  CHECK(geometry.backup_supers() == 2);
  CHECK(geometry.backup_super_block(0) == BlockNo(262144));
  CHECK(geometry.backup_super_block(1) == BlockNo(1048576));
}

TEST_CASE("what fits the blocks of quota files", "[ondisk][quota]") {
  struct Row {
    u32 block_size, depth, per_leaf, local_per_block, blocks_per_chunk, per_chunk;
  };
  const Row row = GENERATE(Row{512, 5, 5, 21, 190, 3990}, Row{1024, 5, 11, 42, 192, 8064},
                           Row{2048, 4, 23, 85, 191, 16235}, Row{4096, 4, 46, 170, 192, 32640});
  const QuotaGeometry quota{row.block_size};
  CHECK(quota.depth() == row.depth);
  CHECK(quota.records_per_leaf() == row.per_leaf);
  CHECK(quota.local_records_per_block() == row.local_per_block);
  CHECK(quota.blocks_per_chunk() == row.blocks_per_chunk);
  CHECK(quota.records_per_chunk() == row.per_chunk);
  CHECK(quota.chunk_file_block(0) == 1);
  CHECK(quota.chunk_file_block(2) == 1 + 2 * (row.blocks_per_chunk + 1));
}

TEST_CASE("the way through a quota tree", "[ondisk][quota]") {
  const QuotaGeometry quota{4096};  // 1022 references a block, four levels
  CHECK(quota.index_at(3, 5) == 5);
  CHECK(quota.index_at(3, 1022) == 0);
  CHECK(quota.index_at(2, 1022) == 1);
  CHECK(quota.index_at(0, 0xFFFFFFFF) == 0xFFFFFFFF / (1022u * 1022 * 1022));
}

}  // namespace ocfs2
