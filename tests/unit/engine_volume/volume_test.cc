// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/volume/chain_allocator.h"
#include "engine/volume/directory.h"
#include "engine/volume/path.h"
#include "tests/worlds/volume_world.h"

namespace ocfs2 {
namespace {

/// The message with which `action` fails; empty when it does not.
std::string refusal(const std::function<void()>& action) {
  try {
    action();
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

std::string refusal_to_open(BlockDevice& device, const OpenOptions& options = {}) {
  return refusal([&] { Volume::open(device, options); });
}

bool says(const std::string& message, const std::string& part) {
  return message.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a volume is found whatever its block size", "[volume]") {
  const u32 block_size = GENERATE(512u, 1024u, 2048u, 4096u);
  VolumeWorld world({.block_size = block_size});

  Volume& volume = world.volume();

  REQUIRE(volume.geometry().block_size() == block_size);
  REQUIRE(volume.label() == "world");
  REQUIRE(volume.uuid() == "5A010000000000000000000000000000");
  REQUIRE(volume.cluster().local);
}

TEST_CASE("system files are found by name, each slot's own", "[volume]") {
  VolumeWorld world;
  Volume& volume = world.volume();

  const auto first = volume.system_file(SystemFile::journal, 0);
  const auto second = volume.system_file(SystemFile::journal, 1);

  REQUIRE(first.block() != second.block());
  REQUIRE(first->has_flag(inode_flag::journal));
  REQUIRE_FALSE(volume.find_system_file(SystemFile::journal, 2).has_value());
  REQUIRE(says(refusal([&] { volume.system_file(SystemFile::journal, 2); }), "journal:0002 is missing"));
}

TEST_CASE("a fresh volume has free slots and clean journals", "[volume]") {
  VolumeWorld world;

  REQUIRE(world.volume().slot_map() == std::vector<std::optional<u32>>(2));
  REQUIRE_FALSE(world.volume().journal_dirty(0));
}

TEST_CASE("the slot map is read anew each time, in its old form and in its new one", "[volume]") {
  const bool extended = GENERATE(false, true);
  Features features = features_of(FeatureLevel::default_features);
  if (!extended) features = features.without(feature::extended_slotmap);
  VolumeWorld world({.features = features});
  REQUIRE(world.volume().slot_map()[1] == std::nullopt);
  const auto file = world.volume().system_file(SystemFile::slot_map);
  const BlockNo block(ExtentList::records(Inode::body(file.bytes()))[0].block);
  std::vector<u8> map = world.volume().cache().read_raw(block, 1);

  set_slot(map, extended, 1, 7);
  world.device.write(TestKey{}, world.volume().geometry().byte_of(block), map);

  REQUIRE(world.volume().slot_map()[1] == 7u);
  REQUIRE(world.volume().slot_map()[0] == std::nullopt);
}

TEST_CASE("a device without OCFS2 is told apart from a damaged one", "[volume]") {
  MemoryDevice empty(1 << 20);
  VolumeWorld world;
  world.edit_super([](SuperBlock& super) { super.cluster_bits = 40; });

  REQUIRE(says(refusal_to_open(empty), "there is no OCFS2 file system"));
  REQUIRE(says(refusal_to_open(world.device), "the superblock at byte 8192 is corrupt: s_clustersize_bits"));
}

TEST_CASE("OCFS version 1 is recognised", "[volume]") {
  MemoryDevice device(1 << 20);
  const u8 version[] = {0, 0, 0, 0, 2, 0, 0, 0};
  device.write(TestKey{}, 0, version);

  REQUIRE(says(refusal_to_open(device), "OCFS version 1"));
}

TEST_CASE("when the first superblock is gone the message names an intact backup, and that opens",
          "[volume]") {
  VolumeWorld world({.bytes = u64{1100} << 20});
  world.device.zero(TestKey{}, 0, 64 << 10);

  const std::string message = refusal_to_open(world.device);
  OpenOptions options;
  options.super.backup = 1;
  const auto volume = Volume::open(world.device, options);

  REQUIRE(says(message, "Backup 1 (at 1 GiB) is intact: UUID 5A01"));
  REQUIRE(says(message, "label \"world\"; use -s 1"));
  REQUIRE(volume->found_super().block == BlockNo((u64{1} << 30) / 4096));
  REQUIRE(volume->root() == InodeNo(5));
}

TEST_CASE("a backup beyond the end of the device is missing, not an I/O error", "[volume]") {
  VolumeWorld world;
  OpenOptions options;
  options.super.backup = 2;

  REQUIRE(
      says(refusal_to_open(world.device, options), "backup superblock 2 (at 4 GiB) is missing or damaged"));
}

TEST_CASE("a superblock can be named by block and block size", "[volume]") {
  VolumeWorld world;
  OpenOptions options;
  options.super.super_block = 2;
  REQUIRE(says(refusal_to_open(world.device, options), "means nothing without a block size"));

  options.super.block_size = 4096;
  REQUIRE(Volume::open(world.device, options)->label() == "world");

  options.super.super_block = u64{1} << 60;
  REQUIRE(says(refusal_to_open(world.device, options), "beyond the end"));
  options.super.block_size = 1000;
  REQUIRE(says(refusal_to_open(world.device, options), "a block cannot have 1000 bytes"));
}

TEST_CASE("unknown features are refused by number, but can be looked at", "[volume]") {
  VolumeWorld world;
  world.edit_super([](SuperBlock& super) { super.feature_incompat |= 0x10000000; });
  OpenOptions look;
  look.unknown_features = true;

  REQUIRE(says(refusal_to_open(world.device), "incompat 0x10000000"));
  REQUIRE(Volume::open(world.device, look)->label() == "world");
}

TEST_CASE("an unknown ro_compat feature stands in the way of writing only", "[volume]") {
  VolumeWorld world;
  world.edit_super([](SuperBlock& super) { super.feature_ro_compat |= 0x100; });
  OpenOptions writing;
  writing.read_only = false;

  REQUIRE(refusal_to_open(world.device).empty());
  REQUIRE(says(refusal_to_open(world.device, writing), "ro_compat 0x100"));
}

TEST_CASE("changes that were cut off are refused with the remedy", "[volume]") {
  VolumeWorld world;
  world.edit_super([](SuperBlock& super) { super.feature_incompat |= feature::aborted_resize.incompat; });
  OpenOptions anyway;
  anyway.unfinished_change = true;

  REQUIRE(says(refusal_to_open(world.device), "run \"fsck.ocfs2 -f memory\""));
  REQUIRE(refusal_to_open(world.device, anyway).empty());
}

TEST_CASE("who may mount a volume", "[volume]") {
  const ClusterInfo info{.stack = "o2cb", .name = "prod", .global_heartbeat = true};
  VolumeWorld world({.local = false, .cluster = info});

  const ClusterIdentity cluster = world.volume().cluster();

  REQUIRE_FALSE(cluster.local);
  REQUIRE(cluster.stack == "o2cb");
  REQUIRE(cluster.cluster == "prod");
  REQUIRE(cluster.global_heartbeat);
}

TEST_CASE("inode numbers outside the volume and free inodes are refused", "[volume]") {
  VolumeWorld world;
  Volume& volume = world.volume();
  world.plant<Inode>(BlockNo(9000), [](Inode& inode, Bytes) { inode.dtime = 5; });

  REQUIRE(says(refusal([&] { volume.inode(InodeNo(2)); }), "there can be no inode 2"));
  REQUIRE(says(refusal([&] { volume.inode(InodeNo(~u64{0})); }), "there can be no inode"));
  REQUIRE(says(refusal([&] { volume.inode(InodeNo(9000)); }), "not in use"));
  REQUIRE(volume.any_inode(InodeNo(9000))->dtime == 5);
}

TEST_CASE("the global bitmap knows every cluster's bit without a walk", "[volume]") {
  VolumeWorld world({.bytes = 300 << 20});
  Volume& volume = world.volume();
  ChainAllocator bitmap(volume, volume.system_file(SystemFile::global_bitmap));

  u64 free = 0;
  bitmap.each_group([&](const BlockRef<GroupDescriptor>& group) { return free += group->free_bits, true; });

  REQUIRE(free == bitmap.free_bits());
  REQUIRE(bitmap.place_of(ClusterNo(0)).in_use());
  REQUIRE_FALSE(bitmap.place_of(ClusterNo(40000)).in_use());
  REQUIRE(bitmap.place_of(ClusterNo(40000)).group.block() == BlockNo(32256));
  REQUIRE(says(refusal([&] { bitmap.place_of(ClusterNo(76800)); }), "there is no cluster 76800"));
}

TEST_CASE("a suballocator finds the bit of its blocks, and only of those", "[volume]") {
  VolumeWorld world;
  Volume& volume = world.volume();
  const ChainAllocator inodes(volume, volume.system_file(SystemFile::global_inode_alloc));

  const auto root = inodes.place_of(block_of(volume.root()));

  REQUIRE(root.has_value());
  REQUIRE(root->bit == 1);
  REQUIRE(root->in_use());
  REQUIRE_FALSE(inodes.place_of(BlockNo(9000)).has_value());
}

TEST_CASE("a chain that leads into another is an error", "[volume]") {
  VolumeWorld world({.bytes = 300 << 20});
  Volume& volume = world.volume();
  std::vector<u8> group = volume.cache().read_raw(BlockNo(3), 1);
  as<GroupDescriptor>(Bytes(group)).next_group = 32256;
  world.device.write(TestKey{}, 3 * 4096, group);
  const ChainAllocator bitmap(volume, volume.system_file(SystemFile::global_bitmap));

  REQUIRE(
      says(refusal([&] { bitmap.each_group([](const auto&) { return true; }); }), "reach group 32256 twice"));
}

TEST_CASE("files are named as debuggers name them", "[volume]") {
  VolumeWorld world;
  Volume& volume = world.volume();
  const PathStart start{volume.root(), volume.root()};
  const InodeNo lost = resolve_path(volume, "/lost+found", start);

  REQUIRE(resolve_path(volume, "lost+found/..", start) == volume.root());
  REQUIRE(resolve_path(volume, "/lost+found/", start) == lost);
  REQUIRE(resolve_path(volume, "/", start) == volume.root());
  REQUIRE(resolve_path(volume, "//", start) == volume.system_directory());
  REQUIRE(resolve_path(volume, "//slot_map", start) == *volume.find_system_file(SystemFile::slot_map));
  REQUIRE(resolve_path(volume, "<0x11>", start) == InodeNo(17));
  const std::string missing = refusal([&] { resolve_path(volume, "/lost+found/x/y", start); });
  REQUIRE(says(missing, "there is no \"/lost+found/x\""));
  REQUIRE(path_of_name(volume, volume.root(), "x") == "/x");
  REQUIRE(path_of_name(volume, InodeNo(3), "x") == "<3>/x");  // where there is no directory
  REQUIRE(says(refusal([&] { resolve_path(volume, "//slot_map/x", start); }), "is not a directory"));
  REQUIRE_FALSE(parse_inode_number("<>").has_value());
  REQUIRE_FALSE(parse_inode_number("<12x>").has_value());
}

}  // namespace ocfs2
