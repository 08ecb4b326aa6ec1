// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a node tells those who read beside it, what it shows of a damaged volume, and what it brings to its
// end for nodes that died.
#include <catch2/catch.hpp>

#include "engine/volume/directory.h"
#include "tests/worlds/node_world.h"

namespace ocfs2 {
namespace {

constexpr NewFile plain{.mode = file_mode::regular | 0644};

std::string text_of_pieces(Volume& volume, std::span<const FileData::Piece> pieces) {
  std::string text;
  for (const FileData::Piece& piece : pieces) {
    std::string part(piece.length, '\0');
    if (piece.place) volume.device().read(*piece.place, {reinterpret_cast<u8*>(part.data()), part.size()});
    text += part;
  }
  return text;
}

ConstBytes bytes_of_text(const std::string& text) {
  return {reinterpret_cast<const u8*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("the places of a file's bytes hold what reading it gives", "[files]") {
  VolumeWorld world;
  Alone alone;
  NodeHost host(world.device, 0, alone);
  const InodeNo file = host.node.create({host.volume->root(), "file"}, plain);
  host.node.write(file, 0, bytes_of_text("small"));
  CHECK_FALSE(host.node.pieces(file, 0, 5));  // it is in the inode

  host.node.write(file, 9000, bytes_of_text(std::string(5000, 'a')));
  host.node.write(file, 100'000, bytes_of_text("end"));
  for (const auto& [offset, length] :
       std::vector<std::pair<u64, u64>>{{0, 200'000}, {3, 9001}, {13'999, 2}}) {
    const auto pieces = host.node.pieces(file, offset, length);
    REQUIRE(pieces);
    std::string expected(std::min<u64>(length, 100'003 - offset), 'x');
    host.node.read(file, offset, {reinterpret_cast<u8*>(expected.data()), expected.size()});
    CHECK((text_of_pieces(*host.volume, *pieces) == expected));
  }
  CHECK(host.node.pieces(file, 100'003, 1)->empty());
}

TEST_CASE("those who read are waited for before clusters become another file's", "[files]") {
  VolumeWorld world;
  Alone alone;
  NodeHost host(world.device, 0, alone);
  unsigned waits = 0;
  host.node.before_reuse([&] { ++waits; });
  const InodeNo file = host.node.create({host.volume->root(), "file"}, plain);
  host.node.write(file, 0, bytes_of_text(std::string(50'000, 'a')));
  host.node.sync();
  CHECK(waits == 0);
  host.node.resize(file, 10'000);
  CHECK(waits == 0);
  host.node.sync();
  CHECK(waits == 1);
}

TEST_CASE("an immutable file can be changed when it is so no more", "[files]") {
  VolumeWorld world;
  Alone alone;
  NodeHost host(world.device, 0, alone);
  const InodeNo file = host.node.create({host.volume->root(), "file"}, plain);
  host.node.change_status(file, {.attributes = attribute::immutable});
  CHECK(host.node.status(file).attributes == attribute::immutable);
  CHECK(number_of([&] { host.node.write(file, 0, bytes_of_text("x")); }) == EPERM);
  host.node.change_status(file, {.attributes = 0u});
  CHECK(number_of([&] { host.node.write(file, 0, bytes_of_text("x")); }) == 0);
}

TEST_CASE("a damaged block of a directory hides no name that is still there", "[files]") {
  VolumeWish wish;
  wish.features = wish.features.without(feature::indexed_dirs | feature::inline_data);
  VolumeWorld world(wish);
  {
    Alone alone;
    NodeHost host(world.device, 0, alone);
    for (int i = 0; i < 400; ++i)
      host.node.create({host.volume->root(), "name" + std::to_string(i) + std::string(20, '-')}, plain);
    host.node.close();
  }
  Volume& volume = world.volume();
  std::vector<BlockNo> blocks;
  Directory(volume, volume.root()).each_area([&](BlockNo block, ConstBytes) {
    blocks.push_back(block);
    return true;
  });
  REQUIRE(blocks.size() > 3);
  const u64 middle = volume.geometry().byte_of(blocks[1]) + 2048;
  world.device.write(TestKey{}, middle, std::vector<u8>(64, 0xFF));
  volume.cache().drop_all();

  Node node(volume);
  std::vector<DirectoryItem> items;
  CHECK(node.list(volume.root(), items));
  CHECK(items.size() > 300);
  CHECK(items.size() < 403);
  CHECK_THROWS_AS(node.list(volume.root()), Error);
  CHECK(node.lookup(volume.root(), items.back().name) == items.back().inode);
  CHECK_THROWS_AS(node.lookup(volume.root(), "no such name"), Error);  // it may be where the damage is
}

TEST_CASE("what a node that died still held is deleted", "[files]") {
  VolumeWish wish;
  wish.features = wish.features | feature::usrquota | feature::grpquota;
  VolumeWorld world(wish);
  Alone alone;
  u64 free_before = 0;
  {
    NodeHost host(world.device, 0, alone);
    free_before = host.node.space_status().free_clusters;
    const InodeNo file = host.node.create({host.volume->root(), "file"}, plain);
    host.node.write(file, 0, bytes_of_text(std::string(300'000, 'a')));
    host.node.hold(file);
    host.node.unlink({host.volume->root(), "file"});
    host.node.sync();  // it stands in the orphan directory now, and the node is gone
  }
  {
    auto volume = Volume::open(world.device, {.read_only = false});
    auto journal = open_slot_journal(*volume, 0, [] { return 1'900'000'000; });
    journal->replay(journal->reader().scan());
    journal->close();
  }
  NodeHost host(world.device, 1, alone);
  host.node.delete_orphans();
  CHECK(host.node.space_status().free_clusters == free_before);
  host.node.close();
  require_sound(world.device);
}

}  // namespace ocfs2
