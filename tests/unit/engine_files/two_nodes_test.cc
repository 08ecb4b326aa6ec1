// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two engines share one device through a lock manager: each sees at once what the other has done, and what
// both leave is one sound volume.
#include "tests/worlds/random_files.h"
#include "tests/worlds/shared_locks.h"

namespace ocfs2 {
namespace {

ConstBytes bytes(std::string_view text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }

std::string text_of_file(Node& node, InodeNo inode) {
  std::string text(node.status(inode).size, 0);
  node.read(inode, 0, {reinterpret_cast<u8*>(text.data()), text.size()});
  return text;
}

struct Pair {
  explicit Pair(const VolumeWish& wish = {})
      : world(wish), one(world.device, 0, locks.member(0)), other(world.device, 1, locks.member(1)) {}
  VolumeWorld world;
  SharedLocks locks;
  NodeHost one, other;
};

}  // namespace

TEST_CASE("a file that one node writes is there for the other at once", "[files]") {
  Pair pair;
  const InodeNo root = pair.one.volume->root();
  const InodeNo file = pair.one.node.create({root, "a"}, {.mode = file_mode::regular | 0644});
  pair.one.node.write(file, 0, bytes("written by the first"));
  REQUIRE(pair.other.node.lookup(root, "a") == file);
  CHECK(text_of_file(pair.other.node, file) == "written by the first");
  pair.other.node.write(file, 11, bytes("the other"));
  CHECK(text_of_file(pair.one.node, file) == "written by the other");
  pair.one.node.rename({root, "a"}, {root, "b"});
  CHECK(!pair.other.node.lookup(root, "a"));
  CHECK(pair.locks.given_up() > 0);
}

TEST_CASE("a file that one node holds outlives its last name on the other", "[files]") {
  Pair pair;
  const InodeNo root = pair.one.volume->root();
  const InodeNo file = pair.one.node.create({root, "a"}, {.mode = file_mode::regular | 0644});
  pair.one.node.write(file, 0, bytes("held"));
  pair.one.node.hold(file);
  pair.other.node.unlink({root, "a"});
  CHECK(text_of_file(pair.one.node, file) == "held");
  CHECK(pair.one.node.status(file).links == 0);
  pair.one.node.let_go(file);
  CHECK_THROWS_AS(pair.other.node.status(file), Error);
  pair.one.node.close();
  pair.other.node.close();
  require_sound(pair.world.device);
}

TEST_CASE("two nodes at random leave what the model says", "[files]") {
  for (u64 seed = 1; seed <= 4; ++seed) {
    VolumeWish wish;
    wish.block_size = seed % 2 == 0 ? 1024 : 4096;
    if (seed > 2) wish.features = wish.features | feature::metaecc;
    Pair pair(wish);
    RandomFiles files(pair.one.node, seed, {.bytes = 60'000});
    std::mt19937_64 random(seed);
    for (u32 i = 0; i < 600; ++i) {
      INFO("seed " << seed << " step " << i);
      files.use(random() % 2 ? pair.one.node : pair.other.node);
      files.step();
      if (i % 100 == 99) files.require_equal_trees();
    }
    files.let_all_go();
    files.use(pair.one.node);
    files.require_equal_trees();
    files.use(pair.other.node);
    files.require_equal_trees();
    pair.one.node.close();
    pair.other.node.close();
    require_sound(pair.world.device);
  }
}

}  // namespace ocfs2
