// SPDX-License-Identifier: GPL-2.0-or-later
//
// All attributes of an inode: the area inside it, its attribute block, and the index and buckets that this
// block turns into when there are many (spec: ondisk.md 8, 14.64 to 70).
#include "engine/check/xattr_check.h"

#include <algorithm>

#include "engine/check/check.h"
#include "engine/check/checkup.h"
#include "engine/check/problems/attributes.h"
#include "engine/check/problems/blocks.h"
#include "engine/check/xattr_container.h"
#include "engine/check/xattr_index.h"

namespace ocfs2 {
namespace {

struct AttributeBlockAt {
  InodeNo inode;
  BlockNo block;
  u32 generation;
  Facts facts() const { return {.inode = inode, .block = block}; }
};

constexpr Check<XattrBlock, AttributeBlockAt> block_checks[] = {
    {.problem = problem::XATTR_BLOCK_BLKNO,
     .found = [](const XattrBlock& block, const AttributeBlockAt&) -> u64 { return block.block; },
     .expected = [](const XattrBlock&, const AttributeBlockAt& at) { return at.block.value; },
     .mend = [](XattrBlock& block, u64 number, const AttributeBlockAt&) { block.block = number; }},
    {.problem = problem::XATTR_BLOCK_GEN,
     .found = [](const XattrBlock& block, const AttributeBlockAt&) -> u64 { return block.fs_generation; },
     .expected = [](const XattrBlock&, const AttributeBlockAt& at) -> u64 { return at.generation; },
     .mend = [](XattrBlock& block, u64 generation,
                const AttributeBlockAt&) { block.fs_generation = static_cast<u32>(generation); }},
};

/// Why a block cannot be an attribute block; empty when it can.
std::string_view reason_against(const Patient<XattrBlock>& block, u32 generation) {
  if (!matches(block->signature, XattrBlock::signature_text)) return "it does not begin with their signature";
  if (block->block != block.block().value && block->fs_generation != generation)
    return "it belongs to another place of another volume";
  return {};
}

void forget_block(Patient<Inode>& inode) {
  Inode& mended = inode.mend();
  mended.xattr_block = 0;
  if (!mended.has_dynamic(dynamic_feature::inline_xattr))
    mended.dynamic_features = static_cast<u16>(mended.dynamic_features & ~dynamic_feature::has_xattr);
}

/// Whether a container that is no bucket could be one.
bool looks_like_attributes(ConstBytes area) {
  const auto& header = as<XattrHeader>(area);
  const auto entries = XattrHeader::entries(area);
  if (entries.size() != header.count || header.free_start != 0 || header.name_value_bytes != 0) return false;
  return std::ranges::all_of(entries,
                             [&](const XattrEntry& entry) { return xattr_suffix(area, entry).has_value(); });
}

/// Whether the root of an index could be one: were it none, mending it would write to the blocks of others.
bool looks_like_index(ConstBytes block, u32 capacity) {
  const auto& list = as<ExtentList>(XattrBlock::list_bytes(block));
  const bool used = list.used >= 1 && list.used <= capacity;
  return list.tree_depth <= ExtentList::depth_max && (list.count == capacity || used);
}

/// A block that says it is the root of an index, and is not: it may hold attributes itself. False when it
/// does not, or shall not.
bool examine_form(Patient<Inode>& inode, Patient<XattrBlock>& block, AttributeCase& attributes) {
  const u32 capacity = attributes.source.geometry().extent_records_per_xattr_root();
  if (!block->is_indexed()) return true;
  if (looks_like_index(block.bytes(), capacity) && !index_leads_nowhere(block, attributes)) return true;
  const Facts facts{.inode = attributes.inode,
                    .block = block.block(),
                    .detail = "it is marked as the root of an index of buckets, and leads to none"};
  const ConstBytes area = XattrBlock::container(block.bytes());
  if (looks_like_attributes(area) && has_entries_of_sense(area)) {
    if (!attributes.examiner.resolve(problem::XATTR_BLOCK_NOT_INDEXED, facts)) return false;
    block.mend().flags &= static_cast<u16>(~XattrBlock::indexed);
    return true;
  }
  if (attributes.examiner.resolve(problem::XATTR_BLOCK_INVALID, facts)) forget_block(inode);
  return false;
}

void examine_block(Patient<Inode>& inode, AttributeCase& attributes) {
  const BlockNo number(inode->xattr_block);
  const u32 generation = attributes.source.facts().generation;
  auto block = attributes.source.look<XattrBlock>(number, attributes.inode);
  if (!block && number > super_block_no && attributes.source.geometry().contains(number))
    return attributes.examiner.report(problem::BLOCK_UNREADABLE,
                                      {.inode = attributes.inode, .block = number});
  const std::string_view reason = block ? reason_against(*block, generation) : "it lies outside the volume";
  if (!reason.empty()) {
    if (attributes.examiner.resolve(problem::XATTR_BLOCK_INVALID,
                                    {.inode = attributes.inode, .block = number, .detail = reason}))
      forget_block(inode);
    return;
  }
  if (!examine_form(inode, *block, attributes)) return;
  examine_checksum(*block, attributes.inode, attributes.examiner);
  run_checks(block_checks, *block, AttributeBlockAt{attributes.inode, number, generation},
             attributes.examiner);
  attributes.harvest.metadata.push_back(claim_of(*block, attributes.inode));
  if ((*block)->is_indexed()) return examine_attribute_index(*block, attributes);
  const u32 bytes = attributes.source.geometry().block_size() - XattrBlock::body_offset;
  examine_attribute_container(attributes, {*block, XattrBlock::body_offset, bytes, XattrContainer::block});
}

void examine_flag(Patient<Inode>& inode, const Features& features, Examiner& examiner) {
  const bool present = inode->xattr_block != 0 || inode->has_dynamic(dynamic_feature::inline_xattr);
  const bool flagged = inode->has_dynamic(dynamic_feature::has_xattr);
  if (!present && flagged && !features.has(feature::xattr) &&
      examiner.resolve(problem::XATTR_FLAG_INVALID, {.inode = inode_at(inode.block())})) {
    Inode& mended = inode.mend();
    mended.dynamic_features = static_cast<u16>(mended.dynamic_features & ~dynamic_feature::has_xattr);
  }
  if (!present || flagged) return;
  if (!examiner.resolve(problem::XATTR_FLAG_MISSING, {.inode = inode_at(inode.block())})) return;
  Inode& mended = inode.mend();
  mended.dynamic_features = static_cast<u16>(mended.dynamic_features | dynamic_feature::has_xattr);
}

/// How many bytes at the end of an inode its extents or inline data leave free.
u64 bytes_set_aside(const Patient<Inode>& inode) {
  const u64 block_size = inode.bytes().size();
  u64 end = block_size;
  if (inode->body_kind() == InodeBody::inline_data) end = 0xC8 + u64{inode->inline_data.count};
  if (inode->body_kind() == InodeBody::extent_list)
    end = 0xD0 + u64{inode->extents.count} * sizeof(ExtentRecord);
  return end < block_size ? block_size - end : 0;
}

bool possible_area(u64 bytes, u64 block_size) {
  return bytes >= sizeof(XattrHeader) + sizeof(XattrEntry) && bytes % 16 == 0 && bytes <= block_size - 0xD0;
}

/// Whether the last `bytes` of an inode could be attributes.
bool looks_like_area(ConstBytes block, u64 bytes) {
  return bytes <= block.size() - Inode::body_offset && looks_like_attributes(block.last(bytes));
}

}  // namespace

void examine_attribute_area(Patient<Inode>& inode, Examiner& examiner) {
  if (!inode->has_dynamic(dynamic_feature::inline_xattr)) return;
  const u64 block_size = inode.bytes().size(), found = inode->xattr_inline_size;
  u64 expected = bytes_set_aside(inode);
  if (inode->body_kind() == InodeBody::fast_symlink || !possible_area(expected, block_size)) expected = found;
  if (possible_area(expected, block_size) &&
      (found == expected || !possible_area(found, block_size) || looks_like_area(inode.bytes(), expected))) {
    if (found == expected) return;
    if (examiner.resolve(problem::XATTR_INLINE_SIZE_INVALID,
                         {.inode = inode_at(inode.block()), .found = found, .expected = expected}))
      inode.mend().xattr_inline_size = static_cast<u16>(expected);
    return;
  }
  if (possible_area(found, block_size)) return;
  if (!examiner.resolve(problem::XATTR_INLINE_AREA_INVALID,
                        {.inode = inode_at(inode.block()), .found = found}))
    return;
  Inode& mended = inode.mend();
  const u16 gone = inode->xattr_block == 0 ? dynamic_feature::inline_xattr | dynamic_feature::has_xattr
                                           : dynamic_feature::inline_xattr;
  mended.dynamic_features = static_cast<u16>(mended.dynamic_features & ~gone);
  mended.xattr_inline_size = 0;
}

void examine_attributes(Patient<Inode>& inode, Examiner& examiner, BlockSource& source, Harvest& harvest) {
  AttributeCase attributes{.inode = inode_at(inode.block()),
                           .refcounted = inode->has_dynamic(dynamic_feature::has_refcount),
                           .tree = BlockNo(inode->refcount_root),
                           .examiner = examiner,
                           .source = source,
                           .harvest = harvest};
  examine_flag(inode, source.facts().features, examiner);
  const u32 area = static_cast<u32>(Inode::xattr_area(inode.bytes()).size());
  if (area >= sizeof(XattrHeader)) {
    const u32 offset = static_cast<u32>(inode.bytes().size()) - area;
    examine_attribute_container(attributes, {inode, offset, area, XattrContainer::inline_area});
  }
  if (inode->xattr_block != 0) examine_block(inode, attributes);
}

}  // namespace ocfs2
