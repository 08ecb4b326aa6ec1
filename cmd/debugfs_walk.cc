// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/debugfs_walk.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/directory.h"
#include "engine/volume/extent_tree.h"
#include "ondisk/group.h"
#include "ondisk/index.h"
#include "ondisk/refcount.h"
#include "ondisk/super_inode.h"
#include "ondisk/xattr.h"

namespace ocfs2 {
namespace {

void walk_tree(Volume& volume, ConstBytes list, BlocksSeen& seen, const UseBlock& use) {
  const u32 depth = as<ExtentList>(list).tree_depth;
  if (depth == 0) return;
  if (depth > ExtentList::depth_max) fail(ErrorKind::corrupt, "a tree of depth {} cannot be", depth);
  const auto children = ExtentList::children(list);
  for (const ChildRecord& record : children) {
    if (record.clusters == 0 && &record == &children.back()) return;
    if (!seen.insert(record.block).second)
      fail(ErrorKind::corrupt, "the tree reaches extent block {} twice", u64{record.block});
    const auto block =
        read_unjudged(volume, BlockNo(record.block), ExtentBlock::signature_text, "extent block");
    use(block);
    if (as<ExtentBlock>(ConstBytes(block)).list.tree_depth >= depth)
      fail(ErrorKind::corrupt, "extent block {} is not below its parent", u64{record.block});
    walk_tree(volume, ExtentBlock::list_bytes(ConstBytes(block)), seen, use);
  }
}

}  // namespace

std::vector<u8> read_unjudged(Volume& volume, BlockNo block, const char (&signature)[8],
                              std::string_view what) {
  if (!volume.geometry().contains(block))
    fail(ErrorKind::invalid_argument, "Invalid block number while reading {} {}", what, block.value);
  auto bytes = volume.cache().read_raw(block, 1);
  if (!matches(as<Signature>(ConstBytes(bytes)), signature))
    fail(ErrorKind::corrupt, "Bad magic number in {} while reading {} {}", what, what, block.value);
  return bytes;
}

const BlockKind* kind_by_signature(ConstBytes block) {
  const auto begins = [&](const char(&signature)[8]) { return matches(as<Signature>(block), signature); };
  if (begins(Inode::signature_text)) return &Inode::kind;
  if (begins(SuperInode::signature_text)) return &SuperInode::kind;
  if (begins(ExtentBlock::signature_text)) return &ExtentBlock::kind;
  if (begins(GroupDescriptor::signature_text)) return &GroupDescriptor::kind;
  if (begins(XattrBlock::signature_text)) return &XattrBlock::kind;
  if (begins(RefcountBlock::signature_text)) return &RefcountBlock::kind;
  if (begins(IndexRoot::signature_text)) return &IndexRoot::kind;
  if (begins(IndexLeaf::signature_text)) return &IndexLeaf::kind;
  const bool trailer = matches(DirectoryBlock::trailer(block).signature, DirectoryTrailer::signature_text);
  return trailer ? &DirectoryBlock::kind : nullptr;
}

void each_tree_block(Volume& volume, ConstBytes list, const UseBlock& use) {
  BlocksSeen seen;
  walk_tree(volume, list, seen, use);
}

void each_group(Volume& volume, u64 first, BlocksSeen& seen,
                const std::function<void(ConstBytes block, u32 index)>& use) {
  u32 index = 0;
  for (u64 next = first; next != 0;) {
    if (!seen.insert(next).second) fail(ErrorKind::corrupt, "the chains reach group {} twice", next);
    const auto block =
        read_unjudged(volume, BlockNo(next), GroupDescriptor::signature_text, "group descriptor");
    use(block, index++);
    next = as<GroupDescriptor>(ConstBytes(block)).next_group;
  }
}

void each_directory_block(Volume& volume, InodeNo number,
                          const std::function<void(BlockNo at, ConstBytes block)>& use) {
  const Directory directory(volume, number);
  if (directory.inode().has_dynamic(dynamic_feature::inline_data)) return;
  const auto tree = ExtentTree::of(volume.cache(), volume.inode(number));
  u64 left = u64{directory.inode().size} >> volume.geometry().block_bits;
  tree.each_run([&](const ExtentRun& run) {
    const u64 blocks = run.clusters * volume.geometry().blocks_per_cluster();
    for (u64 i = 0; i < blocks && left > 0; ++i, --left) {
      const BlockNo at(run.block.value + i);
      use(at, volume.cache().read_raw(at, 1));
    }
    return left > 0;
  });
}

void each_block_with_room(Volume& volume, ConstBytes index_root, const UseBlock& use) {
  if (as<IndexRoot>(index_root).is_inline()) return;
  BlocksSeen seen;
  for (u64 next = as<IndexRoot>(index_root).free_block; next != 0;) {
    if (!seen.insert(next).second)
      fail(ErrorKind::corrupt, "the list of blocks with room comes back to block {}", next);
    if (!volume.geometry().contains(BlockNo(next)))
      fail(ErrorKind::corrupt, "the list of blocks with room leads to block {}, outside the volume", next);
    const auto block = volume.cache().read_raw(BlockNo(next), 1);
    use(block);
    next = DirectoryBlock::trailer(ConstBytes(block)).free_next;
  }
}

void each_index_leaf(Volume& volume, ConstBytes index_root, const UseBlock& use) {
  const ExtentTree tree(volume.cache(), IndexRoot::list_bytes(index_root), "the index");
  tree.each_run([&](const ExtentRun& run) {
    for (u64 i = 0; i < run.clusters * volume.geometry().blocks_per_cluster(); ++i)
      use(read_unjudged(volume, BlockNo(run.block.value + i), IndexLeaf::signature_text,
                        "directory index leaf"));
    return true;
  });
}

void NameWalk::below(InodeNo top, const std::string& path) {
  struct Child {
    u64 inode;
    std::string path;
    bool directory;
  };
  std::vector<Child> waiting;  // the next one is the last
  const auto enter = [&](InodeNo directory, const std::string& at) {
    if (!seen.insert(directory.value).second) return;
    const auto first = static_cast<std::ptrdiff_t>(waiting.size());
    try {
      Directory(volume, directory).each([&](const DirectoryEntry& entry, std::string_view name) {
        if (name != "." && name != "..")
          waiting.push_back({entry.inode, fmt::format("{}{}{}", at, at.ends_with('/') ? "" : "/", name),
                             entry.file_type == static_cast<u8>(EntryType::directory)});
        return true;
      });
    } catch (const Error& error) {
      damaged(at, error);
    }
    std::reverse(waiting.begin() + first, waiting.end());
  };
  enter(top, path);
  while (!waiting.empty()) {
    const Child child = std::move(waiting.back());
    waiting.pop_back();
    if (!use(child.inode, child.path, child.directory)) return;
    if (child.directory) enter(InodeNo(child.inode), child.path);
  }
}

}  // namespace ocfs2
