// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/inode.h"

#include "ondisk/directory.h"
#include "ondisk/judging.h"
#include "ondisk/xattr.h"

namespace ocfs2 {
namespace {

constexpr u32 body_header_max = 16;

/// Where the inline xattr area begins: the block's end when there is none or its size leaves no body.
std::size_t body_end(ConstBytes block) {
  const u32 area = as<Inode>(block).xattr_area_bytes();
  if (area < sizeof(XattrHeader) || area > block.size() - Inode::body_offset - body_header_max)
    return block.size();
  return block.size() - area;
}

constexpr bool known_type(u16 type) {
  switch (type) {
    case file_mode::regular:
    case file_mode::directory:
    case file_mode::symlink:
    case file_mode::char_device:
    case file_mode::block_device:
    case file_mode::fifo:
    case file_mode::socket:
      return true;
    default:
      return false;
  }
}

void judge_identity(const Inode& inode, const Place& place, Judgement& judgement) {
  judgement.holds(matches(inode.signature, Inode::signature_text), "i_signature", "must be \"INODE01\"");
  judgement.equal("i_blkno", inode.block, place.block.value);
  judgement.equal("i_fs_generation", inode.fs_generation, place.volume.generation);
}

void judge_life(const Inode& inode, const Place& place, Judgement& judgement) {
  const u16 slots = static_cast<u16>(place.volume.max_slots);
  judgement.equal("i_dtime", inode.dtime, 0);
  judgement.holds(known_type(inode.type()), "i_mode", "must have a known file type", inode.mode);
  if (inode.suballoc_slot != no_slot) judge_slot("i_suballoc_slot", inode.suballoc_slot, place, judgement);
  judgement.holds(inode.suballoc_slot != no_slot || inode.has_flag(inode_flag::system), "i_suballoc_slot",
                  "only system files come from the global allocator", inode.suballoc_slot);
  judge_reference("i_suballoc_loc", inode.suballoc_group, place, judgement);
  if (inode.has_flag(inode_flag::orphaned))
    judgement.holds(inode.orphaned_slot < slots, "i_orphaned_slot", "must be a slot of the volume",
                    inode.orphaned_slot);
  else
    judgement.at_least("i_links_count", inode.links(), 1);
  if (inode.has_flag(inode_flag::dio_orphaned))
    judgement.holds(inode.dio_orphaned_slot < slots, "i_dio_orphaned_slot", "must be a slot of the volume",
                    inode.dio_orphaned_slot);
}

void judge_first_union(const Inode& inode, Judgement& judgement) {
  if (inode.has_flag(inode_flag::bitmap))
    judgement.at_most("i_used", inode.bitmap.used, inode.bitmap.total);
  else if (!inode.has_flag(inode_flag::system) && !inode.is_device())
    judgement.equal("id1", inode.device, 0);
}

/// A dynamic feature is set exactly when what it speaks of is there, and only where the volume allows it.
void judge_attached(const Inode& inode, const Place& place, Judgement& judgement) {
  judgement.holds(inode.has_dynamic(dynamic_feature::has_refcount) == (inode.refcount_root != 0),
                  "i_refcount_loc", "must be set exactly in inodes that share clusters", inode.refcount_root);
  judge_reference("i_refcount_loc", inode.refcount_root, place, judgement);
  judgement.holds(inode.has_dynamic(dynamic_feature::indexed_dir) == (inode.index_root != 0), "i_dx_root",
                  "must be set exactly in indexed directories", inode.index_root);
  judge_reference("i_dx_root", inode.index_root, place, judgement);
  if (inode.has_dynamic(dynamic_feature::indexed_dir)) {
    judgement.holds(inode.is_directory(), "i_dyn_features", "only directories have an index", inode.mode);
    judgement.holds(!inode.has_dynamic(dynamic_feature::inline_data), "i_dyn_features",
                    "an indexed directory is not inline", inode.dynamic_features);
  }
  judge_reference("i_xattr_loc", inode.xattr_block, place, judgement);
  if (inode.has_dynamic(dynamic_feature::inline_xattr) || inode.xattr_block != 0)
    judgement.holds(inode.has_dynamic(dynamic_feature::has_xattr), "i_dyn_features",
                    "must say that there are attributes", inode.dynamic_features);
}

void judge_xattr_area(ConstBytes block, const Place& place, Judgement& judgement) {
  const auto& inode = as<Inode>(block);
  if (!inode.has_dynamic(dynamic_feature::inline_xattr)) return;
  const ConstBytes area = Inode::xattr_area(block);
  judgement.holds(!area.empty() && area.size() % 16 == 0, "i_xattr_inline_size",
                  "must leave room for the body", inode.xattr_inline_size);
  if (!area.empty()) judge_xattr_container(area, XattrContainer::inline_area, place, judgement);
}

void judge_local_alloc(ConstBytes block, const Place& place, Judgement& judgement) {
  const auto& inode = as<Inode>(block);
  const u32 bytes = inode.local_alloc.bitmap_bytes;
  judgement.at_least("la_size", bytes, 1);
  judgement.at_most("la_size", bytes, place.geometry().local_alloc_bitmap_bytes());
  judgement.at_most("i_total", inode.bitmap.total, 8 * bytes);
  judgement.holds(u64{inode.local_alloc.first_cluster} + inode.bitmap.total <= place.geometry().clusters,
                  "la_bm_off", "the window must lie inside the volume", inode.local_alloc.first_cluster);
}

void judge_inline_data(ConstBytes block, const Place& place, Judgement& judgement) {
  const auto& inode = as<Inode>(block);
  const ConstBytes body = Inode::body(block);
  judgement.at_most("id_count", inode.inline_data.count, body.size() - sizeof(InlineData));
  judgement.at_most("i_size", inode.size, inode.inline_data.count);
  judgement.equal("i_clusters", inode.clusters, 0);
  const ConstBytes data = InlineData::data(body);
  if (inode.is_directory() && inode.size <= data.size())
    judge_directory_area(data.first(inode.size), place, judgement);
}

void judge_fast_symlink(ConstBytes block, Judgement& judgement) {
  const auto& inode = as<Inode>(block);
  judgement.at_most("i_size", inode.size, Inode::body(block).size() - 1);
  judgement.equal("length of the target", Inode::fast_symlink_target(block).size(), inode.size);
}

void judge_size(const Inode& inode, const Place& place, Judgement& judgement) {
  if (!inode.is_directory() || inode.has_flag(inode_flag::orphaned)) return;
  const u32 block_size = place.geometry().block_size();
  const u64 bytes = u64{inode.clusters} << place.geometry().cluster_bits;
  judgement.at_least("i_size", inode.size, 1);
  judgement.at_most("i_size", inode.size, bytes);
  // Older tools began directories with the size of their first area, without its trailer; readers round up.
  const u64 beyond = inode.size % block_size;
  judgement.holds(beyond == 0 || beyond == block_size - sizeof(DirectoryTrailer), "i_size",
                  "a directory must consist of whole blocks", inode.size);
}

void judge_extents(ConstBytes block, const Place& place, Judgement& judgement) {
  const auto& inode = as<Inode>(block);
  const ConstBytes list = Inode::body(block);
  const u32 capacity = static_cast<u32>((list.size() - sizeof(ExtentList)) / sizeof(ExtentRecord));
  judge_extent_list(list, {.capacity = capacity}, place, judgement);
  judge_tree_root(list, "i_last_eb_blk", inode.last_extent_block, "i_clusters", inode.clusters, place,
                  judgement);
  judge_size(inode, place, judgement);
}

void judge_body(ConstBytes block, const Place& place, Judgement& judgement) {
  const auto& inode = as<Inode>(block);
  switch (inode.body_kind()) {
    case InodeBody::super_block:
      return judgement.holds(false, "i_flags", "only the superblock is one", inode.flags);
    case InodeBody::local_alloc:
      return judge_local_alloc(block, place, judgement);
    case InodeBody::chain_list:
      return judge_chain_list(Inode::body(block), place, judgement);
    case InodeBody::truncate_log:
      return judge_truncate_log(Inode::body(block), place, judgement);
    case InodeBody::inline_data:
      return judge_inline_data(block, place, judgement);
    case InodeBody::fast_symlink:  // an orphan may be a long one that has lost its clusters already
      return inode.has_flag(inode_flag::orphaned) ? void() : judge_fast_symlink(block, judgement);
    case InodeBody::extent_list:
      return judge_extents(block, place, judgement);
  }
}

void judge_inode(ConstBytes block, const Place& place, Judgement& judgement) {
  if (!is_whole_block(block, place, judgement)) return;
  const auto& inode = as<Inode>(block);
  judge_identity(inode, place, judgement);
  if (!inode.has_flag(inode_flag::valid)) return;
  judge_life(inode, place, judgement);
  judge_first_union(inode, judgement);
  judge_attached(inode, place, judgement);
  judge_xattr_area(block, place, judgement);
  judge_body(block, place, judgement);
}

}  // namespace

u32 Inode::links() const {
  const u32 high = has_dynamic(dynamic_feature::indexed_dir) ? u32{links_count_high} << 16 : 0;
  return high | links_count;
}

void Inode::set_links(u32 count) {
  links_count = static_cast<u16>(count);
  links_count_high = has_dynamic(dynamic_feature::indexed_dir) ? static_cast<u16>(count >> 16) : 0;
}

InodeBody Inode::body_kind() const {
  if (has_flag(inode_flag::super_block)) return InodeBody::super_block;
  if (has_flag(inode_flag::local_alloc)) return InodeBody::local_alloc;
  if (has_flag(inode_flag::chain)) return InodeBody::chain_list;
  if (has_flag(inode_flag::truncate_log)) return InodeBody::truncate_log;
  if (has_dynamic(dynamic_feature::inline_data)) return InodeBody::inline_data;
  if (is_symlink() && clusters == 0 && size != 0) return InodeBody::fast_symlink;
  return InodeBody::extent_list;
}

ConstBytes Inode::body(ConstBytes block) { return block.first(body_end(block)).subspan(body_offset); }
Bytes Inode::body(Bytes block) { return block.first(body_end(block)).subspan(body_offset); }
ConstBytes Inode::xattr_area(ConstBytes block) { return block.subspan(body_end(block)); }
Bytes Inode::xattr_area(Bytes block) { return block.subspan(body_end(block)); }

std::string_view Inode::fast_symlink_target(ConstBytes block) {
  const ConstBytes area = body(block);
  const std::string_view all(reinterpret_cast<const char*>(area.data()), area.size());
  return all.substr(0, all.find('\0'));
}

const BlockKind Inode::kind{
    .name = "inode", .check_offset = check_offset, .judge = judge_inode, .describe = describe_inode};

}  // namespace ocfs2
