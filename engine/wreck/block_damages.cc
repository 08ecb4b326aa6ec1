// SPDX-License-Identifier: GPL-2.0-or-later
//
// What disks and controllers do to blocks, whatever is in them: a flipped bit, a wrong checksum, zeros,
// something else altogether (spec: fsck-checks.md E; ondisk.md 10, 14, 85).
#include "engine/wreck/scene.h"
#include "ondisk/refcount.h"

namespace ocfs2 {
namespace {

struct Victim {
  BlockNo block;
  const BlockKind* kind;
};

Victim extent_block(Scene& scene) {
  const InodeNo file = scene.inode_where("file with extent blocks", [](const BlockRef<Inode>& inode) {
    return inode->is_regular() && inode->body_kind() == InodeBody::extent_list &&
           inode->extents.tree_depth != 0;
  });
  std::vector<BlockNo> blocks;
  for (const ExtentNode& node : scene.tree_of(file))
    if (node.kind == &ExtentBlock::kind) blocks.push_back(node.block);
  return {scene.pick(blocks, "extent block"), &ExtentBlock::kind};
}
Victim group(Scene& scene) {
  return {scene.pick(scene.groups_of(scene.allocator()), "group in this allocator"), &GroupDescriptor::kind};
}
Victim inode(Scene& scene) {
  return {block_of(scene.inode_where("file", [](const auto& at) { return at->is_regular(); })), &Inode::kind};
}
Victim directory_inode(Scene& scene) {
  return {block_of(scene.user_directory("directory", [](const auto&) { return true; })), &Inode::kind};
}
Victim directory_block(Scene& scene) {
  const InodeNo number = scene.user_directory("directory with blocks", [](const BlockRef<Inode>& at) {
    return at->body_kind() == InodeBody::extent_list;
  });
  Directory directory(scene.volume(), number);
  std::vector<BlockNo> blocks;
  directory.each_area([&](BlockNo block, ConstBytes) { return blocks.push_back(block), true; });
  return {scene.pick(blocks, "directory block"), &directory_block_kind(directory.trailers())};
}
Victim xattr_block(Scene& scene) {
  const InodeNo number =
      scene.inode_where("inode with an attribute block", [](const auto& at) { return at->xattr_block != 0; });
  return {BlockNo(scene.edit_inode(number).xattr_block), &XattrBlock::kind};
}
Victim xattr_bucket(Scene& scene) {
  const auto place = scene.container_where(
      "bucket of attributes", [](XattrContainer form, ConstBytes) { return form == XattrContainer::bucket; });
  return {place.block, &XattrBucket::kind};
}
Victim refcount_block(Scene& scene) {
  const InodeNo number =
      scene.inode_where("file that shares clusters", [](const auto& at) { return at->refcount_root != 0; });
  return {BlockNo(scene.edit_inode(number).refcount_root), &RefcountBlock::kind};
}
Victim index_root(Scene& scene) {
  const InodeNo number =
      scene.user_directory("directory with an index", [](const auto& at) { return at->index_root != 0; });
  return {BlockNo(scene.edit_inode(number).index_root), &IndexRoot::kind};
}
Victim index_leaf(Scene& scene) {
  const auto root_of = [&](const BlockRef<Inode>& at) {
    return scene.volume().cache().read<IndexRoot>(BlockNo(at->index_root));
  };
  const InodeNo number = scene.user_directory(
      "directory whose index has leaves",
      [&](const BlockRef<Inode>& at) { return at->index_root != 0 && !root_of(at)->is_inline(); });
  std::vector<BlockNo> leaves;
  ExtentTree::of(scene.volume().cache(), root_of(scene.volume().inode(number)))
      .each_run([&](const ExtentRun& run) {
        for (u64 i = 0; i < run.clusters * scene.geometry().blocks_per_cluster(); ++i)
          leaves.push_back(run.block + i);
        return true;
      });
  return {scene.pick(leaves, "index leaf"), &IndexLeaf::kind};
}

void break_check(Scene& scene, const Victim& victim) {
  const Bytes bytes = scene.edit_bytes(victim.block, *victim.kind);
  auto& check = as<BlockCheck>(bytes.subspan(check_position(victim.kind->check_offset, bytes.size())));
  check.crc = ~check.crc;
  check.ecc = static_cast<u16>(~check.ecc);
  scene.leave_check(victim.block);
}

/// One bit of the block's second half, where its check is not, is the other way round.
void flip_bit(Scene& scene, const Victim& victim) {
  const Bytes bytes = scene.edit_bytes(victim.block, *victim.kind);
  const u64 bit = bytes.size() * 4 + scene.below(bytes.size() * 2);
  bytes[bit / 8] ^= static_cast<u8>(1u << bit % 8);
  scene.leave_check(victim.block);
}

void zero(Scene& scene, const Victim& victim) {
  const Bytes bytes = scene.edit_bytes(victim.block, *victim.kind);
  std::fill(bytes.begin(), bytes.end(), u8{0});
  scene.leave_check(victim.block);
}

void scribble(Scene& scene, const Victim& victim) {
  for (u8& byte : scene.edit_bytes(victim.block, *victim.kind)) byte = static_cast<u8>(scene.below(256));
  scene.leave_check(victim.block);
}

constexpr Features checked = feature::metaecc;

constexpr Damage table[] = {
    {{},
     "BAD_CRC32",
     "BAD_CRC32",
     "A directory's inode has a wrong checksum",
     [](Scene& scene) { break_check(scene, directory_inode(scene)); },
     checked},
    {{},
     "BAD_CRC32_INODE",
     "BAD_CRC32",
     "A file's inode has a wrong checksum",
     [](Scene& scene) { break_check(scene, inode(scene)); },
     checked},
    {{},
     "BAD_CRC32_EXTENT_BLOCK",
     "BAD_CRC32",
     "An extent block has a wrong checksum",
     [](Scene& scene) { break_check(scene, extent_block(scene)); },
     checked},
    {{},
     "BAD_CRC32_GROUP",
     "BAD_CRC32",
     "A group has a wrong checksum",
     [](Scene& scene) { break_check(scene, group(scene)); },
     checked},
    {{},
     "BAD_CRC32_DIR_BLOCK",
     "BAD_CRC32",
     "A directory block has a wrong checksum",
     [](Scene& scene) { break_check(scene, directory_block(scene)); },
     checked},
    {{},
     "BAD_CRC32_XATTR_BLOCK",
     "BAD_CRC32",
     "An attribute block has a wrong checksum",
     [](Scene& scene) { break_check(scene, xattr_block(scene)); },
     checked},
    {{},
     "BAD_CRC32_XATTR_BUCKET",
     "BAD_CRC32",
     "A bucket of attributes has a wrong checksum",
     [](Scene& scene) { break_check(scene, xattr_bucket(scene)); },
     checked},
    {{},
     "BAD_CRC32_REFCOUNT_BLOCK",
     "BAD_CRC32",
     "A refcount block has a wrong checksum",
     [](Scene& scene) { break_check(scene, refcount_block(scene)); },
     checked},
    {{},
     "BAD_CRC32_DX_ROOT",
     "BAD_CRC32",
     "The root of an index has a wrong checksum",
     [](Scene& scene) { break_check(scene, index_root(scene)); },
     checked},
    {{},
     "BAD_CRC32_DX_LEAF",
     "BAD_CRC32 DX_TREE_CORRUPT",
     "A leaf of an index has a wrong checksum",
     [](Scene& scene) { break_check(scene, index_leaf(scene)); },
     checked},
    {{},
     "ECC_BIT_INODE",
     "BAD_CRC32",
     "One bit of an inode is flipped; its code can mend that",
     [](Scene& scene) { flip_bit(scene, inode(scene)); },
     checked},
    {{},
     "ECC_BIT_GROUP",
     "BAD_CRC32",
     "One bit of a group is flipped; its code can mend that",
     [](Scene& scene) { flip_bit(scene, group(scene)); },
     checked},
    {{},
     "ECC_BIT_DIR_BLOCK",
     "BAD_CRC32",
     "One bit of a directory block is flipped; its code can mend that",
     [](Scene& scene) { flip_bit(scene, directory_block(scene)); },
     checked},
    {{},
     "GROUP_ZEROS",
     "CHAIN_LINK_MAGIC GROUP_EXPECTED_DESC GROUP_LOST",
     "A group is zeros",
     [](Scene& scene) { zero(scene, group(scene)); }},
    {{},
     "INODE_ZEROS",
     "INODE_ALLOC_REPAIR DIRENT_INODE_FREE",
     "A file's inode is zeros",
     [](Scene& scene) { zero(scene, inode(scene)); }},
    {{},
     "EXTENT_BLOCK_ZEROS",
     "EXTENT_EB_INVALID",
     "An extent block is zeros",
     [](Scene& scene) { zero(scene, extent_block(scene)); }},
    {{},
     "DIR_BLOCK_ZEROS",
     "DIRENT_LENGTH",
     "A directory block is zeros",
     [](Scene& scene) { zero(scene, directory_block(scene)); }},
    {{},
     "GROUP_SCRIBBLED",
     "CHAIN_LINK_MAGIC GROUP_EXPECTED_DESC GROUP_LOST",
     "A group is random bytes",
     [](Scene& scene) { scribble(scene, group(scene)); }},
    {{},
     "INODE_SCRIBBLED",
     "INODE_ALLOC_REPAIR DIRENT_INODE_FREE",
     "A file's inode is random bytes",
     [](Scene& scene) { scribble(scene, inode(scene)); }},
    {{},
     "DIR_INODE_SCRIBBLED",
     "INODE_ALLOC_REPAIR DIRENT_INODE_FREE",
     "A directory's inode is random bytes",
     [](Scene& scene) { scribble(scene, directory_inode(scene)); }},
    {{},
     "EXTENT_BLOCK_SCRIBBLED",
     "EXTENT_EB_INVALID",
     "An extent block is random bytes",
     [](Scene& scene) { scribble(scene, extent_block(scene)); }},
    {{},
     "DIR_BLOCK_SCRIBBLED",
     "DIRENT_LENGTH",
     "A directory block is random bytes",
     [](Scene& scene) { scribble(scene, directory_block(scene)); }},
    {{},
     "XATTR_BLOCK_SCRIBBLED",
     "XATTR_BLOCK_INVALID",
     "An attribute block is random bytes",
     [](Scene& scene) { scribble(scene, xattr_block(scene)); }},
    {{},
     "REFCOUNT_BLOCK_SCRIBBLED",
     "REFCOUNT_ROOT_BLOCK_INVALID",
     "A refcount block is random bytes",
     [](Scene& scene) { scribble(scene, refcount_block(scene)); }},
    {{},
     "DX_ROOT_SCRIBBLED",
     "DX_TREE_CORRUPT",
     "The root of an index is random bytes",
     [](Scene& scene) { scribble(scene, index_root(scene)); }},
};

}  // namespace

std::span<const Damage> block_damages() { return table; }

}  // namespace ocfs2
