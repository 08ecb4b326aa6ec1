// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/refcount_blocks.h"

#include <algorithm>
#include <unordered_set>

#include "engine/check/check.h"
#include "engine/check/extent_check.h"
#include "engine/check/problems/blocks.h"
#include "engine/check/problems/refcounts.h"

namespace ocfs2 {
namespace {

/// Where a refcount block stands in its tree.
struct BlockAt {
  InodeNo owner;
  BlockNo block;
  BlockNo parent;      ///< the root, for leaves
  u32 flags;           ///< what it should have
  u32 generation = 0;  ///< of the tree
  u32 key = 0;         ///< in the tree
  Facts facts() const { return {.inode = owner, .block = block}; }
};

constexpr Check<RefcountBlock, BlockAt> block_checks[] = {
    {.problem = problem::RB_BLKNO,
     .found = [](const RefcountBlock& block, const BlockAt&) -> u64 { return block.block; },
     .expected = [](const RefcountBlock&, const BlockAt& at) { return at.block.value; },
     .mend = [](RefcountBlock& block, u64 number, const BlockAt&) { block.block = number; }},
    {.problem = problem::RB_PARENT,
     .found = [](const RefcountBlock& block, const BlockAt&) -> u64 { return block.parent; },
     .expected = [](const RefcountBlock&, const BlockAt& at) { return at.parent.value; },
     .mend = [](RefcountBlock& block, u64 parent, const BlockAt&) { block.parent = parent; }},
    {.problem = problem::REFCOUNT_FLAGS,
     .found = [](const RefcountBlock& block, const BlockAt&) -> u64 { return block.flags; },
     .expected = [](const RefcountBlock&, const BlockAt& at) -> u64 { return at.flags; },
     .mend = [](RefcountBlock& block, u64 flags, const BlockAt&) { block.flags = static_cast<u32>(flags); }},
};

constexpr Check<RefcountBlock, BlockAt> leaf_checks[] = {
    {.problem = problem::REFCOUNT_GENERATION,
     .found = [](const RefcountBlock& block, const BlockAt&) -> u64 { return block.generation; },
     .expected = [](const RefcountBlock&, const BlockAt& at) -> u64 { return at.generation; },
     .mend = [](RefcountBlock& block, u64 to, const BlockAt&) { block.generation = static_cast<u32>(to); }},
    {.problem = problem::REFCOUNT_LEAF_KEY,
     .found = [](const RefcountBlock& block, const BlockAt&) -> u64 { return block.cpos; },
     .expected = [](const RefcountBlock&, const BlockAt& at) -> u64 { return at.key; },
     .mend = [](RefcountBlock& block, u64 key, const BlockAt&) { block.cpos = static_cast<u32>(key); }},
};

/// The two kinds of lists begin with different numbers: a depth and a capacity, or a capacity and a length.
/// Where these tell nothing, the flags do.
bool holds_extent_list(ConstBytes block, u32 capacity) {
  const auto& extents = as<ExtentList>(RefcountBlock::list_bytes(block));
  if (extents.count == capacity && extents.tree_depth <= ExtentList::depth_max) return true;
  return as<RefcountBlock>(block).is_tree() &&
         as<RefcountList>(RefcountBlock::list_bytes(block)).count != capacity;
}

class TreeExam {
 public:
  TreeExam(Patient<RefcountBlock>& root, InodeNo owner, Examiner& examiner, BlockSource& source)
      : root_(root), owner_(owner), examiner_(examiner), source_(source) {}
  RefcountBlocks run();

 private:
  struct Leaf {
    u32 key;
    BlockNo block;
    u64 end;  ///< where the next leaf's part begins
  };
  u32 capacity() const { return source_.geometry().refcount_records_per_block(); }
  bool resolve(const Problem& problem, Facts facts);
  void count(const CheckTally& tally);
  bool examine_block(Patient<RefcountBlock>& block, const BlockAt& at);
  bool believe_generation(Patient<RefcountBlock>& block, const BlockAt& at);
  std::vector<Leaf> examine_tree();
  void examine_lengths();
  void examine_root_fields(const TreeSummary& summary, u64 leaves);
  void examine_leaf(const Leaf& leaf);
  void give_up(const Problem& problem, BlockNo block, u64 found = 0);

  void examine_records(Patient<RefcountBlock>& block);
  u64 seen_records(ConstBytes list) const;
  const Problem* fault_of(const RefcountRecord& record, Facts& facts) const;
  bool inside(const RefcountRecord& record) const {
    const u64 clusters = source_.geometry().clusters;
    return record.cluster < clusters && record.clusters <= clusters - record.cluster;
  }

  Patient<RefcountBlock>& root_;
  InodeNo owner_;
  Examiner& examiner_;
  BlockSource& source_;
  RefcountBlocks result_;
  std::unordered_set<u64> seen_;
  u64 end_ = 0;  ///< of the last record that counts
};

bool TreeExam::resolve(const Problem& problem, Facts facts) {
  facts.inode = owner_;
  const bool yes = examiner_.resolve(problem, facts);
  (yes ? result_.mended : result_.unsound) = true;
  return yes;
}

void TreeExam::count(const CheckTally& tally) {
  result_.mended |= tally.mended > 0;
  result_.unsound |= !tally;
}

RefcountBlocks TreeExam::run() {
  const bool tree = holds_extent_list(root_.bytes(), capacity());
  seen_.insert(root_.block().value);
  if (!examine_block(root_, {owner_, root_.block(), BlockNo(), tree ? RefcountBlock::tree : 0})) {
    result_.given_up = &problem::RB_GEN;
    return result_;
  }
  if (!tree) {
    examine_records(root_);
    return result_;
  }
  const std::vector<Leaf> leaves = examine_tree();
  for (const Leaf& leaf : leaves) examine_leaf(leaf);
  return result_;
}

/// False: it is to be taken for lost.
bool TreeExam::examine_block(Patient<RefcountBlock>& block, const BlockAt& at) {
  if (!believe_generation(block, at)) return false;
  examine_checksum(block, owner_, examiner_);
  count(run_checks(block_checks, block, at, examiner_));
  result_.harvest.metadata.push_back(claim_of(block, owner_));
  return true;
}

bool TreeExam::believe_generation(Patient<RefcountBlock>& block, const BlockAt& at) {
  const u32 wanted = source_.facts().generation;
  if (block->fs_generation == wanted) return true;
  Facts facts = at.facts();
  facts.found = block->fs_generation;
  facts.expected = wanted;
  const bool belongs = block->block == at.block.value && block->parent == at.parent.value;
  const Problem* const believe[] = {&problem::RB_GEN_BELONGS};
  const Problem* const doubt[] = {&problem::RB_GEN, &problem::RB_GEN_FIX};
  const auto remedy = belongs ? examiner_.choose(believe, facts) : examiner_.choose(doubt, facts);
  (remedy ? result_.mended : result_.unsound) = true;
  if (!belongs && remedy == 0u) return false;
  if (remedy) block.mend().fs_generation = wanted;
  return true;
}

/// The leaves that the root leads to.
std::vector<TreeExam::Leaf> TreeExam::examine_tree() {
  examine_lengths();
  const Geometry& geometry = source_.geometry();
  const TreeRules rules{.capacity = geometry.extent_records_per_refcount_root(),
                        .cluster_aligned = false,
                        .claim = false,
                        .last_leaf = BlockNo(root_->last_extent_block)};
  std::vector<Leaf> leaves;
  const TreeSummary summary = examine_extent_tree(
      {root_, RefcountBlock::list_offset, geometry.block_size() - RefcountBlock::list_offset}, rules, owner_,
      examiner_, source_, result_.harvest, [&](const ExtentRun& run) {
        if (!leaves.empty()) leaves.back().end = run.cpos;
        leaves.push_back({static_cast<u32>(run.cpos), run.block, u64{1} << 32});
      });
  result_.mended |= summary.mended;
  result_.unsound |= !summary.sound && !summary.mended;
  if (summary.sound || summary.mended) examine_root_fields(summary, leaves.size());
  if (leaves.empty() && !result_.unsound) give_up(problem::REFCOUNT_LIST_EMPTY, root_.block());
  return leaves;
}

/// Each record stands for one leaf; in a root without levels below that can be put right. How many records
/// there is room for is looked at later.
void TreeExam::examine_lengths() {
  const auto& header = as<ExtentList>(RefcountBlock::list_bytes(root_.bytes()));
  if (header.tree_depth != 0) return;
  const u32 used = std::min<u32>(header.used, source_.geometry().extent_records_per_refcount_root());
  for (u32 i = 0; i < used; ++i) {
    const auto records = [&](auto list) { return records_in<ExtentRecord>(list, sizeof(ExtentList), used); };
    const u64 length = records(RefcountBlock::list_bytes(root_.bytes()))[i].clusters;
    if (length <= 1) continue;
    if (resolve(problem::REFCOUNT_LEAF_LENGTH, {.block = root_.block(), .found = length, .index = i}))
      records(RefcountBlock::list_bytes(root_.mend_bytes()))[i].clusters = static_cast<u16>(1);
  }
}

void TreeExam::examine_root_fields(const TreeSummary& summary, u64 leaves) {
  const auto compare = [&](const Problem& problem, u64 found, u64 expected, auto set) {
    if (found == expected || result_.unsound) return;
    const Facts facts{.block = root_.block(), .found = found, .expected = expected};
    if (!summary.sound || resolve(problem, facts)) set(root_.mend());
  };
  compare(problem::REFCOUNT_CLUSTERS, root_->leaf_blocks, leaves,
          [&](RefcountBlock& root) { root.leaf_blocks = static_cast<u32>(leaves); });
  compare(problem::REFCOUNT_LAST_LEAF, root_->last_extent_block, summary.last_leaf.value,
          [&](RefcountBlock& root) { root.last_extent_block = summary.last_leaf.value; });
}

void TreeExam::give_up(const Problem& problem, BlockNo block, u64 found) {
  if (resolve(problem, {.block = block, .found = found})) result_.given_up = &problem;
}

void TreeExam::examine_leaf(const Leaf& leaf) {
  auto block = source_.look<RefcountBlock>(leaf.block, owner_);
  if (!block) {
    result_.unsound = true;
    return examiner_.report(problem::BLOCK_UNREADABLE, {.inode = owner_, .block = leaf.block});
  }
  if (!matches((*block)->signature, RefcountBlock::signature_text) || !seen_.insert(leaf.block.value).second)
    return give_up(problem::REFCOUNT_BLOCK_INVALID, leaf.block);
  const BlockAt at{owner_, leaf.block, root_.block(), RefcountBlock::leaf, root_->generation, leaf.key};
  if (!examine_block(*block, at)) {
    result_.given_up = &problem::RB_GEN;
    return;
  }
  count(run_checks(leaf_checks, *block, at, examiner_));
  const std::size_t before = result_.records.size();
  examine_records(*block);
  const auto added = std::span(result_.records).subspan(before);
  if (added.empty() && !result_.unsound && !result_.mended)
    return give_up(problem::REFCOUNT_LIST_EMPTY, leaf.block);
  if (added.empty() && result_.mended) result_.given_up = &problem::REFCOUNT_LIST_EMPTY;
  const auto outside = std::ranges::find_if(
      added, [&](const CountedRun& run) { return run.first < leaf.key || run.end > leaf.end; });
  if (outside != added.end()) give_up(problem::REFCOUNT_LEAF_RANGE, leaf.block, outside->first);
}

/// How many records a list seems to have: up to the last that makes sense. A single one at the end that does
/// not is a damaged record rather than a wrong number.
u64 TreeExam::seen_records(ConstBytes list) const {
  const auto& header = as<RefcountList>(list);
  const auto all =
      records_in<RefcountRecord>(list, sizeof(RefcountList), std::min<u32>(header.used, capacity()));
  const auto makes_sense = [&](const RefcountRecord& record) {
    return record.clusters > 0 && record.references > 0 && inside(record);
  };
  u64 seen = all.size();
  while (seen > 0 && !makes_sense(all[seen - 1])) --seen;
  const bool one_damaged = header.used <= capacity() && seen + 1 == all.size() && all[seen].clusters != 0;
  return one_damaged ? all.size() : seen;
}

void TreeExam::examine_records(Patient<RefcountBlock>& block) {
  const auto list = [&] { return RefcountBlock::list_bytes(block.bytes()); };
  const auto header = [&]() -> const RefcountList& { return as<RefcountList>(list()); };
  const auto mend = [&]() -> RefcountList& {
    return as<RefcountList>(RefcountBlock::list_bytes(block.mend_bytes()));
  };
  Facts facts{.block = block.block(), .found = header().count, .expected = capacity()};
  if (header().count != capacity() && resolve(problem::REFCOUNT_LIST_COUNT, facts))
    mend().count = static_cast<u16>(capacity());
  const u64 seen = seen_records(list());
  facts.found = header().used;
  facts.expected = seen;
  if (header().used != seen && resolve(problem::REFCOUNT_LIST_USED, facts))
    mend().used = static_cast<u16>(seen);

  const auto all = records_in<RefcountRecord>(list(), sizeof(RefcountList), seen);
  std::vector<RefcountRecord> kept;
  for (const RefcountRecord& record : std::vector(all.begin(), all.end())) {
    facts.index = static_cast<u64>(kept.size());
    const Problem* fault = fault_of(record, facts);
    if (fault != nullptr && resolve(*fault, facts)) continue;
    kept.push_back(record);
    if (fault != nullptr) continue;
    end_ = record.end();
    result_.records.push_back({record.cluster, record.end(), record.references});
  }
  if (kept.size() == seen) return;
  mend().used = static_cast<u16>(kept.size());
  const auto slots = RefcountList::slots(RefcountBlock::list_bytes(block.mend_bytes()));
  std::ranges::fill(slots.first(seen), RefcountRecord{});
  std::ranges::copy(kept, slots.begin());
}

const Problem* TreeExam::fault_of(const RefcountRecord& record, Facts& facts) const {
  facts.clusters = {record.cluster, record.clusters};
  facts.found = record.cluster;
  facts.count = record.clusters;
  facts.expected = record.references;
  if (!inside(record)) return &problem::REFCOUNT_CLUSTER_RANGE;
  if (record.clusters == 0 || record.references == 0) return &problem::REFCOUNT_REC_EMPTY;
  return record.cluster < end_ ? &problem::REFCOUNT_CLUSTER_COLLISION : nullptr;
}

}  // namespace

bool looks_like_refcount_root(const RefcountBlock& block) {
  return matches(block.signature, RefcountBlock::signature_text) && (!block.is_leaf() || block.parent == 0);
}

RefcountBlocks examine_refcount_blocks(Patient<RefcountBlock>& root, InodeNo owner, Examiner& examiner,
                                       BlockSource& source) {
  return TreeExam(root, owner, examiner, source).run();
}

}  // namespace ocfs2
