// SPDX-License-Identifier: GPL-2.0-or-later
//
// A small sound volume with something of everything in it, and the damage that an input asks for.
#pragma once

#include "engine/volume/directory.h"
#include "engine/volume/extent_tree.h"
#include "engine/volume/refcount_tree.h"
#include "engine/volume/xattr_set.h"
#include "tests/worlds/volume_world.h"

namespace ocfs2 {

inline constexpr u64 planted = 9000;  ///< first block of what was made by hand

/// A file with a tree of two levels, shared extents, and attributes in a block.
inline void plant_file(VolumeWorld& world) {
  const Geometry& geometry = world.volume().geometry();
  world.plant<Inode>(BlockNo(planted), [&](Inode& inode, Bytes block) {
    become_file(inode, geometry, 9 * 4096);
    inode.clusters = 4;
    inode.last_extent_block = planted + 2;
    inode.dynamic_features = dynamic_feature::has_xattr | dynamic_feature::has_refcount;
    inode.xattr_block = planted + 3;
    inode.refcount_root = planted + 4;
    inode.extents.tree_depth = static_cast<u16>(1);
    add_child(Inode::body(block), 0, 5, planted + 1);
    add_child(Inode::body(block), 5, 2, planted + 2);
  });
  for (const u32 leaf : {1u, 2u})
    world.plant<ExtentBlock>(BlockNo(planted + leaf), [&](ExtentBlock& node, Bytes block) {
      node.next_leaf = leaf == 1 ? planted + 2 : 0;
      node.list.count = static_cast<u16>(geometry.extent_records_per_extent_block());
      const u32 cpos = leaf == 1 ? 0 : 5;
      add_run(ExtentBlock::list_bytes(block), cpos, 1, 9600 + leaf * 80, ExtentRecord::refcounted);
      add_run(ExtentBlock::list_bytes(block), cpos + 1, 1, 9600 + leaf * 80 + 16, ExtentRecord::unwritten);
    });
  world.plant<XattrBlock>(BlockNo(planted + 3), [&](XattrBlock& xattrs, Bytes block) {
    const Bytes container = XattrBlock::container(block);
    xattrs.header.count = static_cast<u16>(1);
    XattrEntry& entry = XattrHeader::entries(container)[0];
    entry.name_hash = xattr_hash("a", world.volume().facts().uuid_hash);
    entry.name_offset = static_cast<u16>(container.size() - 8);
    entry.name_length = 1;
    entry.type_and_local = static_cast<u8>(XattrType::user) | XattrEntry::local;
    entry.value_size = 4;
    container[container.size() - 8] = 'a';
  });
  world.plant<RefcountBlock>(BlockNo(planted + 4), [&](RefcountBlock& root, Bytes block) {
    root.inodes = 1;
    root.records.count = static_cast<u16>(geometry.refcount_records_per_block());
    root.records.used = static_cast<u16>(1);
    RefcountRecord& record = RefcountList::slots(RefcountBlock::list_bytes(block))[0];
    record.cluster = 1210;
    record.clusters = 1;
    record.references = 2;
  });
}

class SmallVolume {
 public:
  SmallVolume()
      : world_({.bytes = 16 << 20,
                .block_size = 512,
                .features = features_of(FeatureLevel::default_features).without(feature::inline_data)}) {
    plant_file(world_);
    require_sound();
    std::vector<u8> block(512);
    for (u64 offset = 0; offset < world_.device.size_bytes(); offset += block.size()) {
      world_.device.read(offset, block);
      if (std::ranges::any_of(block, [](u8 byte) { return byte != 0; })) used_.push_back(offset);
    }
  }

  /// The volume with the changes that `input` asks for: five bytes each, three for the place and two for the
  /// value.
  MemoryDevice damaged(ConstBytes input) const {
    MemoryDevice device = world_.device;
    for (; input.size() >= 5; input = input.subspan(5)) {
      const u64 block = used_[(input[0] | input[1] << 8) % used_.size()];
      const u8 bytes[] = {input[3], input[4]};
      device.write(TestKey{}, block + input[2] * 2u, bytes);
    }
    return device;
  }

 private:
  /// Damage is worth something only where everything was reached before.
  void require_sound() {
    Volume& volume = world_.volume();
    const auto inode = volume.inode(InodeNo(planted));
    u32 runs = 0;
    ExtentTree::of(volume.cache(), inode).each_run([&](const ExtentRun&) { return ++runs > 0; });
    require(runs == 4);
    require(XattrSet(volume, inode).get("user.a").has_value());
    require(RefcountTree(volume.cache(), BlockNo(planted + 4)).references(ClusterNo(1210)) == 2);
    require(Directory(volume, volume.system_directory()).indexed());
  }

  VolumeWorld world_;
  std::vector<u64> used_;  ///< offsets of the blocks that hold anything
};

}  // namespace ocfs2
