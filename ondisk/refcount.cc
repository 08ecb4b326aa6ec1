// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/refcount.h"

#include "ondisk/judging.h"

namespace ocfs2 {
namespace {

void judge_records(ConstBytes list, const Place& place, Judgement& judgement) {
  const auto& header = as<RefcountList>(list);
  judgement.equal("rl_count", header.count, place.geometry().refcount_records_per_block());
  judgement.at_most("rl_used", header.used, header.count);
  u64 free_from = 0;
  for (const RefcountRecord& record : RefcountList::records(list)) {
    const bool inside =
        record.cluster < place.geometry().clusters && record.end() <= place.geometry().clusters;
    judgement.holds(inside, "r_cpos", "must lie inside the volume", record.cluster);
    if (!inside) continue;
    judgement.holds(record.cluster >= free_from, "r_cpos", "records must be sorted and apart",
                    record.cluster);
    free_from = record.end();
    judgement.at_least("r_clusters", record.clusters, 1);
    judgement.at_least("r_refcount", record.references, 1);
  }
}

void judge_block(ConstBytes block, const Place& place, Judgement& judgement) {
  if (!is_whole_block(block, place, judgement)) return;
  const auto& node = as<RefcountBlock>(block);
  judgement.holds(matches(node.signature, RefcountBlock::signature_text), "rf_signature",
                  "must be \"REFCNT1\"");
  judgement.equal("rf_blkno", node.block, place.block.value);
  judgement.equal("rf_fs_generation", node.fs_generation, place.volume.generation);
  judge_slot("rf_suballoc_slot", node.suballoc_slot, place, judgement);
  judge_reference("rf_suballoc_loc", node.suballoc_group, place, judgement);
  judgement.at_most("rf_flags", node.flags, RefcountBlock::tree);  // a leaf, a tree or neither, never both
  if (node.is_leaf())
    judge_needed_reference("rf_parent", node.parent, place, judgement);
  else
    judgement.equal("rf_parent", node.parent, 0);
  const ConstBytes list = RefcountBlock::list_bytes(block);
  if (!node.is_tree()) return judge_records(list, place, judgement);
  judge_extent_list(
      list, {.capacity = place.geometry().extent_records_per_refcount_root(), .cluster_aligned = false},
      place, judgement);
  judge_tree_root(list, "rf_last_eb_blk", node.last_extent_block, "rf_clusters", node.leaf_blocks, place,
                  judgement);
}

void describe_block(ConstBytes block, const FieldVisitor& visit) {
  if (block.size() < sizeof(RefcountBlock)) return;
  constexpr auto rows = fields_of<RefcountBlock>;
  describe_fields(rows.first(rows.size() - 1), block, "", visit);
  const ConstBytes list = RefcountBlock::list_bytes(block);
  if (as<RefcountBlock>(block).is_tree()) return describe_extent_list(list, "rf_list.", visit);
  describe_structure<RefcountList>(list, "rf_records.", visit);
  describe_records(RefcountList::records(list), "rf_records.rl_recs", visit);
}

}  // namespace

std::span<const RefcountRecord> RefcountList::records(ConstBytes list) {
  if (list.size() < sizeof(RefcountList)) return {};
  const auto& header = as<RefcountList>(list);
  return records_in<RefcountRecord>(list, sizeof(RefcountList), std::min<u32>(header.used, header.count));
}
std::span<RefcountRecord> RefcountList::slots(Bytes list) {
  if (list.size() < sizeof(RefcountList)) return {};
  return records_in<RefcountRecord>(list, sizeof(RefcountList), as<RefcountList>(list).count);
}

const BlockKind RefcountBlock::kind{.name = "refcount block",
                                    .check_offset = offsetof(RefcountBlock, check),
                                    .judge = judge_block,
                                    .describe = describe_block};

}  // namespace ocfs2
