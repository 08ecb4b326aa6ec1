// SPDX-License-Identifier: GPL-2.0-or-later
//
// Looking for victims: everything here reads the sound volume.
#include <algorithm>

#include "engine/error.h"
#include "engine/volume/chain_allocator.h"
#include "engine/volume/xattr_set.h"
#include "engine/wreck/scene.h"

namespace ocfs2 {

u32 Scene::slot(u32 otherwise) const {
  const u32 slot = request_.slot.value_or(otherwise);
  if (slot >= facts().max_slots)
    fail(ErrorKind::invalid_argument, "{} has slots 0 to {}, no slot {}", volume_.name(),
         facts().max_slots - 1, slot);
  return slot;
}

InodeNo Scene::system_file(SystemFile file, u32 slot) {
  const auto number = volume_.find_system_file(file, slot);
  if (!number) lacks(system_file_name(file, slot));
  return *number;
}

InodeNo Scene::allocator() {
  if (!request_.on.empty()) {
    const auto number = Directory(volume_, volume_.system_directory()).search(request_.on);
    if (!number) lacks(request_.on);
    return *number;
  }
  if (request_.slot) return system_file(SystemFile::inode_alloc, slot(0));
  return system_file(SystemFile::global_bitmap);
}

std::vector<BlockNo> Scene::groups_of(InodeNo allocator) {
  std::vector<BlockNo> groups;
  ChainAllocator(volume_, volume_.inode(allocator)).each_group([&](const auto& group) {
    groups.push_back(group.block());
    return true;
  });
  return groups;
}

std::vector<InodeNo> Scene::suballocators(SystemFile file) {
  std::vector<InodeNo> found;
  for (u32 slot = 0; slot < facts().max_slots; ++slot) {
    const InodeNo number = system_file(file, slot);
    if (!groups_of(number).empty()) found.push_back(number);
  }
  return found;
}

std::vector<InodeNo> Scene::user_inodes(const InodeTest& test) {
  std::vector<InodeNo> found;
  const auto look_at = [&](BlockNo block) {
    const auto inode = volume_.any_inode(inode_at(block));
    if (inode->has_flag(inode_flag::valid) && !inode->has_flag(inode_flag::system) && test(inode))
      found.push_back(inode_at(block));
  };
  for (u32 slot = 0; slot < facts().max_slots; ++slot) {
    const ChainAllocator allocator(volume_, volume_.system_file(SystemFile::inode_alloc, slot));
    allocator.each_group([&](const BlockRef<GroupDescriptor>& group) {
      std::vector<BlockNo> blocks;
      for (u32 bit = 1; bit < group->bits; ++bit) {
        if (!test_bit(GroupDescriptor::bitmap(group.bytes()), bit)) continue;
        const auto block =
            GroupDescriptor::block_of_bit(group.bytes(), bit, allocator.inode().chains.bits_per_cluster);
        if (block) blocks.push_back(*block);
      }
      volume_.cache().prefetch(blocks);
      for (const BlockNo block : blocks) look_at(block);
      return true;
    });
  }
  return found;
}

InodeNo Scene::inode_where(std::string_view what, const InodeTest& test) {
  return pick(user_inodes(test), what);
}

InodeNo Scene::plain_file() {
  return inode_where("regular file with data in extents", [](const BlockRef<Inode>& inode) {
    return inode->is_regular() && inode->body_kind() == InodeBody::extent_list && inode->size != 0 &&
           inode->extents.tree_depth == 0 && inode->extents.used != 0 && inode->refcount_root == 0;
  });
}

InodeNo Scene::user_directory(std::string_view what, const InodeTest& test) {
  const InodeNo root = volume_.root();
  return pick(user_inodes([&](const BlockRef<Inode>& inode) {
                return inode->is_directory() && inode_at(inode.block()) != root && test(inode);
              }),
              what);
}

EntryPlace Scene::entry_where(std::string_view what, const EntryTest& test) {
  std::vector<EntryPlace> found;
  std::vector<InodeNo> directories = {volume_.root()};  // the root is from the system's allocator
  for (const InodeNo number : user_inodes([](const auto& inode) { return inode->is_directory(); }))
    directories.push_back(number);
  for (const InodeNo number : directories) {
    Directory directory(volume_, number);
    directory.each_area([&](BlockNo block, ConstBytes area) {
      EntryWalk walk(area);
      while (walk.next()) {
        const bool dots = walk.name() == "." || walk.name() == "..";
        if (walk.entry().free() || dots) continue;
        EntryPlace place{number,
                         block,
                         block == block_of(number),
                         directory.trailers(),
                         walk.offset(),
                         InodeNo(walk.entry().inode),
                         std::string(walk.name())};
        if (test(place, walk.entry())) found.push_back(std::move(place));
      }
      return true;
    });
  }
  return pick(found, what);
}

EntryPlace Scene::unindexed_entry(std::string_view what, const EntryTest& test) {
  return entry_where(what, [&](const EntryPlace& place, const DirectoryEntry& entry) {
    return !volume_.inode(place.directory)->has_dynamic(dynamic_feature::indexed_dir) && test(place, entry);
  });
}

ContainerPlace Scene::container_where(std::string_view what,
                                      const std::function<bool(XattrContainer, ConstBytes)>& test) {
  std::vector<ContainerPlace> found;
  for (const InodeNo number :
       user_inodes([](const auto& inode) { return inode->has_dynamic(dynamic_feature::has_xattr); }))
    XattrSet(volume_, volume_.inode(number))
        .each_container([&](BlockNo block, XattrContainer form, ConstBytes bytes) {
          if (test(form, bytes)) found.push_back({number, block, form});
          return true;
        });
  return pick(found, what);
}

std::vector<ExtentNode> Scene::nodes_below(ExtentNode root, const ExtentTree& tree) {
  std::vector<ExtentNode> nodes = {root};
  tree.each_block([&](const BlockRef<ExtentBlock>& block) {
    nodes.push_back({block.block(), &ExtentBlock::kind, ExtentBlock::list_offset, block->list.tree_depth});
  });
  return nodes;
}

std::vector<ExtentNode> Scene::tree_of(InodeNo number) {
  const auto inode = volume_.inode(number);
  const ExtentTree tree = ExtentTree::of(volume_.cache(), inode);
  return nodes_below({inode.block(), &Inode::kind, Inode::body_offset, tree.depth()}, tree);
}

}  // namespace ocfs2
