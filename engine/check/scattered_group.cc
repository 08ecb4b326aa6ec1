// SPDX-License-Identifier: GPL-2.0-or-later
//
// Groups that lie in pieces. A piece tells its length, and with which cluster of the group it begins; each of
// the two follows from the other, so that most damage can be put right.
#include "engine/check/group_check.h"
#include "engine/check/problems/scattered_groups.h"
#include "ondisk/judging.h"
#include "ondisk/records.h"

namespace ocfs2 {
namespace {

constexpr std::string_view from_the_rest = "it can be put right from what the rest of the list says";
constexpr std::string_view must_go = "it cannot be put right, and the group must be taken off its chain";

/// Whether the volume has groups in pieces, of so few clusters that a list of them has room.
bool may_scatter(const GroupPlace& at) {
  return !at.global_bitmap && at.volume.features.has(feature::discontig_bg) &&
         at.bits() <= 8 * GroupDescriptor::discontiguous_bitmap_bytes;
}

std::span<const ExtentRecord> slots_of(ConstBytes block, const GroupPlace& at) {
  return records_in<ExtentRecord>(GroupDescriptor::pieces(block), sizeof(ExtentList),
                                  at.volume.geometry.extent_records_per_group());
}
std::span<ExtentRecord> slots_of(Bytes block, const GroupPlace& at) {
  return records_in<ExtentRecord>(GroupDescriptor::pieces(block), sizeof(ExtentList),
                                  at.volume.geometry.extent_records_per_group());
}
const ExtentList& list_of(ConstBytes block) { return as<ExtentList>(GroupDescriptor::pieces(block)); }

bool can_lie_at(u64 block, u64 clusters, const GroupPlace& at) {
  return run_inside(block, clusters, at.volume.geometry) && at.volume.geometry.starts_cluster(BlockNo(block));
}

/// The pieces as the clusters with which they begin say; nothing when these make no sense.
std::vector<ExtentRecord> pieces_by_position(ConstBytes block, const GroupPlace& at) {
  std::vector<ExtentRecord> pieces;
  for (const ExtentRecord& slot : slots_of(block, at)) {
    const bool first = pieces.empty();
    if (slot.block == 0 || slot.cpos >= at.clusters) break;
    if (first ? slot.cpos != 0 : slot.cpos <= pieces.back().cpos) break;
    pieces.push_back(slot);
    if (first) pieces[0].block = at.block.value;
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const u64 end = i + 1 < pieces.size() ? u64{pieces[i + 1].cpos} : at.clusters;
    pieces[i].clusters = static_cast<u16>(end - pieces[i].cpos);
    if (!can_lie_at(pieces[i].block, pieces[i].clusters, at)) return {};
  }
  return pieces;
}

/// What is wrong with the lengths of the pieces: one problem at most.
struct LengthFault {
  const Problem* problem = nullptr;
  u32 index = 0;
  u64 found = 0;
  u64 expected = 0;
  u32 filled = 0;  ///< pieces that are the whole group, when `problem` is null or says that only they count
};

/// What to say when one piece is longer than the group while the others have `sum` clusters.
LengthFault too_long(u32 index, u64 clusters, u64 sum, u32 filled, const GroupPlace& at) {
  if (sum >= at.clusters) return {&problem::DISCONTIG_BG_REC_CORRUPT, index, clusters, at.clusters, filled};
  return {&problem::DISCONTIG_BG_LEAF_CLUSTERS, index, clusters, at.clusters - sum, filled};
}

LengthFault judge_lengths(ConstBytes block, const GroupPlace& at) {
  const auto slots = slots_of(block, at);
  const u32 used = list_of(block).used;
  std::optional<u32> long_one;
  u64 sum = 0;
  u32 i = 0;
  for (; i < std::min<u64>(used, slots.size()); ++i) {
    const ExtentRecord& piece = slots[i];
    if (piece.block == 0 && piece.clusters == 0) break;
    if (!can_lie_at(piece.block, std::min<u32>(piece.clusters, 1), at) ||
        (i == 0 && piece.block != at.block.value))
      return {&problem::DISCONTIG_BG_REC_RANGE, i, piece.block, at.block.value};
    if (piece.clusters > at.clusters) {
      if (long_one) return {&problem::DISCONTIG_BG_CORRUPT_LEAVES, i, piece.clusters, at.clusters};
      long_one = i;
      continue;
    }
    if (sum + piece.clusters > at.clusters) {
      if (sum != at.clusters) return {&problem::DISCONTIG_BG_CLUSTERS, i, sum + piece.clusters, at.clusters};
      if (long_one) return {&problem::DISCONTIG_BG_LIST_CORRUPT, i, used, at.clusters, i};
      break;
    }
    sum += piece.clusters;
  }
  if (long_one) return too_long(*long_one, slots[*long_one].clusters, sum, i, at);
  if (sum < at.clusters) return {&problem::DISCONTIG_BG_LESS_CLUSTERS, i, sum, at.clusters};
  if (used != i) return {&problem::DISCONTIG_BG_NEXT_FREE_REC, 0, used, i, i};
  return {.filled = i};
}

void store(std::span<const ExtentRecord> pieces, Bytes block, const GroupPlace& at) {
  as<ExtentList>(GroupDescriptor::pieces(block)).used = static_cast<u16>(pieces.size());
  std::ranges::copy(pieces, slots_of(block, at).begin());
}

/// True when the length of one piece was all that was wrong, or how many pieces there are.
bool mend_small_fault(const LengthFault& fault, Bytes block, const GroupPlace& at) {
  if (fault.problem == &problem::DISCONTIG_BG_LEAF_CLUSTERS)
    slots_of(block, at)[fault.index].clusters = static_cast<u16>(fault.expected);
  else if (fault.problem != &problem::DISCONTIG_BG_NEXT_FREE_REC)
    return false;
  as<ExtentList>(GroupDescriptor::pieces(block)).used = static_cast<u16>(fault.filled);
  return true;
}

/// False when the group must go.
bool examine_lengths(Patient<GroupDescriptor>& group, const GroupPlace& at, Examiner& examiner) {
  const LengthFault fault = judge_lengths(group.bytes(), at);
  if (fault.problem == nullptr) return true;
  const auto restored = pieces_by_position(group.bytes(), at);
  Facts facts = at.facts();
  facts.index = fault.index;
  facts.found = fault.found;
  facts.expected = fault.expected;
  facts.count = fault.filled;
  facts.detail = restored.empty() ? must_go : from_the_rest;
  if (!examiner.resolve(*fault.problem, facts)) return true;
  if (mend_small_fault(fault, group.mend_bytes(), at)) return true;
  if (restored.empty()) return false;
  store(restored, group.mend_bytes(), at);
  return true;
}

/// Lengths are right: where each piece begins follows.
void examine_positions(Patient<GroupDescriptor>& group, const GroupPlace& at, Examiner& examiner) {
  u64 sum = 0;
  const u32 used = list_of(group.bytes()).used;
  for (u32 i = 0; i < std::min<u64>(used, slots_of(group.bytes(), at).size()); ++i) {
    const ExtentRecord& piece = slots_of(group.bytes(), at)[i];
    const u64 begin = sum;
    sum += piece.clusters;
    if (piece.cpos == begin) continue;
    Facts facts = at.facts();
    facts.index = i;
    facts.found = piece.cpos;
    facts.expected = begin;
    if (examiner.resolve(problem::DISCONTIG_BG_CPOS, facts))
      slots_of(group.mend_bytes(), at)[i].cpos = static_cast<u32>(begin);
  }
}

void examine_header(Patient<GroupDescriptor>& group, const GroupPlace& at, Examiner& examiner) {
  Facts facts = at.facts();
  facts.found = list_of(group.bytes()).tree_depth;
  if (facts.found != 0 && examiner.resolve(problem::DISCONTIG_BG_DEPTH, facts))
    as<ExtentList>(GroupDescriptor::pieces(group.mend_bytes())).tree_depth = 0;
  facts.found = list_of(group.bytes()).count;
  facts.expected = at.volume.geometry.extent_records_per_group();
  if (facts.found != facts.expected && examiner.resolve(problem::DISCONTIG_BG_COUNT, facts))
    as<ExtentList>(GroupDescriptor::pieces(group.mend_bytes())).count = static_cast<u16>(facts.expected);
}

}  // namespace

bool scattered(ConstBytes block, const GroupPlace& at) {
  if (!may_scatter(at)) return false;
  const bool signs[] = {list_of(block).used != 0, list_of(block).count == slots_of(block, at).size(),
                        slots_of(block, at)[0].block == at.block.value};
  return std::ranges::count(signs, true) >= 2;
}

void examine_stray_count(Patient<GroupDescriptor>& group, const GroupPlace& at, Examiner& examiner) {
  Facts facts = at.facts();
  facts.found = may_scatter(at) ? u32{list_of(group.bytes()).used} : 0;
  if (facts.found == 0) return;
  facts.expected = 0;
  if (examiner.resolve(problem::DISCONTIG_BG_NEXT_FREE_REC, facts))
    as<ExtentList>(GroupDescriptor::pieces(group.mend_bytes())) = ExtentList{};
}

bool examine_pieces(Patient<GroupDescriptor>& group, const GroupPlace& at, Examiner& examiner) {
  examine_header(group, at, examiner);
  if (!examine_lengths(group, at, examiner)) return false;
  if (judge_lengths(group.bytes(), at).problem == nullptr) examine_positions(group, at, examiner);
  return true;
}

std::optional<std::vector<GroupPiece>> pieces_of_group(ConstBytes block, const GroupPlace& at) {
  if (!scattered(block, at)) return std::vector<GroupPiece>{{at.block, at.bits(), 0}};
  std::vector<u8> copy(block.begin(), block.end());
  const LengthFault fault = judge_lengths(copy, at);
  std::vector<ExtentRecord> records;
  if (fault.problem != nullptr && !mend_small_fault(fault, copy, at))
    records = pieces_by_position(copy, at);
  else
    for (u32 i = 0; i < fault.filled; ++i) records.push_back(slots_of(ConstBytes(copy), at)[i]);
  if (records.empty()) return std::nullopt;
  std::vector<GroupPiece> pieces;
  u32 bit = 0;
  for (const ExtentRecord& record : records) {
    pieces.push_back({BlockNo(record.block), record.clusters * at.bits_per_cluster, bit});
    bit += pieces.back().blocks;
  }
  return pieces;
}

}  // namespace ocfs2
