// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/group.h"

#include "ondisk/bitmap.h"
#include "ondisk/judging.h"

namespace ocfs2 {
namespace {

/// The piece of a discontiguous group that holds the group's cluster `cluster`.
const ExtentRecord* piece_of(ConstBytes block, u32 cluster) {
  for (const ExtentRecord& piece : ExtentList::records(GroupDescriptor::pieces(block)))
    if (cluster >= piece.cpos && cluster < piece.end()) return &piece;
  return nullptr;
}

void judge_pieces(ConstBytes block, const Place& place, Judgement& judgement) {
  const ConstBytes list = GroupDescriptor::pieces(block);
  const Geometry& geometry = place.geometry();
  judgement.equal("l_tree_depth", as<ExtentList>(list).tree_depth, 0);
  judge_extent_list(list, {.capacity = geometry.extent_records_per_group()}, place, judgement);
  const auto pieces = ExtentList::records(list);
  u64 end = 0;
  for (const ExtentRecord& piece : pieces) {
    judgement.equal("e_cpos", piece.cpos, end);
    end += piece.clusters;
  }
  if (!pieces.empty()) judgement.equal("e_blkno", pieces.front().block, place.block.value);
  judgement.equal("bg_bits", as<GroupDescriptor>(block).bits, end * geometry.blocks_per_cluster());
}

void judge_counts(ConstBytes block, const Place& place, Judgement& judgement) {
  const auto& group = as<GroupDescriptor>(block);
  judgement.at_most("bg_size", group.bitmap_bytes, place.geometry().group_bitmap_bytes());
  judgement.at_least("bg_bits", group.bits, 1);
  judgement.at_most("bg_bits", group.bits, 8u * group.bitmap_bytes);
  judgement.equal("bg_free_bits_count", group.free_bits,
                  count_clear_bits(GroupDescriptor::bitmap(block), 0, group.bits));
  judgement.holds(test_bit(GroupDescriptor::bitmap(block), 0), "bg_bitmap", "must have its first bit set");
}

void judge_group(ConstBytes block, const Place& place, Judgement& judgement) {
  if (!is_whole_block(block, place, judgement)) return;
  const auto& group = as<GroupDescriptor>(block);
  judgement.holds(matches(group.signature, GroupDescriptor::signature_text), "bg_signature",
                  "must be \"GROUP01\"");
  judgement.equal("bg_blkno", group.block, place.block.value);
  judgement.equal("bg_generation", group.generation, place.volume.generation);
  judgement.holds(group.chain < place.geometry().chain_records_per_inode(), "bg_chain",
                  "must be a chain's index", group.chain);
  judge_needed_reference("bg_parent_dinode", group.parent_inode, place, judgement);
  judge_reference("bg_next_group", group.next_group, place, judgement);
  judgement.holds(group.next_group != place.block.value, "bg_next_group", "must not be the group itself",
                  group.next_group);
  judge_counts(block, place, judgement);
  if (GroupDescriptor::discontiguous(block)) judge_pieces(block, place, judgement);
}

void describe_group(ConstBytes block, const FieldVisitor& visit) {
  if (block.size() < block_size_min) return;
  describe_structure<GroupDescriptor>(block, "", visit);
  const ConstBytes bitmap = GroupDescriptor::bitmap(block);
  visit("bg_bitmap", variable_row("bg_bitmap", GroupDescriptor::bitmap_offset, bitmap.size(), Shape::bytes),
        bitmap);
  if (GroupDescriptor::discontiguous(block))
    describe_extent_list(GroupDescriptor::pieces(block), "bg_list.", visit);
}

}  // namespace

ConstBytes GroupDescriptor::bitmap(ConstBytes block) {
  return records_in<u8>(block, bitmap_offset, as<GroupDescriptor>(block).bitmap_bytes);
}
Bytes GroupDescriptor::bitmap(Bytes block) {
  return records_in<u8>(block, bitmap_offset, as<GroupDescriptor>(block).bitmap_bytes);
}

bool GroupDescriptor::discontiguous(ConstBytes block) {
  return as<GroupDescriptor>(block).bitmap_bytes == discontiguous_bitmap_bytes &&
         as<ExtentList>(pieces(block)).used != 0;
}

std::optional<BlockNo> GroupDescriptor::block_of_bit(ConstBytes block, u32 bit, u32 bits_per_cluster) {
  const auto& group = as<GroupDescriptor>(block);
  if (bit >= group.bits || bits_per_cluster == 0) return std::nullopt;
  if (!discontiguous(block)) return BlockNo(group.block + bit);
  const ExtentRecord* piece = piece_of(block, bit / bits_per_cluster);
  if (piece == nullptr) return std::nullopt;
  return BlockNo(piece->block + (bit - u64{piece->cpos} * bits_per_cluster));
}

BlockNo GroupDescriptor::end(ConstBytes block, u32 bits_per_cluster) {
  const auto& group = as<GroupDescriptor>(block);
  u64 end = group.block;
  if (!discontiguous(block)) return BlockNo(end + group.bits);
  for (const ExtentRecord& piece : ExtentList::records(pieces(block)))
    end = std::max(end, piece.block + u64{piece.clusters} * bits_per_cluster);
  return BlockNo(end);
}

std::optional<u32> GroupDescriptor::bit_of_block(ConstBytes block, BlockNo wanted, u32 bits_per_cluster) {
  const auto& group = as<GroupDescriptor>(block);
  u64 bit = ~u64{0};
  if (!discontiguous(block)) {
    if (wanted.value >= group.block) bit = wanted.value - group.block;
  } else {
    for (const ExtentRecord& piece : ExtentList::records(pieces(block)))
      if (wanted.value >= piece.block && wanted.value - piece.block < u64{piece.clusters} * bits_per_cluster)
        bit = u64{piece.cpos} * bits_per_cluster + (wanted.value - piece.block);
  }
  if (bit >= group.bits) return std::nullopt;
  return static_cast<u32>(bit);
}

const BlockKind GroupDescriptor::kind{.name = "group descriptor",
                                      .check_offset = offsetof(GroupDescriptor, check),
                                      .judge = judge_group,
                                      .describe = describe_group};

}  // namespace ocfs2
