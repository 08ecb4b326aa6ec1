// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damages of extended attributes (spec: fsck-checks.md B5; ondisk.md 8, 14, 64 to 70).
#include "engine/wreck/scene.h"

namespace ocfs2 {
namespace {

std::span<const XattrEntry> entries_in(ConstBytes container) { return XattrHeader::entries(container); }
bool is_bucket(XattrContainer form) { return form == XattrContainer::bucket; }

/// The entries of a container outside of buckets (where order and sums depend on them), `least` or more.
std::span<XattrEntry> loose_entries(Scene& scene, std::size_t least) {
  const auto place =
      scene.container_where("attributes outside of buckets", [&](XattrContainer form, ConstBytes bytes) {
        return !is_bucket(form) && entries_in(bytes).size() >= least;
      });
  return XattrHeader::entries(scene.edit_container(place));
}
XattrEntry& loose_entry(Scene& scene) {
  const auto entries = loose_entries(scene, 1);
  return entries[scene.below(entries.size())];
}

Bytes any_container(Scene& scene) {
  return scene.edit_container(scene.container_where(
      "attributes", [](XattrContainer, ConstBytes bytes) { return !entries_in(bytes).empty(); }));
}
XattrHeader& any_bucket(Scene& scene, bool first) {
  return as<XattrHeader>(scene.edit_container(
      scene.container_where("bucket of attributes", [&](XattrContainer form, ConstBytes bytes) {
        return is_bucket(form) && !entries_in(bytes).empty() &&
               (!first || as<XattrHeader>(bytes).buckets != 0);
      })));
}

BlockNo xattr_block(Scene& scene, bool indexed) {
  return BlockNo(scene
                     .edit_inode(scene.inode_where(
                         indexed ? "inode with buckets of attributes" : "inode with an attribute block",
                         [&](const BlockRef<Inode>& inode) {
                           if (inode->xattr_block == 0) return false;
                           const auto block =
                               scene.volume().cache().read<XattrBlock>(BlockNo(inode->xattr_block));
                           return !indexed || block->is_indexed();
                         }))
                     .xattr_block);
}
XattrBlock& any_block(Scene& scene) { return scene.edit<XattrBlock>(xattr_block(scene, false)); }

/// An entry that passes `test`, of a container outside of buckets or in any.
template <class Test>
std::pair<Bytes, XattrEntry*> entry_where(Scene& scene, std::string_view what, const Test& test) {
  const auto place = scene.container_where(what, [&](XattrContainer form, ConstBytes bytes) {
    for (const XattrEntry& entry : entries_in(bytes))
      if (test(form, bytes, entry)) return true;
    return false;
  });
  const Bytes container = scene.edit_container(place);
  for (XattrEntry& entry : XattrHeader::entries(container))
    if (test(place.form, ConstBytes(container), entry)) return {container, &entry};
  scene.lacks(what);
}

std::pair<XattrValueRoot*, XattrEntry*> outside_value(Scene& scene) {
  const auto [container, entry] =
      entry_where(scene, "attribute with a value in clusters",
                  [](XattrContainer, ConstBytes, const XattrEntry& at) { return !at.is_local(); });
  const u32 offset = entry->name_offset + static_cast<u32>(round_up(entry->name_length, 4));
  return {&as<XattrValueRoot>(container.subspan(offset)), entry};
}

/// The value of an attribute grows over the next pair.
void overlapping_value(Scene& scene) {
  const auto found =
      entry_where(scene, "pair of attributes beside each other",
                  [](XattrContainer form, ConstBytes bytes, const XattrEntry& at) {
                    if (is_bucket(form) || !at.is_local() || at.value_size > xattr_local_value_max - 16)
                      return false;
                    for (const XattrEntry& other : entries_in(bytes))
                      if (other.name_offset == at.name_offset + at.pair_bytes()) return true;
                    return false;
                  });
  found.second->value_size = found.second->value_size + 16;
}

void same_name(Scene& scene) {
  const auto twin = [](ConstBytes bytes, const XattrEntry& entry) -> const XattrEntry* {
    for (const XattrEntry& other : entries_in(bytes))
      if (&other != &entry && other.name_length == entry.name_length && entry.name_length != 0) return &other;
    return nullptr;
  };
  const auto [container, entry] =
      entry_where(scene, "two attributes with names of one length",
                  [&](XattrContainer form, ConstBytes bytes, const XattrEntry& at) {
                    return !is_bucket(form) && twin(bytes, at) != nullptr;
                  });
  const XattrEntry& other = *twin(container, *entry);
  std::copy_n(container.begin() + other.name_offset, other.name_length,
              container.begin() + entry->name_offset);
  entry->name_hash = other.name_hash;
  entry->type_and_local = static_cast<u8>((entry->type_and_local & XattrEntry::local) | other.type());
}

void unsorted_bucket(Scene& scene) {
  const auto place =
      scene.container_where("bucket with two hashes", [](XattrContainer form, ConstBytes bytes) {
        const auto entries = entries_in(bytes);
        return is_bucket(form) && entries.size() > 1 && entries.front().name_hash != entries.back().name_hash;
      });
  const auto entries = XattrHeader::entries(scene.edit_container(place));
  std::swap(entries.front(), entries.back());
}

/// The lowest pair of a bucket moves down until a block's border lies inside it.
void crossing_pair(Scene& scene) {
  const u32 block_size = scene.geometry().block_size();
  const auto new_place = [&](ConstBytes bytes, const XattrEntry& entry) -> u32 {
    const auto& header = as<XattrHeader>(bytes);
    const u32 border = header.free_start / block_size * block_size;
    const u32 entries_end = static_cast<u32>(sizeof(XattrHeader) + entries_in(bytes).size_bytes());
    if (entry.name_offset != header.free_start || border < entries_end + 8 || entry.pair_bytes() < 8)
      return 0;
    return border - 4;
  };
  const auto [container, entry] = entry_where(scene, "bucket of several blocks with room below",
                                              [&](XattrContainer form, ConstBytes bytes, const auto& at) {
                                                return is_bucket(form) && new_place(bytes, at) != 0;
                                              });
  const u32 to = new_place(container, *entry);
  std::copy_n(container.begin() + entry->name_offset, entry->pair_bytes(), container.begin() + to);
  entry->name_offset = static_cast<u16>(to);
  as<XattrHeader>(container).free_start = static_cast<u16>(to);
}

/// The pair of the first entry lies over the second entry.
void pair_over_entry(Scene& scene) {
  const auto entries = loose_entries(scene, 2);
  entries[0].name_offset = sizeof(XattrHeader) + sizeof(XattrEntry);
}

void lost_bit(Scene& scene) {
  const XattrBlock& block = any_block(scene);
  const u64 group = block.suballoc_group != 0 ? u64{block.suballoc_group} : block.block - block.suballoc_bit;
  scene.set_bit_soundly(scene.system_file(SystemFile::extent_alloc, block.suballoc_slot), BlockNo(group),
                        block.suballoc_bit, false);
}

constexpr Features attributes = feature::xattr;

constexpr Damage table[] = {
    {{},
     "XATTR_BLOCK_INVALID",
     "XATTR_BLOCK_INVALID",
     "An attribute block has lost its signature",
     [](Scene& scene) { any_block(scene).signature[0] = '!'; },
     attributes},
    {{},
     "XATTR_COUNT_INVALID",
     "XATTR_COUNT_INVALID",
     "A container counts more entries than fit",
     [](Scene& scene) { as<XattrHeader>(any_container(scene)).count = 0x7FFF; },
     attributes},
    {{},
     "XATTR_ENTRY_INVALID",
     "XATTR_ENTRY_INVALID XATTR_NAME_OFFSET_INVALID",
     "An entry lies under another one's name",
     pair_over_entry,
     attributes},
    {{},
     "XATTR_NAME_OFFSET_INVALID",
     "XATTR_NAME_OFFSET_INVALID",
     "A name lies behind its container",
     [](Scene& scene) { loose_entry(scene).name_offset = 0xFFF0; },
     attributes},
    {{},
     "XATTR_LOCATION_INVALID",
     "XATTR_LOCATION_INVALID",
     "A small value is not marked as local",
     [](Scene& scene) {
       entry_where(scene, "small attribute", [](XattrContainer, ConstBytes, const XattrEntry& at) {
         return at.is_local();
       }).second->type_and_local &= XattrEntry::type_mask;
     },
     attributes},
    {{},
     "XATTR_VALUE_INVALID",
     "XATTR_VALUE_INVALID",
     "A value reaches into another one's pair",
     overlapping_value,
     attributes},
    {{},
     "XATTR_HASH_INVALID",
     "XATTR_HASH_INVALID",
     "An entry's hash is not that of its name",
     [](Scene& scene) { loose_entry(scene).name_hash += 1; },
     attributes},
    {{},
     "XATTR_FREE_START_INVALID",
     "XATTR_FREE_START_INVALID",
     "xh_free_start is not the lowest pair's place",
     [](Scene& scene) { any_bucket(scene, false).free_start = xattr_bucket_bytes; },
     attributes},
    {{},
     "XATTR_VALUE_LEN_INVALID",
     "XATTR_VALUE_LEN_INVALID",
     "xh_name_value_len is less than the sum of the pairs",
     [](Scene& scene) { any_bucket(scene, false).name_value_bytes -= 4; },
     attributes},
    {{},
     "XATTR_BUCKET_COUNT_INVALID",
     "XATTR_BUCKET_COUNT_INVALID",
     "An extent counts more buckets than it has",
     [](Scene& scene) { any_bucket(scene, true).buckets += 100; },
     attributes},
    {{},
     "XATTR_TYPE_INVALID",
     "XATTR_TYPE_INVALID",
     "An attribute's name space is none of the known",
     [](Scene& scene) {
       XattrEntry& entry = loose_entry(scene);
       entry.type_and_local = static_cast<u8>((entry.type_and_local & XattrEntry::local) | 9);
     },
     attributes},
    {{},
     "XATTR_NAME_EMPTY",
     "XATTR_NAME_INVALID XATTR_TYPE_INVALID",
     "An attribute has no name",
     [](Scene& scene) {
       entry_where(scene, "attribute with a name", [](XattrContainer form, ConstBytes, const XattrEntry& at) {
         return !is_bucket(form) && at.name_length != 0;
       }).second->name_length = 0;
     },
     attributes},
    {{},
     "XATTR_DUPLICATE",
     "XATTR_DUPLICATE",
     "An inode has the same attribute twice",
     same_name,
     attributes},
    {{},
     "XATTR_VALUE_CLUSTERS",
     "XATTR_VALUE_CLUSTERS",
     "xr_clusters is not the sum of the value's extents",
     [](Scene& scene) { outside_value(scene).first->clusters += 1; },
     attributes},
    {{},
     "XATTR_VALUE_SHORT",
     "XATTR_VALUE_SHORT",
     "A value is longer than its clusters",
     [](Scene& scene) {
       const auto [root, entry] = outside_value(scene);
       entry->value_size = (u64{root->clusters} << scene.geometry().cluster_bits) + 1;
     },
     attributes},
    {{},
     "XATTR_VALUE_LIST",
     "EXTENT_LIST_COUNT",
     "A value's extent list claims room for two records",
     [](Scene& scene) { outside_value(scene).first->list.count = 2; },
     attributes},
    {{},
     "XATTR_BUCKET_ORDER",
     "XATTR_BUCKET_ORDER",
     "The entries of a bucket are not sorted by hash",
     unsorted_bucket,
     attributes},
    {{},
     "XATTR_BUCKET_CROSSING",
     "XATTR_BUCKET_CROSSING",
     "A pair in a bucket crosses the border of two blocks",
     crossing_pair,
     attributes,
     {},
     1,
     "-b 1024"},
    {{},
     "XATTR_VALUE_LAST_LEAF",
     "XATTR_VALUE_LAST_LEAF",
     "xr_last_eb_blk names a block where there is none",
     [](Scene& scene) { outside_value(scene).first->last_extent_block += 100; },
     attributes},
    {{},
     "XATTR_INDEX_LAST_LEAF",
     "XATTR_INDEX_LAST_LEAF",
     "xt_last_eb_blk names a block where there is none",
     [](Scene& scene) { scene.edit<XattrBlock>(xattr_block(scene, true)).root.last_extent_block += 100; },
     attributes},
    {{},
     "XATTR_INDEX_ORDER",
     "XATTR_INDEX_ORDER",
     "The first record over the buckets does not begin at hash 0",
     [](Scene& scene) {
       const BlockNo block = xattr_block(scene, true);
       const Bytes list = XattrBlock::list_bytes(scene.edit_bytes(block, XattrBlock::kind));
       if (as<ExtentList>(list).tree_depth == 0)
         ExtentList::records(list).front().cpos = 1;
       else
         ExtentList::children(list).front().cpos = 1;
     },
     attributes},
    {{},
     "XATTR_INDEX_CLUSTERS",
     "XATTR_INDEX_CLUSTERS",
     "xt_clusters is not the sum of the extents",
     [](Scene& scene) { scene.edit<XattrBlock>(xattr_block(scene, true)).root.clusters += 1; },
     attributes},
    {{},
     "XATTR_BLOCK_BLKNO",
     "XATTR_BLOCK_BLKNO",
     "xb_blkno is not its own block",
     [](Scene& scene) { any_block(scene).block += 1; },
     attributes},
    {{},
     "XATTR_BLOCK_GEN",
     "XATTR_BLOCK_GEN",
     "An attribute block has another generation than the volume",
     [](Scene& scene) { any_block(scene).fs_generation = 0x1234; },
     attributes},
    {{},
     "XATTR_BLOCK_SUBALLOC",
     "METADATA_SUBALLOC",
     "xb_suballoc_bit is not where the block lies",
     [](Scene& scene) { any_block(scene).suballoc_bit += 1; },
     attributes},
    {{},
     "XATTR_ALLOC_BIT_LOST",
     "METADATA_ALLOC_BIT",
     "The bit of an attribute block in use is clear",
     lost_bit,
     attributes},
};

}  // namespace

std::span<const Damage> xattr_damages() { return table; }

}  // namespace ocfs2
