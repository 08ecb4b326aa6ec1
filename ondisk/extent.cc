// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/extent.h"

#include "ondisk/judging.h"

namespace ocfs2 {
namespace {

constexpr u32 header_bytes = sizeof(ExtentList);

/// Records in use as the header has it; never more than its own capacity.
u32 used_in(ConstBytes list) {
  if (list.size() < header_bytes) return 0;
  const auto& header = as<ExtentList>(list);
  return std::min<u32>(header.used, header.count);
}
u32 slots_in(ConstBytes list) { return list.size() < header_bytes ? 0 : u32{as<ExtentList>(list).count}; }

void judge_leaf(std::span<const ExtentRecord> records, const ExtentListRules& rules, const Place& place,
                Judgement& judgement) {
  const Geometry& geometry = place.geometry();
  u64 free_from = 0;  // where the next record may begin
  for (std::size_t i = 0; i < records.size(); ++i) {
    const ExtentRecord& record = records[i];
    if (record.empty()) {
      judgement.holds(i == 0, "e_leaf_clusters", "only the first record of a leaf may be empty", i);
      continue;
    }
    judgement.holds(record.cpos >= free_from, "e_cpos", "records must be sorted and apart", record.cpos);
    free_from = rules.disjoint ? record.end() : u64{record.cpos} + 1;
    judgement.holds((record.flags & ~(ExtentRecord::unwritten | ExtentRecord::refcounted)) == 0, "e_flags",
                    "must have known flags only", record.flags);
    const bool inside = rules.cluster_aligned
                            ? run_inside(record.block, record.clusters, geometry)
                            : record.block > super_block_no.value && geometry.contains(BlockNo(record.block));
    judgement.holds(inside, "e_blkno", "must lie inside the volume", record.block);
    judgement.holds(!rules.cluster_aligned || geometry.starts_cluster(BlockNo(record.block)), "e_blkno",
                    "must be the first block of a cluster", record.block);
  }
}

void judge_children(std::span<const ChildRecord> children, const Place& place, Judgement& judgement) {
  judgement.holds(!children.empty(), "l_next_free_rec", "must be at least 1 above the leaves");
  u64 free_from = 0;
  for (const ChildRecord& child : children) {
    judgement.holds(child.cpos >= free_from, "e_cpos", "records must be sorted and apart", child.cpos);
    free_from = std::max(child.end(), u64{child.cpos} + 1);
    judge_needed_reference("e_blkno", child.block, place, judgement);
  }
}

void judge_extent_block(ConstBytes block, const Place& place, Judgement& judgement) {
  if (!is_whole_block(block, place, judgement)) return;
  const auto& extent = as<ExtentBlock>(block);
  judgement.holds(matches(extent.signature, ExtentBlock::signature_text), "h_signature",
                  "must be \"EXBLK01\"");
  judgement.equal("h_blkno", extent.block, place.block.value);
  judgement.equal("h_fs_generation", extent.fs_generation, place.volume.generation);
  judge_slot("h_suballoc_slot", extent.suballoc_slot, place, judgement);
  judge_reference("h_suballoc_loc", extent.suballoc_group, place, judgement);
  judge_reference("h_next_leaf_blk", extent.next_leaf, place, judgement);
  judgement.holds(extent.list.tree_depth == 0 || extent.next_leaf == 0, "h_next_leaf_blk",
                  "must be 0 above the leaves", extent.next_leaf);
  // The block does not say whose tree it is in: a refcount tree's records address single blocks, and the hash
  // keys of attributes may lie closer than the records are long.
  const ExtentListRules rules{.capacity = place.geometry().extent_records_per_extent_block(),
                              .cluster_aligned = !place.volume.features.has(feature::refcount),
                              .disjoint = !place.volume.features.has(feature::xattr)};
  judge_extent_list(ExtentBlock::list_bytes(block), rules, place, judgement);
}

void describe_extent_block(ConstBytes block, const FieldVisitor& visit) {
  if (block.size() < sizeof(ExtentBlock)) return;
  constexpr auto rows = fields_of<ExtentBlock>;
  describe_fields(rows.first(rows.size() - 1), block, "", visit);
  describe_extent_list(ExtentBlock::list_bytes(block), "h_list.", visit);
}

}  // namespace

std::span<const ExtentRecord> ExtentList::records(ConstBytes list) {
  return records_in<ExtentRecord>(list, header_bytes, used_in(list));
}
std::span<ExtentRecord> ExtentList::records(Bytes list) {
  return records_in<ExtentRecord>(list, header_bytes, used_in(list));
}
std::span<const ChildRecord> ExtentList::children(ConstBytes list) {
  return records_in<ChildRecord>(list, header_bytes, used_in(list));
}
std::span<ChildRecord> ExtentList::children(Bytes list) {
  return records_in<ChildRecord>(list, header_bytes, used_in(list));
}
std::span<ExtentRecord> ExtentList::record_slots(Bytes list) {
  return records_in<ExtentRecord>(list, header_bytes, slots_in(list));
}
std::span<ChildRecord> ExtentList::child_slots(Bytes list) {
  return records_in<ChildRecord>(list, header_bytes, slots_in(list));
}

void judge_extent_list(ConstBytes list, const ExtentListRules& rules, const Place& place,
                       Judgement& judgement) {
  if (list.size() < header_bytes) return judgement.at_least("l_count", 0, 1);
  const auto& header = as<ExtentList>(list);
  judgement.at_most("l_tree_depth", header.tree_depth, ExtentList::depth_max);
  judgement.equal("l_count", header.count, rules.capacity);
  judgement.at_most("l_next_free_rec", header.used, header.count);
  if (header.tree_depth == 0)
    judge_leaf(ExtentList::records(list), rules, place, judgement);
  else
    judge_children(ExtentList::children(list), place, judgement);
}

u64 clusters_in_leaf(ConstBytes list) {
  u64 clusters = 0;
  for (const ExtentRecord& record : ExtentList::records(list)) clusters += record.clusters;
  return clusters;
}

void judge_tree_root(ConstBytes list, std::string_view last_field, u64 last_extent_block,
                     std::string_view clusters_field, u64 clusters, const Place& place,
                     Judgement& judgement) {
  if (list.size() < header_bytes) return;
  if (as<ExtentList>(list).tree_depth != 0)
    return judge_needed_reference(last_field, last_extent_block, place, judgement);
  judgement.equal(last_field, last_extent_block, 0);
  judgement.equal(clusters_field, clusters, clusters_in_leaf(list));
}

void describe_extent_list(ConstBytes list, const std::string& prefix, const FieldVisitor& visit) {
  describe_structure<ExtentList>(list, prefix, visit);
  if (list.size() < header_bytes) return;
  if (as<ExtentList>(list).tree_depth == 0)
    describe_records(ExtentList::records(list), prefix + "l_recs", visit);
  else
    describe_records(ExtentList::children(list), prefix + "l_recs", visit);
}

const BlockKind ExtentBlock::kind{.name = "extent block",
                                  .check_offset = offsetof(ExtentBlock, check),
                                  .judge = judge_extent_block,
                                  .describe = describe_extent_block};

}  // namespace ocfs2
