// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/volume/file_data.h"
#include "tests/worlds/volume_world.h"

namespace ocfs2 {
namespace {

constexpr BlockNo file_block{10000};

std::string read_text(VolumeWorld& world, u64 offset, std::size_t length) {
  FileData data(world.volume(), world.volume().inode(inode_at(file_block)));
  std::vector<u8> bytes(length, '#');
  bytes.resize(data.read(offset, bytes));
  return {bytes.begin(), bytes.end()};
}

std::string refusal_to_walk(VolumeWorld& world) {
  try {
    ExtentTree::of(world.volume().cache(), world.volume().inode(inode_at(file_block)))
        .each_run([](const ExtentRun&) { return true; });
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

/// A file whose tree has two leaves: clusters 0 and 1 in the first, 5 and 6 (unwritten) in the second.
void plant_deep_file(VolumeWorld& world) {
  const Geometry& geometry = world.volume().geometry();
  world.plant<Inode>(file_block, [&](Inode& inode, Bytes block) {
    become_file(inode, geometry, 7 * 4096);
    inode.clusters = 4;
    inode.last_extent_block = 10002;
    inode.extents.tree_depth = static_cast<u16>(1);
    add_child(Inode::body(block), 0, 5, 10001);
    add_child(Inode::body(block), 5, 2, 10002);
  });
  world.plant<ExtentBlock>(BlockNo(10001), [&](ExtentBlock& node, Bytes block) {
    node.next_leaf = 10002;
    node.list.count = static_cast<u16>(geometry.extent_records_per_extent_block());
    add_run(ExtentBlock::list_bytes(block), 0, 1, 11000);
    add_run(ExtentBlock::list_bytes(block), 1, 1, 11005);
  });
  world.plant<ExtentBlock>(BlockNo(10002), [&](ExtentBlock& node, Bytes block) {
    node.list.count = static_cast<u16>(geometry.extent_records_per_extent_block());
    add_run(ExtentBlock::list_bytes(block), 5, 1, 11010);
    add_run(ExtentBlock::list_bytes(block), 6, 1, 11011, ExtentRecord::unwritten);
  });
}

}  // namespace

TEST_CASE("holes and unwritten extents read as zeros, and reading stops at the end of the file", "[volume]") {
  VolumeWorld world;
  plant_deep_file(world);
  world.plant_bytes(BlockNo(11000), "first");
  world.plant_bytes(BlockNo(11005), "second");
  world.plant_bytes(BlockNo(11010), "third");
  world.plant_bytes(BlockNo(11011), "never written");

  REQUIRE(read_text(world, 0, 5) == "first");
  REQUIRE(read_text(world, 4096, 6) == "second");
  REQUIRE(read_text(world, 4094, 4) == std::string("\0\0se", 4));
  REQUIRE(read_text(world, 3 * 4096, 4) == std::string(4, '\0'));
  REQUIRE(read_text(world, 5 * 4096, 5) == "third");
  REQUIRE(read_text(world, 6 * 4096, 5) == std::string(5, '\0'));
  REQUIRE(read_text(world, 7 * 4096 - 2, 10).size() == 2);
  REQUIRE(read_text(world, 7 * 4096, 10).empty());
}

TEST_CASE("only what is there is visited", "[volume]") {
  VolumeWorld world;
  plant_deep_file(world);
  FileData data(world.volume(), world.volume().inode(inode_at(file_block)));
  std::vector<u64> offsets;

  data.each_piece(
      [&](u64 offset, ConstBytes piece) { return offsets.push_back(offset), piece.size() == 4096; });

  REQUIRE(offsets == std::vector<u64>{0, 4096, 5 * 4096});
}

TEST_CASE("an offset is mapped to its run, from there on", "[volume]") {
  VolumeWorld world;
  world.plant<Inode>(file_block, [&](Inode& inode, Bytes block) {
    become_file(inode, world.volume().geometry(), 20 * 4096);
    inode.clusters = 8;
    add_run(Inode::body(block), 4, 8, 11000);
  });
  const auto tree = ExtentTree::of(world.volume().cache(), world.volume().inode(inode_at(file_block)));

  REQUIRE_FALSE(tree.find(3).has_value());
  REQUIRE_FALSE(tree.find(12).has_value());
  REQUIRE(tree.find(6)->block == BlockNo(11002));
  REQUIRE(tree.find(6)->clusters == 6);
  REQUIRE(tree.last_at_or_before(0xFFFFFFFF)->cpos == 4);
}

TEST_CASE("small files are read from the inode", "[volume]") {
  VolumeWorld world;
  world.plant<Inode>(file_block, [&](Inode& inode, Bytes block) {
    become_file(inode, world.volume().geometry(), 5);
    inode.dynamic_features = dynamic_feature::inline_data;
    inode.inline_data.count = static_cast<u16>(world.volume().geometry().inline_data_bytes());
    inode.inline_data.reserved1 = static_cast<u16>(0);
    std::ranges::copy(std::string_view("hello"), InlineData::data(Inode::body(block)).begin());
  });

  REQUIRE(read_text(world, 0, 100) == "hello");
  REQUIRE(read_text(world, 3, 100) == "lo");
}

TEST_CASE("a tree that reaches a block twice is an error", "[volume]") {
  VolumeWorld world;
  plant_deep_file(world);
  world.plant<Inode>(file_block, [&](Inode& inode, Bytes block) {
    become_file(inode, world.volume().geometry(), 7 * 4096);
    inode.clusters = 4;
    inode.last_extent_block = 10001;
    inode.extents.tree_depth = static_cast<u16>(1);
    add_child(Inode::body(block), 0, 5, 10001);
    add_child(Inode::body(block), 5, 2, 10001);
  });

  REQUIRE(refusal_to_walk(world).find("reaches block 10001 twice") != std::string::npos);
}

TEST_CASE("a child that is as deep as its parent is an error", "[volume]") {
  VolumeWorld world;
  plant_deep_file(world);
  world.plant<ExtentBlock>(BlockNo(10001), [&](ExtentBlock& node, Bytes block) {
    node.list.count = static_cast<u16>(world.volume().geometry().extent_records_per_extent_block());
    node.list.tree_depth = static_cast<u16>(1);
    add_child(ExtentBlock::list_bytes(block), 0, 5, 10001);
  });

  REQUIRE(refusal_to_walk(world).find("is at depth 1") != std::string::npos);
}

TEST_CASE("leaves that go back are an error", "[volume]") {
  VolumeWorld world;
  plant_deep_file(world);
  world.plant<ExtentBlock>(BlockNo(10002), [&](ExtentBlock& node, Bytes block) {
    node.list.count = static_cast<u16>(world.volume().geometry().extent_records_per_extent_block());
    add_run(ExtentBlock::list_bytes(block), 1, 1, 11010);
  });

  REQUIRE(refusal_to_walk(world).find("overlap") != std::string::npos);
}

TEST_CASE("targets of symbolic links, fast and slow", "[volume]") {
  VolumeWorld world;
  const auto link = [&](bool slow) {
    world.plant<Inode>(file_block, [&](Inode& inode, Bytes block) {
      become_file(inode, world.volume().geometry(), 6);
      inode.mode = file_mode::symlink | 0777;
      if (!slow) {
        inode.extents.count = static_cast<u16>(0);
        std::ranges::copy(std::string_view("target"), Inode::body(block).begin());
        return;
      }
      inode.clusters = 1;
      add_run(Inode::body(block), 0, 1, 11000);
    });
    return symlink_target(world.volume(), world.volume().inode(inode_at(file_block)));
  };
  world.plant_bytes(BlockNo(11000), "afar/x");

  REQUIRE(link(false) == "target");
  REQUIRE(link(true) == "afar/x");
}

}  // namespace ocfs2
