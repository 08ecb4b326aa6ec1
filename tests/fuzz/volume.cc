// SPDX-License-Identifier: GPL-2.0-or-later
//
// Looking at a damaged volume ends: in what was asked for or in an Error, never in a crash or a hang. The
// input is a list of bytes to change in a small sound volume, so that nearly every input is a volume with a
// few damages, deep inside.
#include <set>

#include "engine/cluster/heartbeat.h"
#include "engine/error.h"
#include "engine/volume/chain_allocator.h"
#include "engine/volume/directory.h"
#include "engine/volume/file_data.h"
#include "engine/volume/path.h"
#include "engine/volume/refcount_tree.h"
#include "engine/volume/xattr_set.h"
#include "tests/worlds/volume_world.h"

namespace ocfs2 {
namespace {

constexpr u64 planted = 9000;  ///< first block of what was made by hand
constexpr std::size_t inodes_max = 300;

/// A file with a tree of two levels, shared extents, and attributes in a block.
void plant_file(VolumeWorld& world) {
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

class Base {
 public:
  Base()
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

/// An error is an answer, too.
void attempt(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    if (*error.what() == 0) __builtin_trap();
  }
}

void look_at_file(Volume& volume, const BlockRef<Inode>& inode) {
  attempt([&] {
    FileData data(volume, inode);
    std::vector<u8> piece(16 << 10);
    data.read(0, piece);
    data.read(data.size() - std::min<u64>(data.size(), 1000), piece);
    u32 pieces = 0;
    data.each_piece([&](u64, ConstBytes) { return ++pieces < 2; });
  });
  attempt([&] { ExtentTree::of(volume.cache(), inode).each_block([](const auto&) {}); });
  attempt([&] { symlink_target(volume, inode); });
  attempt([&] {
    XattrSet xattrs(volume, inode);
    for (const XattrItem& item : xattrs.list()) xattrs.get(item.name);
  });
  attempt([&] {
    const RefcountTree tree(volume.cache(), BlockNo(inode->refcount_root));
    tree.each([&](const RefcountRecord& record) { return tree.references(ClusterNo(record.cluster)) > 0; });
  });
  attempt([&] {
    ChainAllocator allocator(volume, inode);
    allocator.each_group([](const auto&) { return true; });
    allocator.place_of(inode.block());
    allocator.place_of(ClusterNo(100)).in_use();
  });
}

void look_at(Volume& volume) {
  std::set<u64> found = {volume.root().value, volume.system_directory().value, planted};
  std::vector<u64> waiting(found.begin(), found.end());
  while (!waiting.empty()) {
    const InodeNo number(waiting.back());
    waiting.pop_back();
    attempt([&] {
      const auto inode = volume.inode(number);
      look_at_file(volume, inode);
      Directory directory(volume, number);
      directory.each([&](const DirectoryEntry& entry, std::string_view name) {
        attempt([&] { directory.lookup(name); });
        if (found.size() < inodes_max && found.insert(entry.inode).second) waiting.push_back(entry.inode);
        return true;
      });
    });
  }
  attempt([&] { volume.slot_map(); });
  attempt([&] { volume.journal_dirty(1); });
  attempt([&] { resolve_path(volume, "/lost+found/../x", {volume.root(), volume.root()}); });
  attempt([&] { Heartbeat(volume.device(), heartbeat_region(volume)).sample(0); });
}

}  // namespace
}  // namespace ocfs2

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ocfs2::Base base;
  ocfs2::MemoryDevice device = base.damaged({data, size});
  ocfs2::OpenOptions options;
  options.unknown_features = options.unfinished_change = options.heartbeat_device = true;
  ocfs2::attempt([&] { ocfs2::look_at(*ocfs2::Volume::open(device, options)); });
  return 0;
}
