// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/extent_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "engine/check/check.h"
#include "engine/check/problems/blocks.h"
#include "engine/check/problems/extents.h"

namespace ocfs2 {
namespace {

/// A list somewhere in a patient.
class ListPlace {
 public:
  ListPlace(AnyPatient& patient, u32 offset, u32 bytes) : patient_(patient), offset_(offset), bytes_(bytes) {}

  BlockNo block() const { return patient_.block(); }
  ConstBytes bytes() const { return patient_.bytes().subspan(offset_, bytes_); }
  Bytes mend_bytes() { return patient_.mend_bytes().subspan(offset_, bytes_); }
  const ExtentList& operator*() const { return as<ExtentList>(bytes()); }
  const ExtentList* operator->() const { return &**this; }
  ExtentList& mend() { return as<ExtentList>(mend_bytes()); }

  u32 room() const {
    return (bytes_ - static_cast<u32>(sizeof(ExtentList))) / static_cast<u32>(sizeof(ExtentRecord));
  }
  u32 used() const { return std::min<u32>((*this)->used, room()); }
  /// Records up to the last one with clusters, however many are said to be used.
  u32 filled(u32 capacity) const {
    u32 count = std::min(capacity, room());
    while (count > 0 && at<ChildRecord>(count - 1).clusters == 0) --count;
    return count;
  }
  template <class Record>
  const Record& at(u32 index) const {
    return as<Record>(bytes().subspan(sizeof(ExtentList) + index * sizeof(Record)));
  }
  template <class Record>
  Record& mend_at(u32 index) {
    return as<Record>(mend_bytes().subspan(sizeof(ExtentList) + index * sizeof(Record)));
  }
  void remove(u32 index) {
    const u32 last = used() - 1;
    for (u32 i = index; i < last; ++i) mend_at<ExtentRecord>(i) = at<ExtentRecord>(i + 1);
    mend_at<ExtentRecord>(last) = ExtentRecord{};
    mend().used = static_cast<u16>(last);
  }

 private:
  AnyPatient& patient_;
  u32 offset_;
  u32 bytes_;
};

struct ListAt {
  InodeNo owner;
  BlockNo block;
  u32 capacity;
  u32 depth;
  u32 filled = 0;  ///< records up to the last one with clusters, when more are used than can be
  Facts facts() const { return {.inode = owner, .block = block}; }
};

constexpr Check<ExtentList, ListAt> list_checks[] = {
    {.problem = problem::EXTENT_LIST_DEPTH,
     .found = [](const ExtentList& list, const ListAt&) -> u64 { return list.tree_depth; },
     .expected = [](const ExtentList&, const ListAt& at) -> u64 { return at.depth; },
     .mend = [](ExtentList& list, u64 depth, const ListAt&) { list.tree_depth = static_cast<u16>(depth); }},
    {.problem = problem::EXTENT_LIST_COUNT,
     .found = [](const ExtentList& list, const ListAt&) -> u64 { return list.count; },
     .expected = [](const ExtentList&, const ListAt& at) -> u64 { return at.capacity; },
     .mend = [](ExtentList& list, u64 count, const ListAt&) { list.count = static_cast<u16>(count); }},
    {.problem = problem::EXTENT_LIST_FREE,
     .found = [](const ExtentList& list, const ListAt&) -> u64 { return list.used; },
     .expected = [](const ExtentList& list, const ListAt& at) -> u64 {
       return list.used > at.capacity ? at.filled : u32{list.used};
     },
     .mend = [](ExtentList& list, u64 used, const ListAt&) { list.used = static_cast<u16>(used); }},
};

constexpr Check<ExtentBlock, ListAt> block_checks[] = {
    {.problem = problem::EB_BLKNO,
     .found = [](const ExtentBlock& node, const ListAt&) -> u64 { return node.block; },
     .expected = [](const ExtentBlock&, const ListAt& at) { return at.block.value; },
     .mend = [](ExtentBlock& node, u64 block, const ListAt&) { node.block = block; }},
    {.problem = problem::EB_NEXT_LEAF,  // of an interior block; those of leaves are checked from leaf to leaf
     .found = [](const ExtentBlock& node, const ListAt& at) -> u64 {
       return at.depth == 0 ? 0 : u64{node.next_leaf};
     },
     .expected = [](const ExtentBlock&, const ListAt&) -> u64 { return 0; },
     .mend = [](ExtentBlock& node, u64, const ListAt&) { node.next_leaf = 0; }},
};

/// Of a tree, to count all of its clusters for one damaged record.
constexpr u32 blocks_looked_at_max = 4096;

enum class Fate { kept, ignored, removed };

class TreeExamination {
 public:
  TreeExamination(const TreeRules& rules, InodeNo owner, Examiner& examiner, BlockSource& source,
                  Harvest& harvest, const std::function<void(const ExtentRun&)>& use)
      : rules_(rules), owner_(owner), examiner_(examiner), source_(source), harvest_(harvest), use_(use) {}

  TreeSummary run(ListPlace root);

 private:
  bool resolve(const Problem& problem, Facts facts);
  bool resolve_once(const Problem& problem, Facts facts);
  void count(const CheckTally& tally);
  void header(ListPlace& list, u32 capacity, u32 depth);
  u32 root_depth(const ListPlace& root);
  u32 depth_by_content(ListPlace root);
  bool is_extent_block(BlockNo block);

  void list(ListPlace& list, u32 depth);
  void leaf(ListPlace& list);
  bool put_in_order(ListPlace& list);
  void remove_empty_records(ListPlace& list);
  Fate record(ListPlace& list, u32 index);
  void leaf_flags(ListPlace& list);
  u64 clusters_below(const ListPlace& list, u32 depth, u32& blocks);
  u64 clusters_left(const ListPlace& list, u32 index);
  bool no_room_for(const ListPlace& list, u32 index) const;
  struct Neighbour {
    u64 begin, clusters, end;
  };
  Neighbour neighbour_of(const ListPlace& list, u32 index) const;
  void close_hole(ListPlace& list, u32 index, ExtentRecord& record);
  void record_position(ListPlace& list, u32 index, ExtentRecord& record);
  void take(const ExtentRecord& record);

  void interior(ListPlace& list, u32 depth);
  bool is_foreign(const Patient<ExtentBlock>& child, const ChildRecord& said) const;
  Fate child(ListPlace& list, u32 index, u32 depth);
  Fate node(Patient<ExtentBlock>& node, ListPlace& parent, u32 index, u32 depth);
  std::optional<bool> generation(Patient<ExtentBlock>& node, u32 depth);
  void spans(ListPlace& list, const std::vector<std::optional<u64>>& begins);
  void leaf_block(Patient<ExtentBlock>& leaf);
  void link_last_leaf(u64 next);
  void require_full_leaf();

  const TreeRules& rules_;
  InodeNo owner_;
  Examiner& examiner_;
  BlockSource& source_;
  Harvest& harvest_;
  const std::function<void(const ExtentRun&)>& use_;
  TreeSummary summary_;
  const ListPlace* root_ = nullptr;
  std::optional<u64> first_;  ///< where the first record below the child at hand begins
  u64 limit_ = u64{1} << 32;  ///< where what lies to the right of the child at hand begins
  u64 closed_ = 0;            ///< holes so far, in clusters,
  bool close_ = false;        ///< which are to be closed
  std::unordered_set<u64> seen_;
  std::map<const Problem*, bool> answers_;  ///< to what was asked of the list at hand
  std::optional<Patient<ExtentBlock>> last_leaf_;
};

bool TreeExamination::resolve(const Problem& problem, Facts facts) {
  facts.inode = owner_;
  summary_.sound = false;
  const bool yes = examiner_.resolve(problem, facts);
  summary_.mended |= yes;
  return yes;
}

/// What one fault does to many records of a list is one question.
bool TreeExamination::resolve_once(const Problem& problem, Facts facts) {
  const auto answer = answers_.find(&problem);
  if (answer != answers_.end()) return answer->second;
  return answers_[&problem] = resolve(problem, facts);
}

TreeSummary TreeExamination::run(ListPlace root) {
  const u32 depth = root_depth(root);
  summary_.depth = depth;
  root_ = &root;
  header(root, rules_.capacity, depth);
  list(root, depth);
  if (last_leaf_) link_last_leaf(0);
  if (depth > 0 && root.used() == 0 && summary_.mended) {
    root.mend().tree_depth = 0;  // everything below was removed
    summary_.depth = 0;
  }
  summary_.last_leaf = last_leaf_ ? last_leaf_->block() : BlockNo();
  return summary_;
}

void TreeExamination::count(const CheckTally& tally) {
  summary_.sound &= tally.wrong == 0;
  summary_.mended |= tally.mended > 0;
}

void TreeExamination::header(ListPlace& list, u32 capacity, u32 depth) {
  const u32 filled = list->used > capacity ? list.filled(capacity) : 0;
  count(run_checks(list_checks, list, ListAt{owner_, list.block(), capacity, depth, filled}, examiner_));
}

/// The depth that a root really has. It is doubted only when something speaks against it.
u32 TreeExamination::root_depth(const ListPlace& root) {
  const u32 depth = root->tree_depth;
  if (root.used() == 0) return 0;
  const bool levels_expected = rules_.last_leaf.value != 0;
  if (depth == 0 && !levels_expected) return 0;
  if (depth != 0 && depth <= ExtentList::depth_max && levels_expected) {
    const auto below = source_.look<ExtentBlock>(BlockNo(root.at<ChildRecord>(0).block), owner_);
    if (!below || !matches((*below)->signature, ExtentBlock::signature_text)) return depth;
    if ((*below)->list.tree_depth + 1u == depth) return depth;
  }
  return depth_by_content(root);
}

bool TreeExamination::is_extent_block(BlockNo block) {
  const auto node = source_.look<ExtentBlock>(block, owner_);
  return node && matches((*node)->signature, ExtentBlock::signature_text) && (*node)->block == block.value;
}

/// How many levels of extent blocks the first records lead through.
u32 TreeExamination::depth_by_content(ListPlace root) {
  BlockNo next(root.at<ChildRecord>(0).block);
  u32 depth = 0;
  while (depth < ExtentList::depth_max && is_extent_block(next)) {
    ++depth;
    auto node = source_.look<ExtentBlock>(next, owner_);
    const ListPlace below(*node, ExtentBlock::list_offset,
                          source_.geometry().block_size() - ExtentBlock::list_offset);
    if (below.used() == 0) break;
    next = BlockNo(below.at<ChildRecord>(0).block);
  }
  return depth;
}

void TreeExamination::list(ListPlace& place, u32 depth) {
  if (depth == 0)
    leaf(place);
  else
    interior(place, depth);
}

void TreeExamination::leaf(ListPlace& list) {
  answers_.clear();
  remove_empty_records(list);
  if (!put_in_order(list)) return;
  for (u32 i = 0; i < list.used();)
    if (record(list, i) != Fate::removed) ++i;
  leaf_flags(list);
}

/// Only the first record of a leaf may be empty, and it is first by its position, too.
void TreeExamination::remove_empty_records(ListPlace& list) {
  const u32 used = list.used();
  std::vector<ExtentRecord> kept;
  std::optional<u32> first;
  for (u32 i = 0; i < used; ++i) {
    const ExtentRecord& record = list.at<ExtentRecord>(i);
    const bool may_be_empty = i == 0 && (used == 1 || record.cpos <= list.at<ExtentRecord>(1).cpos);
    if (may_be_empty || !record.empty())
      kept.push_back(record);
    else if (!first)
      first = i;
  }
  if (!first) return;
  const u64 empty = used - kept.size();
  if (!resolve(problem::EXTENT_EMPTY, {.block = list.block(), .count = empty, .index = *first})) return;
  list.mend().used = static_cast<u16>(kept.size());
  kept.resize(used);
  for (u32 i = *first; i < used; ++i) list.mend_at<ExtentRecord>(i) = kept[i];
}

/// Records in the wrong order, but apart from each other, are only to be sorted. False when they stay as they
/// are: then they are taken here, as they would be.
bool TreeExamination::put_in_order(ListPlace& list) {
  const auto before = [](const ExtentRecord& a, const ExtentRecord& b) { return a.cpos < b.cpos; };
  const std::span records(&list.at<ExtentRecord>(0), list.used());
  if (std::is_sorted(records.begin(), records.end(), before)) return true;
  std::vector<ExtentRecord> sorted(records.begin(), records.end());
  std::sort(sorted.begin(), sorted.end(), before);
  for (std::size_t i = 1; i < sorted.size(); ++i)
    if (sorted[i].cpos < sorted[i - 1].end()) return true;
  const Geometry& geometry = source_.geometry();
  const bool inside = std::ranges::all_of(sorted, [&](const ExtentRecord& record) {
    return geometry.contains(BlockNo(record.block)) &&
           record.clusters <= (geometry.blocks() - record.block) / geometry.blocks_per_cluster();
  });
  if (sorted.front().cpos < summary_.end || sorted.back().end() > limit_ || !inside) return true;
  if (!resolve(problem::EXTENT_ORDER, {.block = list.block()})) {
    for (const ExtentRecord& record : sorted) take(record);
    return false;
  }
  for (u32 i = 0; i < sorted.size(); ++i) list.mend_at<ExtentRecord>(i) = sorted[i];
  return true;
}

Fate TreeExamination::record(ListPlace& list, u32 index) {
  const Geometry& geometry = source_.geometry();
  ExtentRecord record = list.at<ExtentRecord>(index);
  if (record.empty()) return Fate::ignored;
  if (record.block <= super_block_no.value || !geometry.contains(BlockNo(record.block))) {
    if (!resolve(problem::EXTENT_BLKNO_RANGE, {.block = list.block(), .found = record.block, .index = index}))
      return Fate::ignored;
    return list.remove(index), Fate::removed;
  }
  if (no_room_for(list, index)) {
    const Facts facts{.block = list.block(), .found = record.cpos, .index = index};
    if (!resolve_once(problem::EXTENT_NO_ROOM, facts)) return Fate::ignored;
    return list.remove(index), Fate::removed;
  }
  record_position(list, index, record);
  take(record);
  return Fate::kept;
}

/// What follows a record of a leaf: where it begins, how long it is, and how far it may reach.
TreeExamination::Neighbour TreeExamination::neighbour_of(const ListPlace& list, u32 index) const {
  const auto after = [&](u32 i) {
    for (++i; i < list.used() && list.at<ExtentRecord>(i).empty();) ++i;
    return i;
  };
  const auto begin_of = [&](u32 i) { return i < list.used() ? u64{list.at<ExtentRecord>(i).cpos} : limit_; };
  const u32 next = after(index);
  if (next >= list.used()) return {limit_, 0, limit_};
  return {begin_of(next), list.at<ExtentRecord>(next).clusters, begin_of(after(next))};
}

/// The clusters of all records below a list, as they stand; `blocks`: how many may still be looked at.
u64 TreeExamination::clusters_below(const ListPlace& list, u32 depth, u32& blocks) {
  u64 sum = 0;
  for (u32 i = 0; i < list.used(); ++i) {
    if (depth == 0) {
      sum += list.at<ExtentRecord>(i).clusters;
    } else if (blocks > 0) {
      --blocks;
      auto node = source_.look<ExtentBlock>(BlockNo(list.at<ChildRecord>(i).block), owner_);
      if (!node || !matches((*node)->signature, ExtentBlock::signature_text)) continue;
      const u32 room = source_.geometry().block_size() - ExtentBlock::list_offset;
      sum += clusters_below(ListPlace(*node, ExtentBlock::list_offset, room), depth - 1, blocks);
    }
  }
  return sum;
}

/// How long a record may be for the owner's count of clusters to be right.
u64 TreeExamination::clusters_left(const ListPlace& list, u32 index) {
  u32 blocks = blocks_looked_at_max;
  const u64 others = clusters_below(*root_, summary_.depth, blocks) - list.at<ExtentRecord>(index).clusters;
  return blocks > 0 && rules_.clusters > others ? rules_.clusters - others : ~u64{0};
}

/// True when there is no place in the file where the record could be.
bool TreeExamination::no_room_for(const ListPlace& list, u32 index) const {
  if (!rules_.disjoint || rules_.hole != nullptr) return false;
  const u64 begin = list.at<ExtentRecord>(index).cpos;
  const u64 next = neighbour_of(list, index).begin;
  return (begin >= next && summary_.end >= next) || (begin < summary_.end && summary_.end > 0xFFFFFFFF);
}

/// Where the record begins, on the device and in the file, and how long it is.
void TreeExamination::record_position(ListPlace& list, u32 index, ExtentRecord& record) {
  const Geometry& geometry = source_.geometry();
  const auto set = [&](const Problem& problem, u64 found, u64 expected, auto apply) {
    if (found == expected) return;
    apply(record, expected);
    if (resolve_once(problem, {.block = list.block(), .found = found, .expected = expected, .index = index}))
      apply(list.mend_at<ExtentRecord>(index), expected);
  };
  const auto shorten = [](ExtentRecord& r, u64 to) { r.clusters = static_cast<u16>(to); };
  if (rules_.cluster_aligned) {
    const u64 start = geometry.first_block_of(geometry.cluster_of(BlockNo(record.block))).value;
    set(problem::EXTENT_BLKNO_UNALIGNED, record.block, start, [](ExtentRecord& r, u64 to) { r.block = to; });
    const u64 room = (geometry.blocks() - record.block) / geometry.blocks_per_cluster();
    if (record.clusters > room)
      set(problem::EXTENT_CLUSTERS_OVERRUN, record.clusters, std::min(room, clusters_left(list, index)),
          shorten);
    else if ((record.flags & ~ExtentRecord::known_flags) !=
             0)  // then its length was hit, too, if it is wrong
      set(problem::EXTENT_PAST_COUNT, record.clusters,
          std::min<u64>(record.clusters, clusters_left(list, index)), shorten);
  }
  const auto move = [](ExtentRecord& r, u64 to) { r.cpos = static_cast<u32>(to); };
  if (rules_.disjoint && rules_.hole == nullptr) {
    const Neighbour next = neighbour_of(list, index);
    const bool behind = record.cpos >= next.begin && summary_.end < next.begin && next.begin <= 0xFFFFFFFF;
    if (behind) set(problem::EXTENT_MISPLACED, record.cpos, summary_.end, move);
    if (record.cpos < next.begin && record.end() > next.begin &&
        (behind || record.end() + next.clusters > next.end))
      set(problem::EXTENT_TOO_LONG, record.clusters, next.begin - record.cpos, shorten);
  }
  if (summary_.end <= 0xFFFFFFFF && (rules_.disjoint || record.cpos < summary_.end))
    set(problem::EXTENT_OVERLAP, record.cpos, std::max<u64>(record.cpos, summary_.end), move);
  if (rules_.hole != nullptr && summary_.end <= 0xFFFFFFFF) close_hole(list, index, record);
  if (record.cpos < rules_.reach && record.end() > rules_.reach)
    set(problem::EXTENT_PAST_COUNT, record.clusters, rules_.reach - record.cpos, shorten);
}

/// What follows a hole moves up with it.
void TreeExamination::close_hole(ListPlace& list, u32 index, ExtentRecord& record) {
  const u64 shifted = record.cpos - std::min<u64>(record.cpos, closed_);
  if (shifted > summary_.end) {
    close_ = resolve(*rules_.hole, {.block = list.block(), .found = record.cpos, .index = index});
    closed_ = record.cpos - summary_.end;
  }
  if (closed_ == 0) return;
  record.cpos = static_cast<u32>(summary_.end);
  if (close_) list.mend_at<ExtentRecord>(index).cpos = record.cpos;
}

/// Flags that cannot be, of all records of a leaf at once.
void TreeExamination::leaf_flags(ListPlace& list) {
  const auto clear = [&](const Problem& problem, u8 bits) {
    u64 count = 0;
    u8 found = 0;
    for (u32 i = 0; i < list.used(); ++i) {
      count += (list.at<ExtentRecord>(i).flags & bits) != 0;
      found |= list.at<ExtentRecord>(i).flags;
    }
    if (count == 0 || !resolve(problem, {.block = list.block(), .found = found, .count = count})) return;
    for (u32 i = 0; i < list.used(); ++i) list.mend_at<ExtentRecord>(i).flags &= static_cast<u8>(~bits);
  };
  clear(problem::EXTENT_FLAGS, static_cast<u8>(~ExtentRecord::known_flags));
  if (!rules_.unwritten) clear(problem::EXTENT_MARKED_UNWRITTEN, ExtentRecord::unwritten);
  if (!rules_.refcounted) clear(problem::EXTENT_MARKED_REFCOUNTED, ExtentRecord::refcounted);
}

void TreeExamination::take(const ExtentRecord& record) {
  const u8 known_flags = static_cast<u8>((rules_.unwritten ? ExtentRecord::unwritten : 0) |
                                         (rules_.refcounted ? ExtentRecord::refcounted : 0));
  const ExtentRun run{record.cpos, record.clusters, BlockNo(record.block),
                      static_cast<u8>(record.flags & known_flags)};
  if (run.clusters == 0) return;  // shortened to nothing
  if (!first_) first_ = run.cpos;
  summary_.clusters += run.clusters;
  summary_.end = rules_.disjoint ? run.end() : run.cpos + 1;
  if (!run.unwritten()) summary_.written_end = run.end();
  const bool shared = (run.flags & ExtentRecord::refcounted) != 0;
  if (rules_.claim && !shared)
    harvest_.clusters.push_back({source_.geometry().cluster_of(run.block).value, run.clusters});
  if (use_) use_(run);
}

void TreeExamination::interior(ListPlace& list, u32 depth) {
  std::vector<BlockNo> below;
  for (u32 i = 0; i < list.used(); ++i) below.push_back(BlockNo(list.at<ChildRecord>(i).block));
  source_.prefetch(below);
  std::vector<std::optional<u64>> begins;
  const u64 limit = limit_;
  for (u32 i = 0; i < list.used();) {
    first_.reset();
    limit_ = i + 1 < list.used() ? u64{list.at<ChildRecord>(i + 1).cpos} : limit;
    if (child(list, i, depth - 1) == Fate::removed) continue;
    begins.push_back(first_);
    ++i;
  }
  limit_ = limit;
  if (rules_.disjoint && rules_.claim) spans(list, begins);
  first_ = begins.empty() ? std::nullopt : begins.front();
}

/// True when most records of a child lie neither where its parent says nor between its neighbours: they are
/// of another part of the tree, or of another tree, whose block is not to be mended to fit here.
bool TreeExamination::is_foreign(const Patient<ExtentBlock>& child, const ChildRecord& said) const {
  u32 here = 0, elsewhere = 0;
  for (const ChildRecord& record : ExtentList::children(ExtentBlock::list_bytes(child.bytes()))) {
    if (record.clusters == 0) continue;  // in a leaf that is its length, and flags
    const bool between = record.cpos >= summary_.end && record.cpos < limit_;
    const bool as_said = record.cpos >= said.cpos && record.cpos < said.end();
    ++(between || as_said ? here : elsewhere);
  }
  return elsewhere > here;
}

Fate TreeExamination::child(ListPlace& list, u32 index, u32 depth) {
  const BlockNo block(list.at<ChildRecord>(index).block);
  const auto removed_after = [&](const Problem& problem) {
    if (!resolve(problem, {.block = &problem == &problem::EXTENT_BLKNO_RANGE ? list.block() : block,
                           .found = block.value,
                           .index = index}))
      return Fate::ignored;
    return list.remove(index), Fate::removed;
  };
  if (block <= super_block_no || !source_.geometry().contains(block))
    return removed_after(problem::EXTENT_BLKNO_RANGE);
  auto below = source_.look<ExtentBlock>(block, owner_);
  if (!below) {
    summary_.sound = false;
    examiner_.report(problem::BLOCK_UNREADABLE, {.inode = owner_, .block = block});
    return Fate::ignored;
  }
  if (!matches((*below)->signature, ExtentBlock::signature_text))
    return removed_after(problem::EXTENT_EB_INVALID);
  if (is_foreign(*below, list.at<ChildRecord>(index)) || !seen_.insert(block.value).second)
    return removed_after(problem::EXTENT_EB_ELSEWHERE);
  return node(*below, list, index, depth);
}

/// True: the block stays; false: it is to be taken out; nothing: its generation is wrong and stays so.
std::optional<bool> TreeExamination::generation(Patient<ExtentBlock>& node, u32 depth) {
  const u32 wanted = source_.facts().generation;
  if (node->fs_generation == wanted) return true;
  summary_.sound = false;
  const Facts facts{.inode = owner_, .block = node.block(), .found = node->fs_generation, .expected = wanted};
  const bool belongs = node->block == node.block().value && node->list.tree_depth == depth &&
                       node->list.count == source_.geometry().extent_records_per_extent_block();
  const Problem* const believe[] = {&problem::EB_GEN_BELONGS};
  const Problem* const doubt[] = {&problem::EB_GEN, &problem::EB_GEN_FIX};
  const auto remedy = belongs ? examiner_.choose(believe, facts) : examiner_.choose(doubt, facts);
  if (!remedy) return std::nullopt;
  summary_.mended = true;
  if (!belongs && *remedy == 0) return false;
  node.mend().fs_generation = wanted;
  return true;
}

Fate TreeExamination::node(Patient<ExtentBlock>& node, ListPlace& parent, u32 index, u32 depth) {
  if (generation(node, depth) == false) return parent.remove(index), Fate::removed;
  examine_checksum(node, owner_, examiner_);
  harvest_.metadata.push_back(claim_of(node, owner_));
  ListPlace below(node, ExtentBlock::list_offset, source_.geometry().block_size() - ExtentBlock::list_offset);
  const u32 capacity = source_.geometry().extent_records_per_extent_block();
  count(run_checks(block_checks, node, ListAt{owner_, node.block(), capacity, depth}, examiner_));
  header(below, capacity, depth);
  if (depth == 0) leaf_block(node);
  list(below, depth);
  return Fate::kept;
}

/// Leaves are linked from left to right: the one before must name this one.
void TreeExamination::leaf_block(Patient<ExtentBlock>& leaf) {
  if (last_leaf_) {
    link_last_leaf(leaf.block().value);
    require_full_leaf();
  }
  last_leaf_ = leaf;
}

void TreeExamination::require_full_leaf() {
  const u32 used = (*last_leaf_)->list.used;
  const u32 capacity = source_.geometry().extent_records_per_extent_block();
  if (!rules_.full_leaves || used >= capacity || summary_.thinned) return;
  const Facts facts{.block = last_leaf_->block(), .found = used, .expected = capacity};
  summary_.thinned = summary_.sound ? resolve(problem::EXTENT_LEAF_NOT_FULL, facts) : summary_.mended;
}

void TreeExamination::link_last_leaf(u64 next) {
  const u64 found = (*last_leaf_)->next_leaf;
  if (found == next) return;
  if (!summary_.sound) {  // follows from what was removed
    if (summary_.mended) last_leaf_->mend().next_leaf = next;
    return;
  }
  if (resolve(problem::EB_NEXT_LEAF, {.block = last_leaf_->block(), .found = found, .expected = next}))
    last_leaf_->mend().next_leaf = next;
}

/// Children but the first begin where their first record does, and each reaches to the next.
void TreeExamination::spans(ListPlace& list, const std::vector<std::optional<u64>>& begins) {
  const u32 used = list.used();
  const bool asked = summary_.sound;  // else what was mended below brings it with it
  const auto correct = [&](u32 i, u64 cpos, u64 clusters) {
    const ChildRecord& record = list.at<ChildRecord>(i);
    if (record.cpos == cpos && record.clusters == clusters) return;
    const std::string begin = fmt::format("{}", cpos);
    const Facts facts{.block = list.block(),
                      .found = record.clusters,
                      .expected = clusters,
                      .count = record.cpos,
                      .index = i,
                      .detail = begin};
    if (asked ? !resolve(problem::EXTENT_SPAN, facts) : !summary_.mended) return;
    ChildRecord& mended = list.mend_at<ChildRecord>(i);
    mended.cpos = static_cast<u32>(cpos);
    mended.clusters = static_cast<u32>(clusters);
  };
  for (u32 i = 0; i < used; ++i) {
    const ChildRecord& record = list.at<ChildRecord>(i);
    const u64 own = begins[i].value_or(record.cpos);
    const u64 cpos = i == 0 ? std::min<u64>(record.cpos, own) : own;
    const u64 next = i + 1 < used ? begins[i + 1].value_or(list.at<ChildRecord>(i + 1).cpos)
                                  : std::max(record.end(), summary_.end);
    correct(i, cpos, next > cpos ? std::min<u64>(next - cpos, 0xFFFFFFFF) : 1);
  }
}

}  // namespace

TreeSummary examine_extent_tree(const TreeRootPlace& root, const TreeRules& rules, InodeNo owner,
                                Examiner& examiner, BlockSource& source, Harvest& harvest,
                                const std::function<void(const ExtentRun&)>& use) {
  TreeExamination examination(rules, owner, examiner, source, harvest, use);
  return examination.run(ListPlace(root.patient, root.offset, root.bytes));
}

}  // namespace ocfs2
