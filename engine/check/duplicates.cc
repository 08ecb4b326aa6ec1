// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/duplicates.h"

#include <algorithm>
#include <mutex>

#include "engine/check/index_check.h"
#include "engine/check/inode_check.h"
#include "engine/check/problems/duplicates.h"
#include "ondisk/group.h"

namespace ocfs2 {
namespace {

/// A claim on some of the disputed clusters.
struct ClaimedRun {
  BitRun clusters;
  Claim claim;
};

struct ClaimedBlock {
  BlockNo block;
  Claim claim;
};

/// What the device says of the clusters of a group. One without a trustworthy bitmap counts as full: what was
/// not expected there was claimed before.
class OldBitmap {
 public:
  OldBitmap(Checkup& checkup, u32 group) : first_(u64{group} * checkup.geometry().clusters_per_group()) {
    const BlockNo place = checkup.geometry().cluster_group_block(group);
    if (checkup.survey.rebuilt_groups.contains(place.value)) return;
    known_ = true;
    descriptor_ = checkup.source.look<GroupDescriptor>(place, checkup.volume.root());
  }
  bool used(u64 cluster) const {
    return !known_ ||
           (descriptor_ && test_bit(GroupDescriptor::bitmap(descriptor_->bytes()), cluster - first_));
  }

 private:
  u64 first_;
  bool known_ = false;
  std::optional<Patient<GroupDescriptor>> descriptor_;
};

/// Which of the clusters that pass 1 did not expect to be claimed had been claimed before.
SparseBitmap find_duplicates(Checkup& checkup) {
  const Geometry& geometry = checkup.geometry();
  const ClusterLedger& ledger = checkup.survey.clusters;
  SparseBitmap duplicates(geometry.clusters);
  const u32 group_size = geometry.clusters_per_group();
  for (u32 group = 0; group < geometry.cluster_groups(); ++group) {
    const ClusterNo first(u64{group} * group_size);
    const ClusterNo end(std::min<u64>(first.value + group_size, geometry.clusters));
    BitRun run = ledger.next_unexpected(first, end);
    if (run.count == 0) continue;
    const OldBitmap old(checkup, group);
    for (; run.count > 0; run = ledger.next_unexpected(ClusterNo(run.first + run.count), end))
      for (u64 cluster = run.first; cluster < run.first + run.count; ++cluster)
        if (ledger.repeated(ClusterNo(cluster)) || old.used(cluster)) duplicates.set({cluster, 1});
  }
  return duplicates;
}

/// Whether something has claimed one of the clusters so far.
bool any_claimed(Checkup& checkup, const BitRun& run) {
  const ClusterLedger& ledger = checkup.survey.clusters;
  const u32 group_size = checkup.geometry().clusters_per_group();
  const u64 end = std::min(run.first + run.count, u64{checkup.geometry().clusters});
  for (u64 at = run.first; at < end;) {
    const u32 group = static_cast<u32>(at / group_size);
    const OldBitmap old(checkup, group);
    for (const u64 group_end = std::min(end, u64{group + 1} * group_size); at < group_end; ++at) {
      const ClusterNo next(at + 1);
      if (ledger.next_unclaimed(ClusterNo(at), next).count == 0 &&
          (ledger.next_unexpected(ClusterNo(at), next).count > 0 || old.used(at)))
        return true;
    }
  }
  return false;
}

/// What the data of an inode claims, if nothing is shared.
Claim::Kind kind_of_data(const Inode& inode, bool root) {
  if (!inode.has_flag(inode_flag::system) || root) return Claim::Kind::data;
  const bool log = inode.has_flag(inode_flag::truncate_log) || inode.has_flag(inode_flag::local_alloc);
  return log ? Claim::Kind::log : Claim::Kind::system;
}

class DisputeFinder {
 public:
  DisputeFinder(Checkup& checkup, const SparseBitmap& duplicates)
      : checkup_(checkup), duplicates_(duplicates) {}

  Disputes find() {
    claim_for_volume();
    claim_for_inodes();
    return {block_disputes(), disputes()};
  }

 private:
  void claim(BitRun run, const Claim& claim, std::vector<ClaimedRun>& claims) const;
  void claim_blocks(const Harvest& harvest, const Claim& claim, std::vector<ClaimedBlock>& claims) const;
  void claim_for_volume();
  void claim_for_inodes();
  void claim_for_inode(InodeNo inode, Worker& worker, Harvest& harvest, std::vector<ClaimedRun>& claims,
                       std::vector<ClaimedBlock>& blocks) const;
  std::vector<BlockDispute> block_disputes();
  std::vector<Dispute> disputes();

  Checkup& checkup_;
  const SparseBitmap& duplicates_;
  std::mutex mutex_;
  std::vector<ClaimedRun> claims_;
  std::vector<ClaimedBlock> blocks_;
};

/// Keeps what of `run` is disputed.
void DisputeFinder::claim(BitRun run, const Claim& claim, std::vector<ClaimedRun>& claims) const {
  const u64 end = std::min(run.first + run.count, duplicates_.size());
  for (BitRun part = duplicates_.next_run(run.first, end); part.count > 0;
       part = duplicates_.next_run(part.first + part.count, end))
    claims.push_back({part, claim});
}

void DisputeFinder::claim_for_volume() {
  const Geometry& geometry = checkup_.geometry();
  const Claim volume{.kind = Claim::Kind::volume};
  claim({0, geometry.first_cluster_group().value + 1}, volume, claims_);
  for (u32 group = 1; group < geometry.cluster_groups(); ++group)
    claim({geometry.cluster_of(geometry.cluster_group_block(group)).value, 1}, volume, claims_);
  for (const BlockLedger* ledger : {&checkup_.survey.inode_blocks, &checkup_.survey.metadata_blocks})
    for (u32 group = 0; group < ledger->groups().size(); ++group)
      for (const GroupPiece& piece : ledger->pieces(group)) {
        const u64 first = geometry.cluster_of(piece.first).value;
        const u64 last = geometry.cluster_of(piece.first + (piece.blocks - 1)).value;
        claim({first, last - first + 1}, {ledger->groups()[group].allocator, Claim::Kind::volume}, claims_);
      }
}

void DisputeFinder::claim_blocks(const Harvest& harvest, const Claim& claim,
                                 std::vector<ClaimedBlock>& claims) const {
  for (const MetadataClaim& used : harvest.metadata)
    if (std::ranges::binary_search(checkup_.survey.disputed, used.block, {}, &MetadataClaim::block))
      claims.push_back({used.block, claim});
}

void DisputeFinder::claim_for_inode(InodeNo inode, Worker& worker, Harvest& harvest,
                                    std::vector<ClaimedRun>& claims,
                                    std::vector<ClaimedBlock>& blocks) const {
  const auto spot = checkup_.survey.inode_blocks.find(block_of(inode));
  auto patient = worker.source.look<Inode>(block_of(inode), inode);
  if (!spot || !patient) return;
  const InodePlace place{checkup_.survey.inode_blocks, *spot, checkup_.volume.root()};
  Claim claimant{.inode = inode,
                 .doubtful = checkup_.survey.doubtful.contains(inode.value),
                 .regular = (*patient)->is_regular()};

  harvest.clear();
  (void)examine_data(*patient, place, worker.triage, worker.source, harvest);
  claimant.kind = kind_of_data(**patient, inode == checkup_.volume.root());
  for (const BitRun& run : harvest.clusters) claim(run, claimant, claims);
  claim_blocks(harvest, claimant, blocks);
  claimant.kind = Claim::Kind::shared;
  for (const SharedRun& run : harvest.shared) claim({run.first.value, run.clusters}, claimant, claims);

  harvest.clear();
  if ((*patient)->has_dynamic(dynamic_feature::has_xattr))
    examine_attributes(*patient, worker.triage, worker.source, harvest);
  claimant.kind = Claim::Kind::attached;
  for (const BitRun& run : harvest.clusters) claim(run, claimant, claims);
  claim_blocks(harvest, claimant, blocks);
  worker.triage.forget();

  const DirectoryFact* const directory = checkup_.survey.directory(inode);
  if (directory == nullptr || directory->index.value == 0 || directory->index_forsaken) return;
  const IndexWalk index = walk_index(inode, directory->index, worker.source);
  claimant.kind = Claim::Kind::index;
  for (const BitRun& run : index.claims.clusters) claim(run, claimant, claims);
  claim_blocks(index.claims, claimant, blocks);
}

void DisputeFinder::claim_for_inodes() {
  constexpr u64 batch = 256;
  std::vector<InodeNo> inodes;
  checkup_.survey.census.each([&](InodeNo inode) { inodes.push_back(inode); });
  in_parallel(checkup_, divide_up(inodes.size(), batch), [&](u64 index, Worker& worker) {
    const u64 first = index * batch;
    const auto part = std::span(inodes).subspan(first, std::min<u64>(batch, inodes.size() - first));
    std::vector<BlockNo> blocks;
    for (const InodeNo inode : part) blocks.push_back(block_of(inode));
    worker.source.prefetch(blocks);
    Harvest harvest;
    std::vector<ClaimedRun> claims;
    std::vector<ClaimedBlock> claimed_blocks;
    for (const InodeNo inode : part) claim_for_inode(inode, worker, harvest, claims, claimed_blocks);
    const std::lock_guard lock(mutex_);
    claims_.insert(claims_.end(), claims.begin(), claims.end());
    blocks_.insert(blocks_.end(), claimed_blocks.begin(), claimed_blocks.end());
  });
}

std::vector<BlockDispute> DisputeFinder::block_disputes() {
  std::sort(blocks_.begin(), blocks_.end(), [](const ClaimedBlock& a, const ClaimedBlock& b) {
    return a.block != b.block ? a.block < b.block : a.claim < b.claim;
  });
  std::vector<BlockDispute> found;
  for (const ClaimedBlock& claimed : blocks_) {
    if (found.empty() || found.back().block != claimed.block) found.push_back({claimed.block, {}});
    found.back().claims.push_back(claimed.claim);
  }
  std::erase_if(found, [](const BlockDispute& dispute) { return dispute.claims.size() < 2; });
  return found;
}

/// Cuts the claims where one of them begins or ends, and joins neighbours with the same claimants.
std::vector<Dispute> DisputeFinder::disputes() {
  std::vector<u64> borders;
  for (const ClaimedRun& run : claims_) {
    borders.push_back(run.clusters.first);
    borders.push_back(run.clusters.first + run.clusters.count);
  }
  std::sort(borders.begin(), borders.end());
  borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
  std::vector<std::vector<Claim>> claimants(borders.size());
  for (const ClaimedRun& run : claims_) {
    auto at = std::lower_bound(borders.begin(), borders.end(), run.clusters.first) - borders.begin();
    for (; borders[at] < run.clusters.first + run.clusters.count; ++at) claimants[at].push_back(run.claim);
  }
  std::vector<Dispute> found;
  for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
    if (claimants[i].size() < 2) continue;
    std::sort(claimants[i].begin(), claimants[i].end());
    const bool goes_on = !found.empty() && found.back().claims == claimants[i] &&
                         found.back().clusters.first + found.back().clusters.count == borders[i];
    if (goes_on)
      found.back().clusters.count += borders[i + 1] - borders[i];
    else
      found.push_back({{borders[i], borders[i + 1] - borders[i]}, claimants[i]});
  }
  return found;
}

}  // namespace

bool meets_other_claims(Checkup& checkup, const Harvest& harvest) {
  const BlockLedger& blocks = checkup.survey.metadata_blocks;
  return std::ranges::any_of(harvest.clusters,
                             [&](const BitRun& run) { return any_claimed(checkup, run); }) ||
         std::ranges::any_of(harvest.metadata, [&](const MetadataClaim& claim) {
           const auto spot = blocks.find(claim.block);
           return spot && blocks.claimed(*spot);
         });
}

Disputes find_disputes(Checkup& checkup, const SparseBitmap& duplicates) {
  return DisputeFinder(checkup, duplicates).find();
}

void resolve_duplicates(Checkup& checkup) {
  const SparseBitmap duplicates = find_duplicates(checkup);
  if (duplicates.count() == 0 && checkup.survey.disputed.empty()) return;
  checkup.reporter.note("Running additional passes to resolve clusters claimed by more than one inode...");
  checkup.reporter.stage("Pass 1b: Determining ownership of multiply-claimed clusters");
  const Disputes disputes = find_disputes(checkup, duplicates);
  checkup.reporter.stage("Pass 1d: Reconciling multiply-claimed clusters");
  for (const BlockDispute& dispute : disputes.blocks) {
    resolve_dispute(checkup, dispute);
    checkup.settle();
  }
  for (const Dispute& dispute : disputes.clusters) {
    resolve_dispute(checkup, dispute);
    checkup.settle();
  }
}

}  // namespace ocfs2
