// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/format/fresh_space.h"

#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/format/fresh_suballocator.h"

namespace ocfs2 {
namespace {

/// 1 KiB blocks, 4 KiB clusters: 7680 clusters a group, the first descriptor in cluster 1.
Geometry three_groups() { return {.block_bits = 10, .cluster_bits = 12, .clusters = 2 * 7680 + 100}; }

u64 first_of(const ClusterRun& run) { return run.start.value; }

}  // namespace

TEST_CASE("a fresh space has only its descriptors in use", "[format]") {
  const FreshSpace space(three_groups());

  REQUIRE(space.used_clusters() == 2 + 1 + 1);
  REQUIRE(space.used_in_group(0).size() == 1);
  REQUIRE(space.used_in_group(0)[0].clusters == 2);
  REQUIRE(first_of(space.used_in_group(2)[0]) == 2 * 7680);
}

TEST_CASE("contiguous runs are taken first fit and never cross a group", "[format]") {
  FreshSpace space(three_groups());

  REQUIRE(first_of(space.allocate_contiguous(7000)) == 2);
  REQUIRE(first_of(space.allocate_contiguous(1000)) == 7681);  // 678 are left in the first group
  REQUIRE(first_of(space.allocate_contiguous(600)) == 7002);
  REQUIRE_THROWS_AS(space.allocate_contiguous(7680), Error);
}

TEST_CASE("a long allocation takes the longest run of the first group that has any", "[format]") {
  FreshSpace space(three_groups());
  space.reserve(ClusterNo(100));  // 98 free before it, 7579 behind it

  const std::vector<ClusterRun> runs = space.allocate(8000);

  REQUIRE(runs.size() == 3);
  REQUIRE(first_of(runs[0]) == 101);
  REQUIRE(runs[0].clusters == 7579);
  REQUIRE(first_of(runs[1]) == 2);
  REQUIRE(runs[1].clusters == 98);
  REQUIRE(first_of(runs[2]) == 7681);
  REQUIRE(space.used_clusters() == 4 + 1 + 8000);
}

TEST_CASE("what does not fit is refused in words", "[format]") {
  FreshSpace space(three_groups());
  REQUIRE_THROWS_WITH(space.allocate(16000), Catch::Contains("Volume size too small"));
  REQUIRE_THROWS_AS(FreshSpace({.block_bits = 12, .cluster_bits = 12, .clusters = 4}), Error);
}

TEST_CASE("a suballocator fills its groups in order and chains them in turn", "[format]") {
  const Geometry geometry{.block_bits = 9, .cluster_bits = 12, .clusters = 3584 * 40};
  FreshSpace space(geometry);
  FreshSuballocator allocator(geometry, 3, geometry.suballocator_group_clusters());
  const u32 usable = allocator.bits_per_group() - 1;

  const Suballocation first = allocator.allocate(space);
  for (u32 i = 1; i < usable; ++i) allocator.allocate(space);
  const Suballocation next = allocator.allocate(space);

  REQUIRE(first.bit == 1);
  REQUIRE(first.slot == 3);
  REQUIRE(first.block == first.group + 1);
  REQUIRE(next.bit == 1);
  REQUIRE(next.group != first.group);
  REQUIRE(allocator.used_bits(0) == allocator.bits_per_group());
  REQUIRE(allocator.used_bits(1) == 2);

  while (allocator.groups() < 21) allocator.add_group(space);  // 19 chains
  REQUIRE(allocator.chains() == 19);
  REQUIRE(allocator.chain_of(20) == 1);
  REQUIRE(allocator.head_of(1) == 20);
  REQUIRE(allocator.head_of(2) == 2);
  REQUIRE(allocator.next_in_chain(20) == allocator.group(1));
  REQUIRE(allocator.next_in_chain(1) == BlockNo(0));
}

}  // namespace ocfs2
