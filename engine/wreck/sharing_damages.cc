// SPDX-License-Identifier: GPL-2.0-or-later
//
// Clusters that two owners have and no refcount record explains (spec: fsck-checks.md B6; ondisk.md 14, 23).
#include "engine/wreck/scene.h"

namespace ocfs2 {
namespace {

/// The last extent of a file, one cluster long: it is what is made to lie elsewhere.
struct Sharer {
  InodeNo file;
  ExtentRecord* record;
};
Sharer sharer(Scene& scene, InodeNo other) {
  const InodeNo file =
      scene.inode_where("second file whose last extent is one cluster", [&](const BlockRef<Inode>& inode) {
        if (!inode->is_regular() || inode->body_kind() != InodeBody::extent_list) return false;
        if (inode->extents.tree_depth != 0 || inode->refcount_root != 0) return false;
        if (inode_at(inode.block()) == other) return false;
        const auto records = ExtentList::records(Inode::body(inode.bytes()));
        return !records.empty() && records.back().clusters == 1 && records.back().flags == 0;
      });
  return {file, &ExtentList::records(scene.edit_body(file)).back()};
}

/// The clusters that the file had are free afterwards.
void lay_over(Scene& scene, const Sharer& file, u64 block) {
  const Geometry& geometry = scene.geometry();
  scene.set_cluster_soundly(geometry.cluster_of(BlockNo(file.record->block)), false);
  file.record->block = block;
}

void share_with_file(Scene& scene) {
  const InodeNo other = scene.plain_file();
  const u64 block = ExtentList::records(scene.edit_body(other)).front().block;
  lay_over(scene, sharer(scene, other), block);
}

void share_with_journal(Scene& scene) {
  const InodeNo journal = scene.system_file(SystemFile::journal, scene.slot(0));
  const auto run = ExtentTree::of(scene.volume().cache(), scene.volume().inode(journal)).find(0);
  if (!run) scene.lacks("journal in this slot");
  // Not its first cluster: that holds the log's superblock.
  lay_over(scene, sharer(scene, journal), run->block.value + scene.geometry().blocks_per_cluster());
}

void share_with_itself(Scene& scene) {
  const InodeNo file = scene.inode_where("file with two extents", [](const BlockRef<Inode>& inode) {
    if (!inode->is_regular() || inode->body_kind() != InodeBody::extent_list) return false;
    if (inode->extents.tree_depth != 0 || inode->refcount_root != 0) return false;
    const auto records = ExtentList::records(Inode::body(inode.bytes()));
    return records.size() > 1 && records.back().clusters == 1;
  });
  const auto records = ExtentList::records(scene.edit_body(file));
  lay_over(scene, {file, &records.back()}, records.front().block);
}

void share_with_attributes(Scene& scene) {
  const ContainerPlace bucket = scene.container_where(
      "bucket of attributes", [](XattrContainer form, ConstBytes) { return form == XattrContainer::bucket; });
  const Geometry& geometry = scene.geometry();
  lay_over(scene, sharer(scene, bucket.inode),
           geometry.first_block_of(geometry.cluster_of(bucket.block)).value);
}

/// What the file had in place of it belongs to nobody afterwards.
void share_extent_blocks(Scene& scene) {
  const auto deep = [](const BlockRef<Inode>& inode) {
    return inode->is_regular() && inode->body_kind() == InodeBody::extent_list &&
           inode->extents.tree_depth != 0 && inode->refcount_root == 0;
  };
  const InodeNo owner = scene.inode_where("file with extent blocks", deep);
  const auto sound = scene.volume().inode(owner);
  const InodeNo other = scene.inode_where("second file with extent blocks", [&](const auto& inode) {
    return deep(inode) && inode_at(inode.block()) != owner && inode->extents.count == sound->extents.count;
  });
  const auto records = ExtentList::records(Inode::body(sound.bytes()));
  const Bytes body = scene.edit_body(other);
  as<ExtentList>(body).tree_depth = sound->extents.tree_depth;
  as<ExtentList>(body).used = sound->extents.used;
  std::ranges::copy(records, ExtentList::records(body).begin());
  Inode& inode = scene.edit_inode(other);
  inode.size = sound->size;
  inode.clusters = sound->clusters;
  inode.last_extent_block = sound->last_extent_block;
}

constexpr Damage table[] = {
    {103, "DUP_CLUSTERS_SYSFILE_CLONE", "DUP_CLUSTERS_SYSFILE_CLONE", "A file lies over a journal",
     share_with_journal},
    {104, "DUP_CLUSTERS_CLONE", "DUP_CLUSTERS_CLONE DUP_CLUSTERS_ADD_REFCOUNT",
     "Two files have the same cluster (with refcount trees fsck asks DUP_CLUSTERS_ADD_REFCOUNT first)",
     share_with_file},
    {105, "DUP_CLUSTERS_DELETE", "DUP_CLUSTERS_CLONE DUP_CLUSTERS_ADD_REFCOUNT DUP_CLUSTERS_DELETE",
     "As DUP_CLUSTERS_CLONE; the code comes after a \"no\"", share_with_file},
    {132, "DUP_CLUSTERS_ADD_REFCOUNT", "DUP_CLUSTERS_ADD_REFCOUNT", "Two files have the same cluster",
     share_with_file, feature::refcount},
    {{},
     "DUP_CLUSTERS_SELF",
     "DUP_CLUSTERS_CLONE DUP_CLUSTERS_ADD_REFCOUNT",
     "A file has a cluster twice",
     share_with_itself},
    {{},
     "DUP_CLUSTERS_ATTACHED",
     "DUP_CLUSTERS_CLONE DUP_CLUSTERS_DELETE DUP_CLUSTERS_ATTACHED",
     "A file lies over the attributes of an inode; the code comes after a \"no\"",
     share_with_attributes,
     feature::xattr},
    {{}, "DUP_METADATA", "DUP_METADATA", "Two files have the same extent blocks", share_extent_blocks},
};

}  // namespace

std::span<const Damage> sharing_damages() { return table; }

}  // namespace ocfs2
