// SPDX-License-Identifier: GPL-2.0-or-later
//
// A node does what a file system has to do, and leaves a sound volume.
#include "tests/worlds/random_files.h"

namespace ocfs2 {
namespace {

void walk(const VolumeWish& wish, u64 seed, u32 steps, const RandomFiles::Limits& limits) {
  VolumeWorld world(wish);
  Alone alone;
  NodeHost host(world.device, 0, alone);
  RandomFiles files(host.node, seed, limits);
  std::string last;
  for (u32 i = 0; i < steps; ++i) {
    INFO("seed " << seed << " step " << i << " after " << last);
    last = files.step();
    if (i % 100 == 99) files.require_equal_trees();
  }
  files.require_equal_trees();
  files.let_all_go();
  files.require_equal_trees();
  host.node.close();
  require_sound(world.device);
}

VolumeWish wish_for(u32 block_size, Features more = {}, Features without = {}) {
  VolumeWish wish;
  wish.bytes = 96 << 20;
  wish.block_size = block_size;
  wish.features = (wish.features | more).without(without);
  return wish;
}

}  // namespace

TEST_CASE("random file operations do what the model does", "[files]") {
  for (u64 seed = 1; seed <= 3; ++seed) {
    walk(wish_for(4096), seed, 1500, {});
    walk(wish_for(512, feature::metaecc), seed, 1500, {});
    walk(wish_for(1024, feature::indexed_dirs | feature::inline_data), seed, 1500, {});
    walk(wish_for(2048, {}, feature::inline_data), seed, 1000, {});
    walk(wish_for(4096, feature::usrquota | feature::grpquota), seed, 1000, {});
  }
}

TEST_CASE("a file without a name gets one, or goes", "[files]") {
  VolumeWorld world(wish_for(4096, feature::usrquota));
  Alone alone;
  NodeHost host(world.device, 0, alone);
  Node& node = host.node;
  const InodeNo root = host.volume->root();
  const u64 free = node.space_status().free_inodes;

  const InodeNo kept = node.create_nameless(root, {.mode = file_mode::regular | 0600, .uid = 7});
  CHECK(node.status(kept).links == 0);
  node.link(kept, {root, "kept"});
  CHECK(node.lookup(root, "kept") == kept);
  CHECK_THROWS_AS(node.link(kept, {root, "kept"}), FileError);
  node.let_go(kept);
  CHECK(node.status(kept).links == 1);

  const InodeNo lost = node.create_nameless(root, {.mode = file_mode::regular | 0600});
  node.let_go(lost);
  CHECK_FALSE(host.volume->any_inode(lost)->has_flag(inode_flag::valid));

  // A file that was removed is none of these.
  node.hold(kept);
  node.unlink({root, "kept"});
  CHECK_THROWS_AS(node.link(kept, {root, "again"}), FileError);
  node.let_go(kept);
  CHECK(node.space_status().free_inodes >= free);
  node.close();
  require_sound(world.device);
}

TEST_CASE("directories grow, get an index, and shrink", "[files]") {
  for (const u32 block_size : {512u, 4096u})
    walk(wish_for(block_size, feature::metaecc), 7, 6000, {.names = 2000, .bytes = 3000, .name_length = 40});
}

}  // namespace ocfs2
