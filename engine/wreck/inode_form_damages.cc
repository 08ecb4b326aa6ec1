// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damages of what an inode's kind demands: sizes, inline data, symbolic links, flags of attached structures
// (spec: fsck-checks.md B2; ondisk.md 14, 34 to 40).
#include "engine/wreck/scene.h"

namespace ocfs2 {
namespace {

bool in_extents(const BlockRef<Inode>& inode) { return inode->body_kind() == InodeBody::extent_list; }
bool in_body(const BlockRef<Inode>& inode) { return inode->body_kind() == InodeBody::inline_data; }

Inode& plain_file(Scene& scene) { return scene.edit_inode(scene.plain_file()); }

Inode& inline_file(Scene& scene) {
  return scene.edit_inode(scene.inode_where("file with its data in the inode", [](const auto& inode) {
    return inode->is_regular() && in_body(inode);
  }));
}
Inode& file_with_room(Scene& scene) {
  return scene.edit_inode(scene.inode_where("regular file that shares nothing", [](const auto& inode) {
    return inode->is_regular() && inode->refcount_root == 0 &&
           !inode->has_dynamic(dynamic_feature::has_xattr);
  }));
}
Inode& empty_file(Scene& scene) {
  return scene.edit_inode(scene.inode_where("empty regular file", [](const auto& inode) {
    return inode->is_regular() && inode->size == 0 && inode->clusters == 0 && in_extents(inode);
  }));
}
Inode& large_file(Scene& scene) {
  return scene.edit_inode(scene.inode_where("file of several clusters", [](const auto& inode) {
    return inode->is_regular() && in_extents(inode) && inode->clusters > 2 &&
           inode->extents.tree_depth == 0 && inode->refcount_root == 0;
  }));
}
Inode& block_directory(Scene& scene) {
  return scene.edit_inode(scene.user_directory("directory with blocks", in_extents));
}
Inode& plain_directory(Scene& scene) {
  return scene.edit_inode(scene.user_directory("directory without an index",
                                               [](const auto& inode) { return inode->index_root == 0; }));
}
InodeNo slow_link(Scene& scene) {
  return scene.inode_where("symbolic link with its target in a cluster", [](const auto& inode) {
    return inode->is_symlink() && in_extents(inode) && inode->extents.tree_depth == 0;
  });
}
Inode& fast_link(Scene& scene) {
  return scene.edit_inode(scene.inode_where("symbolic link with its target inside", [](const auto& inode) {
    return inode->body_kind() == InodeBody::fast_symlink;
  }));
}

void unterminated_link(Scene& scene) {
  const Geometry& geometry = scene.geometry();
  const InodeNo link = slow_link(scene);
  for (const ExtentRecord& record : ExtentList::records(scene.edit_body(link)))
    for (u64 i = 0; i < u64{record.clusters} * geometry.blocks_per_cluster(); ++i) {
      const Bytes text = scene.edit_bytes(BlockNo(record.block + i), opaque_kind);
      std::replace(text.begin(), text.end(), u8{0}, static_cast<u8>('a'));
    }
}

void oversized_link(Scene& scene) {
  const InodeNo link = slow_link(scene);
  const Bytes body = scene.edit_body(link);
  auto& list = as<ExtentList>(body);
  if (list.used >= list.count) scene.lacks("symbolic link with room for an extent");
  auto& inode = scene.edit_inode(link);
  ExtentRecord& record = ExtentList::record_slots(body)[list.used];
  record = {};
  record.cpos = inode.clusters;
  record.clusters = 1;
  record.block = scene.geometry().first_block_of(scene.claim_clusters(1)).value;
  list.used += 1;
  inode.clusters += 1;
}

/// An empty directory loses the place where its entries were.
void directory_of_nothing(Scene& scene) {
  const InodeNo number =
      scene.user_directory("empty directory that is inline or linear", [&](const auto& inode) {
        if (inode->index_root != 0 || (in_extents(inode) && inode->extents.tree_depth != 0)) return false;
        u32 entries = 0;
        Directory(scene.volume(), inode_at(inode.block())).each([&](const auto&, auto) {
          return ++entries < 3;
        });
        return entries == 2;
      });
  auto& inode = scene.edit_inode(number);
  if (inode.body_kind() == InodeBody::extent_list)
    for (const ExtentRecord& record : ExtentList::records(scene.edit_body(number)))
      for (u32 i = 0; i < record.clusters; ++i)
        scene.set_cluster_soundly(scene.geometry().cluster_of(BlockNo(record.block)) + i, false);
  inode.dynamic_features &= static_cast<u16>(~dynamic_feature::inline_data);
  inode.clusters = 0;
  inode.size = 0;
  const Bytes body = scene.edit_body(number);
  std::fill(body.begin(), body.end(), u8{0});
  as<ExtentList>(body).count = static_cast<u16>((body.size() - sizeof(ExtentList)) / sizeof(ExtentRecord));
}

constexpr Damage table[] = {
    {66, "LINK_FAST_DATA", "LINK_FAST_DATA", "A symbolic link with extents counts no clusters",
     [](Scene& scene) { scene.edit_inode(slow_link(scene)).clusters = 0; }},
    {67, "LINK_NULLTERM", "LINK_NULLTERM", "A link's target does not end", unterminated_link},
    {68, "LINK_SIZE", "LINK_SIZE", "i_size is not the length of a link's target",
     [](Scene& scene) { scene.edit_inode(slow_link(scene)).size += 10; }},
    {69, "LINK_BLOCKS", "LINK_BLOCKS", "A link has a cluster more than its target needs", oversized_link},
    {70, "DIR_ZERO", "DIR_ZERO", "A directory has no place for entries", directory_of_nothing},
    {71, "DIR_HOLE", "NO_HOLES INODE_SIZE", "A directory has a hole",
     [](Scene& scene) {
       const InodeNo number = scene.user_directory("directory with blocks", [](const auto& inode) {
         return in_extents(inode) && inode->extents.tree_depth == 0 && inode->extents.used != 0;
       });
       ExtentList::records(scene.edit_body(number)).back().cpos += 1;
     }},
    {72, "INODE_SIZE", "INODE_SIZE", "A directory is larger than its extents",
     [](Scene& scene) { block_directory(scene).size += u64{2} << scene.geometry().cluster_bits; }},
    {73, "INODE_SPARSE_SIZE", "INODE_SPARSE_SIZE", "A file ends before its last written extent",
     [](Scene& scene) { large_file(scene).size = 1; }, feature::sparse},
    {74,
     "INODE_CLUSTERS",
     "INODE_CLUSTERS",
     "i_clusters is not where the last extent ends",
     [](Scene& scene) { plain_file(scene).clusters += 1; },
     {},
     feature::sparse},
    {75, "INODE_SPARSE_CLUSTERS", "INODE_SPARSE_CLUSTERS", "i_clusters is not the sum of the extents",
     [](Scene& scene) { plain_file(scene).clusters += 1; }, feature::sparse},
    {99,
     "INLINE_DATA_FLAG_INVALID",
     "INLINE_DATA_FLAG_INVALID",
     "An inode is marked inline on a volume without that feature",
     [](Scene& scene) { empty_file(scene).dynamic_features |= dynamic_feature::inline_data; },
     {},
     feature::inline_data},
    {{},
     "INLINE_DATA_FLAG_LOST",
     "INLINE_DATA_FLAG_LOST",
     "A directory with entries in its inode is not marked so",
     [](Scene& scene) {
       scene.edit_inode(scene.user_directory("directory with entries inside", in_body)).dynamic_features &=
           static_cast<u16>(~dynamic_feature::inline_data);
     },
     feature::inline_data},
    {100, "INLINE_DATA_COUNT_INVALID", "INLINE_DATA_COUNT_INVALID", "id_count is not the room in the inode",
     [](Scene& scene) { inline_file(scene).inline_data.count += 8; }, feature::inline_data},
    {101, "INODE_INLINE_SIZE", "INODE_INLINE_SIZE", "Inline data is larger than the room for it",
     [](Scene& scene) {
       Inode& inode = inline_file(scene);
       inode.size = u64{inode.inline_data.count} + 1;
     },
     feature::inline_data},
    {102, "INODE_INLINE_CLUSTERS", "INODE_INLINE_CLUSTERS", "An inline file counts a cluster",
     [](Scene& scene) { inline_file(scene).clusters = 1; }, feature::inline_data},
    {115,
     "REFCOUNT_FLAG_INVALID",
     "REFCOUNT_FLAG_INVALID",
     "A file is marked as sharing on a volume without that feature",
     [](Scene& scene) { file_with_room(scene).dynamic_features |= dynamic_feature::has_refcount; },
     {},
     feature::refcount},
    {116, "REFCOUNT_LOC_INVALID", "REFCOUNT_LOC_INVALID",
     "A file that is not marked as sharing names a refcount tree",
     [](Scene& scene) { file_with_room(scene).refcount_root = 100; }},
    {{},
     "REFCOUNT_LOC_MISSING",
     "REFCOUNT_FLAG_INVALID",
     "A file that is marked as sharing names no refcount tree",
     [](Scene& scene) { file_with_room(scene).dynamic_features |= dynamic_feature::has_refcount; },
     feature::refcount},
    {{},
     "DIR_SIZE_ALIGN",
     "INODE_SIZE",
     "A directory's size is no multiple of the block size",
     [](Scene& scene) { block_directory(scene).size -= 100; }},
    {{},
     "INDEX_FLAG",
     "INDEX_FLAG",
     "A directory is marked as indexed but names no index",
     [](Scene& scene) { plain_directory(scene).dynamic_features |= dynamic_feature::indexed_dir; },
     feature::indexed_dirs},
    {{},
     "INDEX_FLAG_LOST",
     "INDEX_FLAG",
     "A directory that is not marked as indexed names an index",
     [](Scene& scene) { plain_directory(scene).index_root = 100; }},
    {{},
     "XATTR_FLAG_MISSING",
     "XATTR_FLAG_MISSING",
     "An inode with attributes is not marked so",
     [](Scene& scene) {
       scene
           .edit_inode(scene.inode_where(
               "inode with attributes",
               [](const auto& inode) { return inode->has_dynamic(dynamic_feature::has_xattr); }))
           .dynamic_features &= static_cast<u16>(~dynamic_feature::has_xattr);
     }},
    {{},
     "XATTR_FLAG_INVALID",
     "XATTR_FLAG_INVALID",
     "An inode is marked as having attributes on a volume without that feature",
     [](Scene& scene) { file_with_room(scene).dynamic_features |= dynamic_feature::has_xattr; },
     {},
     feature::xattr},
    {{},
     "LINK_FAST_SIZE",
     "LINK_SIZE",
     "i_size is not the length of a short link's target",
     [](Scene& scene) { fast_link(scene).size += 10; }},
    {{},
     "XATTR_INLINE_AREA_INVALID",
     "XATTR_INLINE_AREA_INVALID",
     "An inode without room for attributes is marked as holding some",
     [](Scene& scene) {
       Inode& inode = file_with_room(scene);
       inode.dynamic_features |= dynamic_feature::inline_xattr | dynamic_feature::has_xattr;
       inode.xattr_inline_size = 0;
     },
     feature::xattr},
    {{},
     "XATTR_INLINE_SIZE_INVALID",
     "XATTR_INLINE_SIZE_INVALID",
     "i_xattr_inline_size is no size that an area can have",
     [](Scene& scene) {
       scene
           .edit_inode(scene.inode_where(
               "inode with attributes inside",
               [](const auto& inode) { return inode->has_dynamic(dynamic_feature::inline_xattr); }))
           .xattr_inline_size = 8;
     }},
};

}  // namespace

std::span<const Damage> inode_form_damages() { return table; }

}  // namespace ocfs2
