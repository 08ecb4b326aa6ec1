// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/volume/bulk_index.h"
#include "engine/volume/bulk_tree.h"

namespace ocfs2 {
namespace {

std::vector<TreeRecord> records(u32 count) {
  std::vector<TreeRecord> result;
  for (u32 i = 0; i < count; ++i) result.push_back({10 * i, 5, BlockNo(1000 + i), 0});
  return result;
}

struct Blocks {
  u64 next = 1;
  BlockNo operator()() { return BlockNo(next++); }
};

std::vector<IndexedName> names(u32 count) {
  std::vector<IndexedName> result;
  u32 hash = 12345;
  for (u32 i = 0; i < count; ++i) {
    hash = hash * 1664525 + 1013904223;
    result.push_back({hash, hash >> 7, BlockNo(i)});
  }
  return result;
}

}  // namespace

TEST_CASE("records that fit the root need no extent block", "[tree]") {
  const BulkTree tree = build_tree(records(19), 19, 28, Blocks());

  REQUIRE(tree.depth == 0);
  REQUIRE(tree.root.size() == 19);
  REQUIRE(tree.nodes.empty());
  REQUIRE(tree.last_leaf == BlockNo(0));
}

TEST_CASE("one record more makes leaves that are linked and spans without gaps", "[tree]") {
  const BulkTree tree = build_tree(records(60), 19, 28, Blocks());

  REQUIRE(tree.depth == 1);
  REQUIRE(tree.nodes.size() == 3);
  REQUIRE(tree.nodes[0].next_leaf == tree.nodes[1].block);
  REQUIRE(tree.nodes[2].next_leaf == BlockNo(0));
  REQUIRE(tree.last_leaf == tree.nodes[2].block);
  REQUIRE(tree.root[0].key + tree.root[0].clusters == tree.root[1].key);
  REQUIRE(tree.root[2].key + tree.root[2].clusters == 10 * 59 + 5);
}

TEST_CASE("a tree of two levels links leaves only", "[tree]") {
  const BulkTree tree = build_tree(records(20 * 28), 19, 28, Blocks());

  REQUIRE(tree.depth == 2);
  REQUIRE(tree.nodes.size() == 21);
  REQUIRE(tree.nodes[20].depth == 1);
  REQUIRE(tree.nodes[20].next_leaf == BlockNo(0));
  REQUIRE(tree.last_leaf == tree.nodes[19].block);
  REQUIRE(tree.root.size() == 1);
  REQUIRE(tree.root[0].block == tree.nodes[20].block);
}

TEST_CASE("every name is in the leaf that its hash leads to", "[index]") {
  std::vector<IndexedName> all = names(5000);

  const std::vector<IndexCluster> clusters = plan_index(all, 29, 8);

  REQUIRE(clusters.front().key == 0);
  std::size_t found = 0;
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    const auto leaves = leaves_of(all, clusters[i], 8);
    for (u32 leaf = 0; leaf < 8; ++leaf) {
      const std::vector<IndexedName>& in_leaf = leaves[leaf];
      REQUIRE(in_leaf.size() <= 29);
      for (const IndexedName& name : in_leaf) {
        REQUIRE((name.minor & 7) == leaf);
        REQUIRE(name.major >= clusters[i].key);
        if (i + 1 < clusters.size()) REQUIRE(name.major < clusters[i + 1].key);
        ++found;
      }
    }
  }
  REQUIRE(found == 5000);
}

TEST_CASE("names of one hash stay together, and too many of them are refused", "[index]") {
  std::vector<IndexedName> same(30, {7, 1, BlockNo(1)});
  same.push_back({9, 1, BlockNo(2)});

  REQUIRE(plan_index(same, 30, 1).size() == 2);
  REQUIRE_THROWS_WITH(plan_index(same, 29, 1), Catch::Contains("share the directory hash"));
}

}  // namespace ocfs2
