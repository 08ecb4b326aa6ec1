// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/volume/directory.h"
#include "tests/worlds/volume_world.h"

namespace ocfs2 {
namespace {

const Features default_features = features_of(FeatureLevel::default_features);

/// Every name of the directory, with its inode.
std::map<std::string, InodeNo> names_of(Directory& directory) {
  std::map<std::string, InodeNo> names;
  directory.each([&](const DirectoryEntry& entry, std::string_view name) {
    return names.emplace(name, InodeNo(entry.inode)).second;
  });
  return names;
}

}  // namespace

TEST_CASE("a directory inside its inode lists what it holds", "[directory]") {
  VolumeWorld world;
  Directory root(world.volume(), world.volume().root());

  const auto names = names_of(root);

  REQUIRE(names.size() == 3);
  REQUIRE(names.at(".") == world.volume().root());
  REQUIRE(names.at("..") == world.volume().root());
  REQUIRE(root.lookup("lost+found") == names.at("lost+found"));
  REQUIRE_FALSE(root.lookup("nothing").has_value());
}

TEST_CASE("every name is found, through the index and without it", "[directory]") {
  const bool checksums = GENERATE(false, true);
  const bool index = GENERATE(false, true);
  const u32 slots = GENERATE(2u, 40u);
  Features features = default_features;
  if (checksums) features = features | feature::metaecc;
  if (!index) features = features.without(feature::indexed_dirs);
  features = features.without(feature::inline_data);
  VolumeWorld world({.bytes = 512 << 20, .block_size = 1024, .features = features, .slots = slots});
  Directory directory(world.volume(), world.volume().system_directory());

  const auto names = names_of(directory);

  REQUIRE(names.size() == 7 - 2 + 2 + 6 * slots);
  REQUIRE(directory.indexed() == index);
  REQUIRE(directory.trailers() == (checksums || index));
  for (const auto& [name, inode] : names) {
    REQUIRE(directory.lookup(name) == inode);
    REQUIRE(directory.search(name) == inode);
  }
  REQUIRE_FALSE(directory.lookup("nothing").has_value());
  REQUIRE_FALSE(directory.search("nothing").has_value());
}

TEST_CASE("what is no directory is refused", "[directory]") {
  VolumeWorld world;
  const InodeNo file = *world.volume().find_system_file(SystemFile::slot_map);

  REQUIRE_THROWS_WITH(Directory(world.volume(), file), Catch::Contains("is not a directory"));
}

TEST_CASE("a hole in a directory is an error", "[directory]") {
  VolumeWorld world;
  world.plant<Inode>(BlockNo(10000), [&](Inode& inode, Bytes block) {
    become_file(inode, world.volume().geometry(), 2 * 4096);
    inode.mode = file_mode::directory | 0755;
    inode.clusters = 2;
    add_run(Inode::body(block), 1, 2, 11000);
  });
  Directory directory(world.volume(), InodeNo(10000));

  REQUIRE_THROWS_WITH(names_of(directory), Catch::Contains("directory 10000 has a hole at block 0 of 2"));
}

}  // namespace ocfs2
