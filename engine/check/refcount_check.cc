// SPDX-License-Identifier: GPL-2.0-or-later
//
// Refcount trees against the extents that share (spec: fsck-checks.md B4; ondisk.md 9, 14.71 to 74). Pass 1
// has seen every extent that is marked as shared, so the right counts are known: a tree that is damaged is
// not dropped, but made to say what they say.
#include <algorithm>

#include "engine/check/checkup.h"
#include "engine/check/problems/blocks.h"
#include "engine/check/problems/refcounts.h"
#include "engine/check/refcount_blocks.h"
#include "engine/check/refcount_repair.h"

namespace ocfs2 {
namespace {

/// How often each cluster of `runs`, which are sorted by their first, is referred to.
std::vector<CountedRun> count_references(std::span<const SharedRun> runs) {
  std::vector<u64> ends;
  for (const SharedRun& run : runs) ends.push_back(run.first.value + run.clusters);
  std::sort(ends.begin(), ends.end());
  std::vector<CountedRun> counted;
  u64 at = 0;
  u32 references = 0;
  const auto go_to = [&](u64 place) {
    if (place > at && references > 0) {
      const bool goes_on =
          !counted.empty() && counted.back().end == at && counted.back().references == references;
      if (goes_on)
        counted.back().end = place;
      else
        counted.push_back({at, place, references});
    }
    at = place;
  };
  std::size_t begun = 0;
  for (const u64 end : ends) {
    for (; begun < runs.size() && runs[begun].first.value < end; ++begun, ++references)
      go_to(runs[begun].first.value);
    go_to(end);
    --references;
  }
  return counted;
}

/// Where the tree and the extents differ.
struct Difference {
  u64 first, end;
  u32 found, expected;
};

std::vector<Difference> differences(std::span<const CountedRun> records,
                                    std::span<const CountedRun> expected) {
  std::vector<Difference> all;
  const auto references_at = [](std::span<const CountedRun>& runs, u64 at) -> u32 {
    while (!runs.empty() && runs.front().end <= at) runs = runs.subspan(1);
    return !runs.empty() && runs.front().first <= at ? runs.front().references : 0;
  };
  const auto next_border = [](std::span<const CountedRun> runs, u64 at) {
    return runs.empty() ? ~u64{0} : runs.front().first > at ? runs.front().first : runs.front().end;
  };
  for (u64 at = 0;;) {
    const u32 found = references_at(records, at), wanted = references_at(expected, at);
    const u64 next = std::min(next_border(records, at), next_border(expected, at));
    if (next == ~u64{0}) return all;
    const bool goes_on =
        !all.empty() && all.back().end == at && all.back().found == found && all.back().expected == wanted;
    if (found != wanted && goes_on)
      all.back().end = next;
    else if (found != wanted)
      all.push_back({at, next, found, wanted});
    at = next;
  }
}

const Problem& problem_of(const Difference& difference) {
  if (difference.expected == 0) return problem::REFCOUNT_REC_REDUNDANT;
  return difference.found == 0 ? problem::REFCOUNT_REC_MISSING : problem::REFCOUNT_COUNT_INVALID;
}

class TreeCheck {
 public:
  TreeCheck(Checkup& checkup, BlockNo root, std::span<const TreeUser> users, std::span<const SharedRun> runs)
      : checkup_(checkup), root_(root), users_(users), runs_(runs), expected_(count_references(runs)) {}
  void run();

 private:
  InodeNo owner() const { return users_.front().inode; }
  Facts facts() const { return {.inode = owner(), .block = root_, .count = users_.size() - 1}; }
  std::optional<Patient<RefcountBlock>> root() { return checkup_.source.look<RefcountBlock>(root_, owner()); }
  bool repairable_place() const;
  bool mend_signature(Patient<RefcountBlock>& root);
  void mend_lost_root();
  void examine(Patient<RefcountBlock>& root);
  void rebuild(const RefcountBlocks& blocks, const Problem& problem);
  void examine_counts(const RefcountBlocks& blocks);
  void enter_all(std::span<const Difference> all);
  std::vector<CountedRun> ask(std::span<const Difference> all, const Problem& problem);
  void refuse(std::span<const Difference> all);
  void examine_users(bool follows);
  void claim_blocks(const RefcountBlocks& blocks);
  MetadataClaim claim_on(BlockNo block) const;

  Checkup& checkup_;
  BlockNo root_;
  std::span<const TreeUser> users_;
  std::span<const SharedRun> runs_;
  std::vector<CountedRun> expected_;
  bool changed_ = false;    ///< the tree has other blocks now than were examined
  bool forgotten_ = false;  ///< nobody uses it any more
};

void TreeCheck::run() {
  auto patient = root();
  const bool possible = root_ > super_block_no && checkup_.geometry().contains(root_);
  if (!patient && possible) {
    checkup_.examiner.report(problem::BLOCK_UNREADABLE, {.inode = owner(), .block = root_});
  } else if (patient && !is_copy(checkup_.source, root_, **patient, owner()) &&
             (looks_like_refcount_root(**patient) || mend_signature(*patient))) {
    examine(*patient);
  } else {
    mend_lost_root();
  }
  // What is shared belongs to the tree, once; what is not any more, to each of the files.
  if (!forgotten_)
    for (const CountedRun& run : expected_)
      checkup_.survey.clusters.claim(ClusterNo(run.first), run.end - run.first);
  else
    for (const SharedRun& run : runs_) checkup_.survey.clusters.claim(run.first, run.clusters);
}

/// Whether the block is from an extent allocator, and nothing else has it.
bool TreeCheck::repairable_place() const {
  const auto spot = checkup_.survey.metadata_blocks.find(root_);
  return spot && checkup_.survey.metadata_blocks.allocated(*spot) &&
         !checkup_.survey.metadata_blocks.claimed(*spot);
}

/// A root of which nothing but the signature is wrong. Goes on as if it were mended when it may not be.
bool TreeCheck::mend_signature(Patient<RefcountBlock>& root) {
  if (root->block != root_.value || root->fs_generation != checkup_.facts().generation || root->parent != 0 ||
      !repairable_place())
    return false;
  Facts found = facts();
  found.detail = "it does not begin with the signature of one";
  if (checkup_.examiner.resolve(problem::REFCOUNT_ROOT_REBUILD, found))
    stamp(root.mend().signature, RefcountBlock::signature_text);
  return true;
}

void TreeCheck::mend_lost_root() {
  Facts found = facts();
  if (!runs_.empty() && repairable_place()) {
    found.detail = "what lies there is none";
    const bool mend = checkup_.examiner.resolve(problem::REFCOUNT_ROOT_REBUILD, found);
    if (mend) rebuild({}, problem::REFCOUNT_ROOT_REBUILD);
    return;
  }
  if (!checkup_.examiner.resolve(problem::REFCOUNT_ROOT_BLOCK_INVALID, found)) return;
  forgotten_ = true;
  for (const TreeUser& user : users_)
    if (!RefcountRepair(checkup_, root_).forget(user.inode)) forgotten_ = false;
  if (!forgotten_) checkup_.examiner.could_not_mend(problem::REFCOUNT_ROOT_BLOCK_INVALID);
}

void TreeCheck::examine(Patient<RefcountBlock>& root) {
  RefcountBlocks blocks = examine_refcount_blocks(root, owner(), checkup_.examiner, checkup_.source);
  for (MetadataClaim& claim : blocks.harvest.metadata) examine_metadata_place(checkup_, claim);
  if (blocks.given_up != nullptr && !blocks.unsound)
    rebuild(blocks, *blocks.given_up);
  else if (!blocks.unsound)
    examine_counts(blocks);
  claim_blocks(blocks);
  if (!blocks.unsound) examine_users(changed_ && blocks.given_up != nullptr);
}

void TreeCheck::rebuild(const RefcountBlocks& blocks, const Problem& problem) {
  RefcountRepair repair(checkup_, root_);
  changed_ = repair.rebuild(blocks.harvest.metadata, expected_);
  if (!changed_) return checkup_.examiner.could_not_mend(problem);
  if (blocks.harvest.metadata.empty()) {  // nothing of it was known
    claim_blocks(blocks);
    examine_users(true);
  }
}

/// Every kind of difference is one question. What follows from a repair needs none.
void TreeCheck::examine_counts(const RefcountBlocks& blocks) {
  const std::vector<Difference> all = differences(blocks.records, expected_);
  if (blocks.mended) return enter_all(all);
  for (const Problem* problem :
       {&problem::REFCOUNT_REC_REDUNDANT, &problem::REFCOUNT_REC_MISSING, &problem::REFCOUNT_COUNT_INVALID}) {
    const std::vector<CountedRun> wanted = ask(all, *problem);
    if (wanted.empty()) continue;
    if (RefcountRepair(checkup_, root_).enter(wanted))
      changed_ = true;
    else
      checkup_.examiner.could_not_mend(*problem);
  }
}

void TreeCheck::enter_all(std::span<const Difference> all) {
  if (all.empty()) return;
  std::vector<CountedRun> wanted;
  for (const Difference& one : all) wanted.push_back({one.first, one.end, one.expected});
  changed_ = RefcountRepair(checkup_, root_).enter(wanted);
  const Difference& first = all.front();
  if (!changed_)
    checkup_.examiner.report(problem_of(first), {.inode = owner(),
                                                 .block = root_,
                                                 .found = first.found,
                                                 .expected = first.expected,
                                                 .clusters = {first.first, first.end - first.first}});
}

std::vector<CountedRun> TreeCheck::ask(std::span<const Difference> all, const Problem& problem) {
  std::vector<Difference> these;
  for (const Difference& one : all)
    if (&problem_of(one) == &problem) these.push_back(one);
  if (these.empty()) return {};
  Facts found = facts();
  found.clusters = {these.front().first, these.front().end - these.front().first};
  found.found = these.front().found;
  found.expected = these.front().expected;
  std::string more;
  if (these.size() > 1) more = fmt::format("; and so with {} more runs of clusters", these.size() - 1);
  found.detail = more;
  std::vector<CountedRun> wanted;
  if (checkup_.examiner.resolve(problem, found))
    for (const Difference& one : these) wanted.push_back({one.first, one.end, one.expected});
  else if (&problem == &problem::REFCOUNT_REC_REDUNDANT)
    refuse(these);
  return wanted;
}

/// Clusters that only the tree knows stay with it.
void TreeCheck::refuse(std::span<const Difference> all) {
  for (const Difference& one : all) {
    const ClusterNo end(one.end);
    for (BitRun run = checkup_.survey.clusters.next_unclaimed(ClusterNo(one.first), end); run.count > 0;
         run = checkup_.survey.clusters.next_unclaimed(ClusterNo(run.first + run.count), end))
      checkup_.survey.clusters.claim(ClusterNo(run.first), run.count);
  }
}

void TreeCheck::examine_users(bool follows) {
  auto patient = root();
  if (!patient || (*patient)->inodes == users_.size()) return;
  Facts found = facts();
  found.found = (*patient)->inodes;
  found.expected = users_.size();
  if (follows || checkup_.examiner.resolve(problem::REFCOUNT_COUNT, found))
    patient->mend().inodes = static_cast<u32>(users_.size());
}

/// What the block says of where it comes from is as it was, unless the repair made it.
MetadataClaim TreeCheck::claim_on(BlockNo block) const {
  const auto extents = checkup_.source.look<ExtentBlock>(block, owner());
  if (extents && matches((*extents)->signature, ExtentBlock::signature_text))
    return claim_of(*extents, owner());
  const auto counts = checkup_.source.look<RefcountBlock>(block, owner());
  return counts ? claim_of(*counts, owner()) : MetadataClaim{block, owner()};
}

/// The tree's blocks belong to it, once, however many inodes use it.
void TreeCheck::claim_blocks(const RefcountBlocks& blocks) {
  if (!changed_) return checkup_.survey.take(blocks.harvest);
  Harvest harvest;
  for (const BlockNo block : RefcountRepair(checkup_, root_).blocks()) {
    harvest.metadata.push_back(claim_on(block));
    if (const auto spot = checkup_.survey.metadata_blocks.find(block))
      checkup_.survey.metadata_blocks.set_allocated(*spot, true);
  }
  checkup_.survey.take(harvest);
}

template <class Row>
std::span<const Row> rows_of(const std::vector<Row>& rows, BlockNo tree) {
  const auto range = std::ranges::equal_range(rows, tree, {}, &Row::tree);
  return {range.begin(), range.end()};
}

std::vector<BlockNo> trees_of(const Survey& survey) {
  std::vector<BlockNo> trees;
  for (const TreeUser& user : survey.tree_users)
    if (trees.empty() || trees.back() != user.tree) trees.push_back(user.tree);
  return trees;
}

bool has_root(Checkup& checkup, BlockNo tree) {
  const auto root = checkup.source.look<RefcountBlock>(tree, InodeNo());
  return root && looks_like_refcount_root(**root);
}

/// Whether the tree counts some of the clusters of `runs`, which are sorted.
bool counts_some(Checkup& checkup, BlockNo tree, std::span<const SharedRun> runs) {
  auto root = checkup.source.look<RefcountBlock>(tree, InodeNo());
  if (!root || !looks_like_refcount_root(**root)) return false;
  Examiner triage;
  const std::vector<CountedRun> records =
      examine_refcount_blocks(*root, InodeNo(), triage, checkup.source).records;
  return std::ranges::any_of(runs, [&](const SharedRun& run) {
    const auto behind = std::ranges::upper_bound(records, run.first.value, {}, &CountedRun::end);
    return behind != records.end() && behind->first < run.first.value + run.clusters;
  });
}

/// Another tree that has users, and counts some of the clusters that are shared through `stray`.
std::optional<BlockNo> tree_with_same_clusters(Checkup& checkup, BlockNo stray) {
  const auto runs = rows_of(checkup.survey.shared, stray);
  for (const BlockNo tree : trees_of(checkup.survey))
    if (!runs.empty() && tree != stray && counts_some(checkup, tree, runs)) return tree;
  return std::nullopt;
}

/// Inodes that name no tree, while another tree counts the clusters that they share, belong to that.
void bring_strays_home(Checkup& checkup) {
  Survey& survey = checkup.survey;
  for (const BlockNo stray : trees_of(survey)) {
    if (has_root(checkup, stray)) continue;
    const auto home = tree_with_same_clusters(checkup, stray);
    if (!home) continue;
    for (const TreeUser& user : rows_of(survey.tree_users, stray)) {
      const Facts facts{.inode = user.inode, .block = stray, .expected = home->value};
      if (!checkup.examiner.resolve(problem::REFCOUNT_ROOT_MOVED, facts)) continue;
      if (auto inode = checkup.source.look<Inode>(block_of(user.inode), user.inode))
        inode->mend().refcount_root = home->value;
    }
    for (SharedRun& run : survey.shared)
      if (run.tree == stray) run.tree = *home;
    for (TreeUser& user : survey.tree_users)
      if (user.tree == stray) user.tree = *home;
    survey.settle();
  }
}

}  // namespace

void check_refcount_trees(Checkup& checkup) {
  bring_strays_home(checkup);
  for (const BlockNo tree : trees_of(checkup.survey)) {
    TreeCheck(checkup, tree, rows_of(checkup.survey.tree_users, tree), rows_of(checkup.survey.shared, tree))
        .run();
    checkup.settle();
  }
}

}  // namespace ocfs2
