// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pass 1d: what becomes of clusters that several claim. The strongest claim keeps them (the volume's own
// structures, then system files, attributes, and the first of the files); everybody else gets a copy of what
// is there now, or they share the clusters where the volume can, or somebody is deleted. Nothing is thrown
// away unless that was asked for.
#include <algorithm>

#include "engine/check/duplicates.h"
#include "engine/check/engine_repair.h"
#include "engine/check/log_withdrawal.h"
#include "engine/check/problems/directories.h"
#include "engine/check/problems/duplicates.h"
#include "engine/check/problems/extents.h"
#include "engine/check/release.h"
#include "engine/check/relink.h"
#include "engine/volume/extent_edit.h"
#include "engine/volume/inode_life.h"
#include "engine/volume/refcount_edit.h"

namespace ocfs2 {
namespace {

constexpr u32 copy_clusters_max_bytes = 1 << 20;

/// When a remedy that was wanted fails, the dispute stays.
bool attempt(Checkup& checkup, const Problem& problem, const std::function<void()>& repair) {
  return repair_as_one(checkup, DeviceErrors::end_the_pass, repair, &problem);
}

/// What the attributes of an inode claim, those inside the inode first.
Harvest attached_claims(Checkup& checkup, InodeNo inode) {
  Harvest harvest;
  Examiner triage;
  auto patient = checkup.source.look<Inode>(block_of(inode), inode);
  if (!patient) fail(ErrorKind::corrupt, "inode {} cannot be read", inode.value);
  if ((*patient)->has_dynamic(dynamic_feature::has_xattr))
    examine_attributes(*patient, triage, checkup.source, harvest);
  return harvest;
}

/// Attributes of an inode that lie in what is another's: it goes on without. What is inside the inode stays.
void forget_attached(Checkup& checkup, InodeNo inode) {
  Harvest gone = attached_claims(checkup, inode);
  Transaction& transaction = checkup.mender->transaction();
  Inode& mended = transaction.edit(transaction.read<Inode>(block_of(inode)));
  mended.xattr_block = 0;
  if (!mended.has_dynamic(dynamic_feature::inline_xattr))
    mended.dynamic_features &= static_cast<u16>(~dynamic_feature::has_xattr);
  const Harvest kept = attached_claims(checkup, inode);
  gone.clusters.erase(gone.clusters.begin(), gone.clusters.begin() + std::ssize(kept.clusters));
  gone.metadata.erase(gone.metadata.begin(), gone.metadata.begin() + std::ssize(kept.metadata));
  Space space(checkup.volume, 0);
  release(checkup, space, gone);
  checkup.survey.bereft.insert(inode);
}

/// An index that lies in what is another's is made anew by pass 2, which gives back what only the index has.
void distrust_index(Checkup& checkup, InodeNo inode) {
  DirectoryFact* const directory = checkup.survey.directory(inode);
  if (directory == nullptr || directory->rebuild_index || directory->index_wrong) return;
  directory->rebuild_index = checkup.examiner.resolve(
      problem::DX_TREE_CORRUPT,
      {.inode = inode, .block = directory->index, .detail = "others use what it takes, too"});
  directory->index_wrong = !directory->rebuild_index;
}

/// A dense tree with extent blocks of its own over the same clusters, made in one transaction. The old blocks
/// go back when they are nobody else's.
void make_own_tree(Checkup& checkup, InodeNo inode, bool release_old) {
  Transaction& transaction = checkup.mender->transaction();
  Space space(checkup.volume, 0);
  const auto edit = [&] {
    return ExtentEdit(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(inode))));
  };
  std::vector<ExtentRun> runs;
  edit().tree().each_run([&](const ExtentRun& run) { return runs.push_back(run), true; });
  std::vector<BlockNo> old;
  edit().tree().each_block([&](const BlockRef<ExtentBlock>& node) { old.push_back(node.block()); });
  Inode& mended = transaction.edit(transaction.read<Inode>(block_of(inode)));
  mended.extents.tree_depth = mended.extents.used = 0;
  mended.last_extent_block = 0;
  mended.clusters = 0;
  for (const ExtentRun& run : runs) edit().insert(run);
  if (!release_old) return;
  const BlockLedger& ledger = checkup.survey.metadata_blocks;
  for (const BlockNo block : old)
    if (const auto spot = ledger.find(block)) {  // what the block says of its origin may be wrong
      const LedgerGroup& group = ledger.groups()[spot->group];
      space.free_metadata(transaction, block, {group.slot, static_cast<u16>(spot->bit), group.descriptor});
    }
}

/// The next run of some clusters that begins in [first, end), cut at `end`; count 0 when there is none.
using NextRun = std::function<BitRun(u64 first, u64 end)>;

/// Adds the parts of `run` that lie in those clusters.
void add_parts(const Geometry& geometry, const ExtentRun& run, const NextRun& next,
               std::vector<ExtentRun>& parts) {
  const u64 physical = geometry.cluster_of(run.block).value, end = physical + run.clusters;
  for (BitRun part = next(physical, end); part.count > 0; part = next(part.first + part.count, end)) {
    const u64 skipped = part.first - physical;
    parts.push_back(
        {run.cpos + skipped, part.count, run.block + skipped * geometry.blocks_per_cluster(), run.flags});
  }
}

/// Whether nobody else claims any of these.
bool is_undisputed(const Checkup& checkup, const Harvest& claims) {
  const Survey& survey = checkup.survey;
  return std::ranges::all_of(claims.clusters,
                             [&](const BitRun& run) {
                               const ClusterNo end(run.first + run.count);
                               return survey.clusters.next_unexpected(ClusterNo(run.first), end).count == 0;
                             }) &&
         std::ranges::none_of(claims.metadata, [&](const MetadataClaim& claim) {
           return std::ranges::binary_search(survey.disputed, claim.block, {}, &MetadataClaim::block);
         });
}

class DisputeRepair {
 public:
  DisputeRepair(Checkup& checkup, const Dispute& dispute)
      : checkup_(checkup), dispute_(dispute), space_(checkup.volume, 0) {}

  /// True when one alone has the clusters now, or some share them rightly.
  bool resolve();

 private:
  Transaction& transaction() { return checkup_.mender->transaction(); }
  Facts facts(InodeNo inode) const;
  bool can_share() const;
  bool shared_rightly() const;
  BlockNo tree_of(const Claim& claim) const;
  void share();
  bool ask(const Claim& claim, const Problem& copy);

  std::vector<ExtentRun> parts(InodeNo inode, const NextRun& next);
  std::vector<ExtentRun> occurrences(InodeNo inode);
  std::vector<ExtentRun> surplus(InodeNo inode);
  void replace_by_copies(InodeNo inode);
  void replace(InodeNo inode, const ExtentRun& run);
  void put_in_place_of(InodeNo inode, const ExtentRun& run);
  void copy(BlockNo from, BlockNo to, u64 clusters);
  void copy_or_detach(const Claim& claim);
  void leave(InodeNo inode, const ExtentRun& run);
  void detach_and_delete(InodeNo inode);
  void harvest_directory_anew(InodeNo inode);
  ExtentEdit data_of(InodeNo inode) {
    return {transaction(), space_, ExtentRoot::of(transaction().read<Inode>(block_of(inode)))};
  }

  Checkup& checkup_;
  const Dispute& dispute_;
  Space space_;
  std::string claimants_;
};

std::string claimant_words(const Dispute& dispute) {
  std::string words;
  for (const Claim& claim : dispute.claims) {
    if (!words.empty()) words += ", ";
    if (claim.kind == Claim::Kind::volume && claim.inode.value == 0)
      words += "the volume itself";
    else if (claim.kind == Claim::Kind::volume)
      words += fmt::format("allocator {}", claim.inode.value);
    else if (claim.kind == Claim::Kind::system)
      words += fmt::format("system file {}", claim.inode.value);
    else if (claim.kind == Claim::Kind::attached)
      words += fmt::format("attributes of inode {}", claim.inode.value);
    else if (claim.kind == Claim::Kind::log)
      words += fmt::format("truncate log or local alloc {}", claim.inode.value);
    else if (claim.kind == Claim::Kind::index)
      words += fmt::format("index of directory {}", claim.inode.value);
    else
      words += fmt::format("inode {}", claim.inode.value);
  }
  return words;
}

Facts DisputeRepair::facts(InodeNo inode) const {
  return {
      .inode = inode, .clusters = dispute_.clusters, .count = dispute_.claims.size(), .detail = claimants_};
}

bool DisputeRepair::resolve() {
  if (dispute_.claims.size() < 2 || shared_rightly()) return true;
  claimants_ = claimant_words(dispute_);
  const Claim& keeper = dispute_.claims.front();
  if (can_share()) {
    if (checkup_.examiner.resolve(problem::DUP_CLUSTERS_ADD_REFCOUNT, facts(keeper.inode)))
      return attempt(checkup_, problem::DUP_CLUSTERS_ADD_REFCOUNT, [this] { share(); }), false;
    if (checkup_.mender == nullptr) return false;
  }
  const Problem& problem = keeper.kind == Claim::Kind::volume   ? problem::DUP_CLUSTERS_ALLOCATOR
                           : keeper.kind == Claim::Kind::system ? problem::DUP_CLUSTERS_SYSFILE_CLONE
                                                                : problem::DUP_CLUSTERS_CLONE;
  bool settled = true;
  const Claim* asked = nullptr;
  for (const Claim& claim : std::span(dispute_.claims).subspan(1)) {
    if (asked != nullptr && asked->inode == claim.inode && asked->kind == claim.kind) continue;
    settled &= ask(claim, problem);
    asked = &claim;
  }
  return settled;
}

/// True when the claim is gone.
bool DisputeRepair::ask(const Claim& claim, const Problem& copy) {
  if (claim.kind == Claim::Kind::volume) return checkup_.examiner.report(copy, facts(claim.inode)), false;
  if (claim.kind == Claim::Kind::system)
    return checkup_.examiner.resolve(copy, facts(claim.inode)) &&
           attempt(checkup_, copy, [&] { copy_or_detach(claim); });
  if (claim.kind == Claim::Kind::attached)
    return checkup_.examiner.resolve(problem::DUP_CLUSTERS_ATTACHED, facts(claim.inode)) &&
           attempt(checkup_, problem::DUP_CLUSTERS_ATTACHED, [&] { forget_attached(checkup_, claim.inode); });
  // What a directory names would be lost with it, and where it has its entries is for pass 2 to say.
  const bool directory = checkup_.survey.directory(claim.inode) != nullptr;
  const Problem* const remedies[] = {&copy, &problem::DUP_CLUSTERS_DELETE};
  const auto remedy =
      checkup_.examiner.choose(std::span(remedies).first(directory ? 1 : 2), facts(claim.inode));
  if (remedy == 0u) return attempt(checkup_, copy, [&] { copy_or_detach(claim); });
  return remedy == 1u && attempt(checkup_, copy, [&] { detach_and_delete(claim.inode); });
}

/// Files can share clusters where the volume has refcount trees and they need not two of them.
bool DisputeRepair::can_share() const {
  if (!checkup_.has(feature::refcount)) return false;
  BlockNo tree;
  for (const Claim& claim : dispute_.claims) {
    if (claim.kind < Claim::Kind::data || !claim.regular) return false;
    const BlockNo its_tree = tree_of(claim);
    if (its_tree.value != 0 && tree.value != 0 && its_tree != tree) return false;
    if (its_tree.value != 0) tree = its_tree;
  }
  return true;
}

/// Through one refcount tree, all of them; what the tree counts was examined before.
bool DisputeRepair::shared_rightly() const {
  return std::ranges::all_of(dispute_.claims, [this](const Claim& claim) {
    return claim.kind == Claim::Kind::shared && tree_of(claim) == tree_of(dispute_.claims.front());
  });
}

/// The refcount tree of an inode as it is now: an earlier dispute may have given it one.
BlockNo DisputeRepair::tree_of(const Claim& claim) const {
  const auto inode = checkup_.source.look<Inode>(block_of(claim.inode), claim.inode);
  return inode ? BlockNo((*inode)->refcount_root) : BlockNo();
}

/// The parts of an inode's data that lie in some clusters, in the order of the data.
std::vector<ExtentRun> DisputeRepair::parts(InodeNo inode, const NextRun& next) {
  std::vector<ExtentRun> found;
  data_of(inode).tree().each_run([&](const ExtentRun& run) {
    add_parts(checkup_.geometry(), run, next, found);
    return true;
  });
  return found;
}

std::vector<ExtentRun> DisputeRepair::occurrences(InodeNo inode) {
  return parts(inode, [this](u64 first, u64 end) {
    const u64 from = std::max(first, dispute_.clusters.first);
    const u64 to = std::min(end, dispute_.clusters.first + dispute_.clusters.count);
    return from < to ? BitRun{from, to - from} : BitRun{};
  });
}

/// Those that must not stay where they are: all, unless the inode has the strongest claim, and another one:
/// then it keeps each cluster where it comes first.
std::vector<ExtentRun> DisputeRepair::surplus(InodeNo inode) {
  const Claim& keeper = dispute_.claims.front();
  std::vector<ExtentRun> runs = occurrences(inode);
  if (keeper.inode != inode || keeper.kind == Claim::Kind::attached) return runs;
  SparseBitmap kept(checkup_.geometry().clusters);
  std::vector<ExtentRun> again;
  for (const ExtentRun& run : runs) {
    add_parts(
        checkup_.geometry(), run, [&](u64 first, u64 end) { return kept.next_run(first, end); }, again);
    kept.set({checkup_.geometry().cluster_of(run.block).value, run.clusters});
  }
  return again;
}

void DisputeRepair::share() {
  BlockNo tree;
  std::vector<InodeNo> inodes;
  for (const Claim& claim : dispute_.claims) {
    if (const BlockNo its_tree = tree_of(claim); its_tree.value != 0) tree = its_tree;
    if (inodes.empty() || inodes.back() != claim.inode) inodes.push_back(claim.inode);
  }
  if (tree.value == 0)
    tree = RefcountEdit::create(transaction(), space_, static_cast<u32>(checkup_.now_seconds));
  RefcountEdit counts(transaction(), space_, tree);
  std::map<u64, u32> begun, ended;  // references, by cluster
  for (const InodeNo inode : inodes) {
    Inode& mended = transaction().edit(transaction().read<Inode>(block_of(inode)));
    if (mended.refcount_root == 0) counts.join();
    mended.refcount_root = tree.value;
    mended.dynamic_features |= dynamic_feature::has_refcount;
    for (const ExtentRun& run : occurrences(inode))
      data_of(inode).set_flags(run.cpos, run.end(), ExtentRecord::refcounted, 0);
  }
  for (u64 done = 0; done < dispute_.clusters.count; done += RefcountEdit::clusters_max)
    counts.set(ClusterNo(dispute_.clusters.first + done),
               static_cast<u32>(std::min<u64>(RefcountEdit::clusters_max, dispute_.clusters.count - done)),
               static_cast<u32>(dispute_.claims.size()));
}

void DisputeRepair::replace_by_copies(InodeNo inode) {
  for (const ExtentRun& run : surplus(inode)) replace(inode, run);
  if (checkup_.survey.directory(inode) != nullptr) harvest_directory_anew(inode);
}

/// Where there is no room for copies somebody has to go without. Only files of users can have holes.
void DisputeRepair::copy_or_detach(const Claim& claim) try {
  replace_by_copies(claim.inode);
} catch (const Error& error) {
  if (error.kind() != ErrorKind::no_space) throw;
  transaction().abort();
  const bool may_have_holes =
      claim.regular && claim.kind != Claim::Kind::system && checkup_.has(feature::sparse);
  if (!may_have_holes || !checkup_.examiner.ask_instead(problem::DUP_CLUSTERS_DETACH, facts(claim.inode)))
    fail(
        ErrorKind::no_space,
        "{}: there is no room for a copy of what inode {} has in common with others; delete or move files of "
        "{} KiB or more, then run this again",
        checkup_.volume.name(), claim.inode.value,
        dispute_.clusters.count << (checkup_.geometry().cluster_bits - 10));
  survey_usage(checkup_, claim.inode, false);
  for (const ExtentRun& run : surplus(claim.inode)) leave(claim.inode, run);
  survey_usage(checkup_, claim.inode, true);
}

/// The clusters stay with the others; a refcount tree counts one reference less.
void DisputeRepair::leave(InodeNo inode, const ExtentRun& run) {
  const BlockNo tree(transaction().read<Inode>(block_of(inode))->refcount_root);
  const auto withdraw = [&](const ExtentRun& piece) {
    if (tree.value != 0 && (piece.flags & ExtentRecord::refcounted) != 0)
      RefcountEdit(transaction(), space_, tree)
          .withdraw(checkup_.geometry().cluster_of(piece.block), static_cast<u32>(piece.clusters));
  };
  for (u64 end = run.end(); (end = data_of(inode).remove(run.cpos, end, withdraw)) > run.cpos;)
    checkup_.mender->commit();
}

/// Puts copies in the place of a run, a bounded part at a time.
void DisputeRepair::replace(InodeNo inode, const ExtentRun& run) {
  const Geometry& geometry = checkup_.geometry();
  const u64 part_max = std::max<u64>(1, copy_clusters_max_bytes >> geometry.cluster_bits);
  for (u64 done = 0; done < run.clusters;) {
    const u32 wanted = static_cast<u32>(std::min(part_max, run.clusters - done));
    const BitRun fresh = space_.allocate_clusters(transaction(), wanted);
    const BlockNo to = geometry.first_block_of(ClusterNo(fresh.first));
    if (!run.unwritten()) copy(run.block + done * geometry.blocks_per_cluster(), to, fresh.count);
    const u8 flags = static_cast<u8>(run.flags & ~ExtentRecord::refcounted);
    put_in_place_of(inode, {run.cpos + done, fresh.count, to, flags});
    done += fresh.count;
    checkup_.mender->settle();
  }
}

/// Lets a part of the data lie elsewhere. A symbolic link must not be without clusters in between: it would
/// be taken for one that holds its target inside.
void DisputeRepair::put_in_place_of(InodeNo inode, const ExtentRun& run) {
  const auto ref = transaction().read<Inode>(block_of(inode));
  if (!ref->is_symlink()) {
    leave(inode, run);
    return data_of(inode).insert(run);
  }
  const Bytes list = Inode::body(transaction().edit_bytes(ref));
  for (ExtentRecord& record : ExtentList::records(list))
    if (record.cpos == run.cpos && record.clusters == run.clusters) record.block = run.block.value;
}

void DisputeRepair::copy(BlockNo from, BlockNo to, u64 clusters) {
  const Geometry& geometry = checkup_.geometry();
  const std::vector<u8> bytes =
      checkup_.volume.cache().read_raw(from, clusters * geometry.blocks_per_cluster());
  checkup_.mender->write_ahead().write_data(geometry.byte_of(to), bytes);
}

/// Blocks of a directory that have moved are read by pass 2 where they are now.
void DisputeRepair::harvest_directory_anew(InodeNo inode) {
  Survey& survey = checkup_.survey;
  const u32 blocks_per_cluster = checkup_.geometry().blocks_per_cluster();
  std::erase_if(survey.directory_runs, [&](const DirectoryRun& run) { return run.directory == inode; });
  data_of(inode).tree().each_run([&](const ExtentRun& run) {
    survey.directory_runs.push_back({.directory = inode,
                                     .first_block = run.cpos * blocks_per_cluster,
                                     .block = run.block,
                                     .blocks = static_cast<u32>(run.clusters * blocks_per_cluster)});
    return true;
  });
  survey.settle();
}

/// What others claim, too, stays with them, in this dispute and in those to come.
void DisputeRepair::detach_and_delete(InodeNo inode) {
  if (!is_undisputed(checkup_, attached_claims(checkup_, inode)))
    fail(ErrorKind::corrupt, "inode {} cannot be deleted, since others use what its attributes take",
         inode.value);
  survey_usage(checkup_, inode, false);
  const ClusterLedger& clusters = checkup_.survey.clusters;
  const auto disputed = [&](u64 first, u64 end) {
    return clusters.next_unexpected(ClusterNo(first), ClusterNo(end));
  };
  for (const ExtentRun& run : parts(inode, disputed)) leave(inode, run);
  delete_inode(transaction(), space_, inode, checkup_.now_seconds);
  checkup_.survey.census.remove(inode);
}

/// Whether attributes that an inode has lost were all that claimed some of the clusters.
bool were_lost(Checkup& checkup, const Claim& claim, const BitRun& clusters) {
  if (claim.kind != Claim::Kind::attached || !checkup.survey.bereft.contains(claim.inode)) return false;
  return std::ranges::none_of(attached_claims(checkup, claim.inode).clusters, [&](const BitRun& run) {
    return run.first < clusters.first + clusters.count && clusters.first < run.first + run.count;
  });
}

/// Claims that an earlier dispute, or this one, has ended.
void drop_ended(Checkup& checkup, Dispute& dispute) {
  std::erase_if(dispute.claims, [&](const Claim& claim) {
    return claim.kind != Claim::Kind::volume &&
           (!checkup.survey.census.in_use(claim.inode) || were_lost(checkup, claim, dispute.clusters));
  });
}

/// Logs go without what others have, or what another log names. True when they do now.
bool withdraw_logs(Checkup& checkup, const Dispute& dispute, std::span<const Claim> logs) {
  std::set<InodeNo> inodes;
  for (const Claim& claim : logs) inodes.insert(claim.inode);
  bool settled = true;
  for (const InodeNo log : inodes)
    settled &= checkup.examiner.resolve(problem::DUP_CLUSTERS_LOG, {.inode = log,
                                                                    .clusters = dispute.clusters,
                                                                    .count = dispute.claims.size(),
                                                                    .detail = claimant_words(dispute)}) &&
               attempt(checkup, problem::DUP_CLUSTERS_LOG,
                       [&] { withdraw_from_log(checkup, log, dispute.clusters); });
  return settled;
}

/// What nobody has any more: all who claimed it were deleted, or were logs.
void give_back(Checkup& checkup, BitRun clusters) {
  repair_as_one(checkup, DeviceErrors::end_the_pass, [&] {
    Space(checkup.volume, 0)
        .free_clusters(checkup.mender->transaction(), ClusterNo(clusters.first), clusters.count);
  });
}

}  // namespace

void fill_thinned_trees(Checkup& checkup) {
  if (checkup.mender == nullptr) return;
  for (const InodeNo inode : checkup.survey.thinned)
    if (!repair_as_one(checkup, DeviceErrors::end_the_pass, [&] { make_own_tree(checkup, inode, true); }))
      checkup.examiner.report(problem::EXTENT_LEAF_NOT_FULL, {.inode = inode, .block = block_of(inode)});
}

void resolve_dispute(Checkup& checkup, const Dispute& dispute) {
  Dispute rest = dispute;
  drop_ended(checkup, rest);
  const auto first_log = std::ranges::find(rest.claims, Claim::Kind::log, &Claim::kind);
  if (rest.claims.size() > 1 && !withdraw_logs(checkup, rest, {first_log, rest.claims.end()})) return;
  rest.claims.erase(first_log, rest.claims.end());  // the weakest, so they come last
  const auto first_index = std::ranges::find(rest.claims, Claim::Kind::index, &Claim::kind);
  std::vector<Claim> indexes(first_index, rest.claims.end());
  rest.claims.erase(first_index, rest.claims.end());
  const bool indexed = !indexes.empty();
  if (rest.claims.empty() && indexed) {  // between indexes alone, the first may be right
    checkup.survey.index_disputes.push_back({dispute.clusters, indexes.size()});
    indexes.erase(indexes.begin());
  }
  for (const Claim& claim : indexes) distrust_index(checkup, claim.inode);
  const bool settled = DisputeRepair(checkup, rest).resolve();
  if (!settled || indexed) return;
  checkup.survey.clusters.settle(dispute.clusters);
  drop_ended(checkup, rest);
  if (rest.claims.empty()) give_back(checkup, dispute.clusters);
}

namespace {

/// False once an earlier dispute gave the inode a tree of its own: all its blocks are settled by that.
bool still_refers_to(Checkup& checkup, InodeNo inode, BlockNo block) {
  if (checkup.mender == nullptr) return true;
  bool found = false;
  const bool readable = repair_as_one(checkup, DeviceErrors::end_the_pass, [&] {
    Transaction& transaction = checkup.mender->transaction();
    Space space(checkup.volume, 0);
    ExtentEdit(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(inode))))
        .tree()
        .each_block([&](const BlockRef<ExtentBlock>& node) { found |= node.block() == block; });
  });
  return found || !readable;
}

}  // namespace

void resolve_dispute(Checkup& checkup, const BlockDispute& dispute) {
  const Claim& keeper = dispute.claims.front();
  for (const Claim& claim : std::span(dispute.claims).subspan(1)) {
    if (claim.kind == Claim::Kind::index) {
      distrust_index(checkup, claim.inode);
      continue;
    }
    const bool data = claim.kind == Claim::Kind::data || claim.kind == Claim::Kind::system;
    if (data && !still_refers_to(checkup, claim.inode, dispute.block)) continue;
    const Problem& problem = data ? problem::DUP_METADATA : problem::DUP_METADATA_ATTACHED;
    if (!checkup.examiner.resolve(problem,
                                  {.inode = claim.inode, .other = keeper.inode, .block = dispute.block}))
      continue;
    attempt(checkup, problem, [&] {
      if (data)
        make_own_tree(checkup, claim.inode, false);
      else
        forget_attached(checkup, claim.inode);
    });
  }
}

}  // namespace ocfs2
