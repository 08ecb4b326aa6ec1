// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/quota.h"

#include <algorithm>

#include "ondisk/judging.h"
#include "ondisk/zeros.h"

namespace ocfs2 {
namespace {

constexpr s32 check_at_end = -8;

/// The part of a block that is not its check.
template <class Span>
Span usable(Span block) {
  return block.first(block.size() < sizeof(BlockCheck) ? 0 : block.size() - sizeof(BlockCheck));
}

void judge_global_head(ConstBytes block, const Place& place, Judgement& judgement) {
  if (!is_whole_block(block, place, judgement)) return;
  const auto& head = as<GlobalQuotaHead>(block);
  judgement.holds(head.header.magic == quota_global_magic(QuotaType::user) ||
                      head.header.magic == quota_global_magic(QuotaType::group),
                  "dqh_magic", "must be that of a global quota file", head.header.magic);
  judgement.equal("dqh_version", head.header.version, 0);
  judgement.at_least("dqi_blocks", head.info.blocks, quota_root_file_block + 1);
  judgement.holds(head.info.free_block < head.info.blocks, "dqi_free_blk", "must lie inside the file",
                  head.info.free_block);
  judgement.holds(head.info.free_leaf < head.info.blocks, "dqi_free_entry", "must lie inside the file",
                  head.info.free_leaf);
}

void judge_local_head(ConstBytes block, const Place& place, Judgement& judgement) {
  if (!is_whole_block(block, place, judgement)) return;
  const auto& head = as<LocalQuotaHead>(block);
  judgement.holds(head.header.magic == quota_local_magic(QuotaType::user) ||
                      head.header.magic == quota_local_magic(QuotaType::group),
                  "dqh_magic", "must be that of a local quota file", head.header.magic);
  judgement.equal("dqh_version", head.header.version, 0);
  judgement.at_least("dqi_chunks", head.info.chunks, 1);
  const QuotaGeometry geometry{place.geometry().block_size()};
  judgement.holds(head.info.blocks > geometry.chunk_file_block(head.info.chunks - 1), "dqi_blocks",
                  "must hold all chunks", head.info.blocks);
}

void judge_leaf(ConstBytes block, const Place& place, Judgement& judgement) {
  if (!is_whole_block(block, place, judgement)) return;
  judgement.at_most("dqdh_entries", as<QuotaLeaf>(block).entries,
                    QuotaGeometry{place.geometry().block_size()}.records_per_leaf());
}

void judge_chunk(ConstBytes block, const Place& place, Judgement& judgement) {
  if (!is_whole_block(block, place, judgement)) return;
  judgement.at_most("dqc_free", as<LocalQuotaChunk>(block).free,
                    QuotaGeometry{place.geometry().block_size()}.records_per_chunk());
}

template <class T>
void describe_fixed(ConstBytes block, const FieldVisitor& visit) {
  describe_structure<T>(block, "", visit);
}

void describe_tree(ConstBytes block, const FieldVisitor& visit) {
  const auto references = QuotaTreeBlock::references(block);
  for (std::size_t i = 0; i < references.size(); ++i) {
    Field row = variable_row("reference", i * sizeof(le32), sizeof(le32), Shape::number);
    visit("references[" + std::to_string(i) + "]", row, bytes_of(references[i]));
  }
}

void describe_leaf(ConstBytes block, const FieldVisitor& visit) {
  describe_structure<QuotaLeaf>(block, "", visit);
  describe_records(QuotaLeaf::records(block), "records", visit);
}

void describe_chunk(ConstBytes block, const FieldVisitor& visit) {
  describe_structure<LocalQuotaChunk>(block, "", visit);
  const ConstBytes bitmap = LocalQuotaChunk::bitmap(block);
  visit("dqc_bitmap", variable_row("dqc_bitmap", sizeof(LocalQuotaChunk), bitmap.size(), Shape::bytes),
        bitmap);
}

void describe_local_block(ConstBytes block, const FieldVisitor& visit) {
  describe_records(LocalQuotaBlock::records(block), "records", visit);
}

}  // namespace

bool QuotaRecord::unused() const {
  return is_zero(bytes_of(*this));
}

std::span<const le32> QuotaTreeBlock::references(ConstBytes block) {
  return records_in<le32>(usable(block), 0, block.size());
}
std::span<le32> QuotaTreeBlock::references(Bytes block) {
  return records_in<le32>(usable(block), 0, block.size());
}

std::span<const QuotaRecord> QuotaLeaf::records(ConstBytes block) {
  return records_in<QuotaRecord>(usable(block), sizeof(QuotaLeaf), block.size());
}
std::span<QuotaRecord> QuotaLeaf::records(Bytes block) {
  return records_in<QuotaRecord>(usable(block), sizeof(QuotaLeaf), block.size());
}

ConstBytes LocalQuotaChunk::bitmap(ConstBytes block) {
  return records_in<u8>(usable(block), sizeof(LocalQuotaChunk), block.size());
}
Bytes LocalQuotaChunk::bitmap(Bytes block) {
  return records_in<u8>(usable(block), sizeof(LocalQuotaChunk), block.size());
}

std::span<const LocalQuotaRecord> LocalQuotaBlock::records(ConstBytes block) {
  return records_in<LocalQuotaRecord>(usable(block), 0, block.size());
}
std::span<LocalQuotaRecord> LocalQuotaBlock::records(Bytes block) {
  return records_in<LocalQuotaRecord>(usable(block), 0, block.size());
}

const BlockKind GlobalQuotaHead::kind{.name = "head of a global quota file",
                                      .check_offset = check_at_end,
                                      .judge = judge_global_head,
                                      .describe = describe_fixed<GlobalQuotaHead>};
const BlockKind LocalQuotaHead::kind{.name = "head of a local quota file",
                                     .check_offset = check_at_end,
                                     .judge = judge_local_head,
                                     .describe = describe_fixed<LocalQuotaHead>};
const BlockKind QuotaTreeBlock::kind{
    .name = "quota tree block", .check_offset = check_at_end, .judge = nullptr, .describe = describe_tree};
const BlockKind QuotaLeaf::kind{
    .name = "quota leaf", .check_offset = check_at_end, .judge = judge_leaf, .describe = describe_leaf};
const BlockKind LocalQuotaChunk::kind{.name = "local quota chunk",
                                      .check_offset = check_at_end,
                                      .judge = judge_chunk,
                                      .describe = describe_chunk};
const BlockKind LocalQuotaBlock::kind{.name = "block of local quota records",
                                      .check_offset = check_at_end,
                                      .judge = nullptr,
                                      .describe = describe_local_block};

}  // namespace ocfs2
