// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pass 1: every block of every group of the inode allocators, free ones included, since what a bitmap calls
// free may be an inode in use. The groups are read in device order, a mebibyte at a time, and every inode is
// examined where it lies in that memory, on all cores. Sick ones are left out there and examined again, one
// after the other, by whoever may ask and mend.
#include <algorithm>
#include <mutex>

#include "engine/check/checkup.h"
#include "engine/check/inode_check.h"
#include "engine/check/problems/blocks.h"
#include "ondisk/inode.h"

namespace ocfs2 {
namespace {

constexpr u64 batch_bytes = 1 << 20;
/// Claims that are handed over before the batch is through: on a damaged volume, each of its inodes may name
/// the same thousands of extents.
constexpr std::size_t claims_kept_max = 1 << 16;

/// Consecutive blocks of one group.
struct Batch {
  u32 group;
  u32 first_bit;
  BlockNo block;
  u32 blocks;
};

/// Blocks that the examination of an inode in use will ask for first: they lie anywhere, one each.
void collect_attached(ConstBytes block, std::vector<BlockNo>& attached) {
  const Inode& inode = as<Inode>(block);
  if (!matches(inode.signature, Inode::signature_text) || !inode.has_flag(inode_flag::valid)) return;
  for (const u64 single : {u64{inode.xattr_block}, u64{inode.index_root}})
    if (single != 0) attached.push_back(BlockNo(single));
  if (inode.body_kind() != InodeBody::extent_list || inode.extents.tree_depth == 0) return;
  for (const ChildRecord& child : ExtentList::children(Inode::body(block)))
    attached.push_back(BlockNo(child.block));
}

/// How much a harvest held before an inode was examined: to forget what a sick one left in it.
class HarvestMark {
 public:
  explicit HarvestMark(const Harvest& harvest)
      : inodes_(harvest.inodes.size()),
        clusters_(harvest.clusters.size()),
        metadata_(harvest.metadata.size()),
        directories_(harvest.directories.size()),
        directory_runs_(harvest.directory_runs.size()),
        shared_(harvest.shared.size()),
        tree_users_(harvest.tree_users.size()) {}

  void restore(Harvest& harvest) const {
    harvest.inodes.resize(inodes_);
    harvest.clusters.resize(clusters_);
    harvest.metadata.resize(metadata_);
    harvest.directories.resize(directories_);
    harvest.directory_runs.resize(directory_runs_);
    harvest.shared.resize(shared_);
    harvest.tree_users.resize(tree_users_);
  }

 private:
  std::size_t inodes_, clusters_, metadata_, directories_, directory_runs_, shared_, tree_users_;
};

class InodeScan {
 public:
  explicit InodeScan(Checkup& checkup) : checkup_(checkup), ledger_(checkup.survey.inode_blocks) {}
  void run();

 private:
  void plan();
  void scan(const Batch& batch, Worker& worker);
  void scan_block(const Batch& batch, u32 index, ConstBytes bytes, Worker& worker, Harvest& harvest,
                  std::vector<BlockNo>& sick);
  bool read(const Batch& batch, Worker& worker, std::vector<BlockNo>& sick);
  void hand_over(Harvest& harvest);
  void examine_sick(BlockNo block);
  InodePlace place_of(BlockLedger::Spot spot) const {
    return {ledger_, spot, checkup_.volume.root(), checkup_.options.stale_generations, checkup_.now_seconds};
  }

  Checkup& checkup_;
  const BlockLedger& ledger_;
  std::vector<Batch> batches_;
  std::mutex mutex_;  ///< of what follows, and of the survey
  std::vector<BlockNo> sick_;
};

void InodeScan::plan() {
  const u32 blocks_max = static_cast<u32>(batch_bytes >> checkup_.geometry().block_bits);
  for (u32 group = 0; group < ledger_.groups().size(); ++group)
    for (const GroupPiece& piece : ledger_.pieces(group))
      for (u32 done = 0; done < piece.blocks; done += blocks_max)
        batches_.push_back(
            {group, piece.first_bit + done, piece.first + done, std::min(blocks_max, piece.blocks - done)});
}

void InodeScan::run() {
  plan();
  in_parallel(checkup_, batches_.size(), [this](u64 i, Worker& worker) { scan(batches_[i], worker); });
  std::sort(sick_.begin(), sick_.end());
  for (const BlockNo block : sick_) {
    examine_sick(block);
    checkup_.settle();
  }
}

/// Reads a batch into the scratch memory. When that fails, block by block: those that cannot be read are
/// sick.
bool InodeScan::read(const Batch& batch, Worker& worker, std::vector<BlockNo>& sick) {
  BlockDevice& device = checkup_.volume.device();
  const Geometry& geometry = checkup_.geometry();
  const u64 bytes = u64{batch.blocks} << geometry.block_bits;
  if (worker.scratch.size() < bytes) worker.scratch.resize(bytes);
  std::vector<ReadRequest> requests{{geometry.byte_of(batch.block), Bytes(worker.scratch).first(bytes)}};
  device.read_many(requests);
  if (requests[0].error == 0) return true;
  requests.clear();
  for (u32 i = 0; i < batch.blocks; ++i)
    requests.push_back({geometry.byte_of(batch.block + i),
                        Bytes(worker.scratch).subspan(u64{i} << geometry.block_bits, geometry.block_size())});
  device.read_many(requests);
  for (u32 i = 0; i < batch.blocks; ++i)
    if (requests[i].error != 0) {
      std::ranges::fill(requests[i].into, u8{0});
      if (ledger_.allocated(ledger_.spot(batch.group, batch.first_bit + i))) sick.push_back(batch.block + i);
    }
  return false;
}

void InodeScan::scan(const Batch& batch, Worker& worker) {
  Harvest harvest;
  std::vector<BlockNo> sick;
  read(batch, worker, sick);
  const u32 block_size = checkup_.geometry().block_size();
  const auto bytes_of = [&](u32 index) {
    return ConstBytes(worker.scratch).subspan(u64{index} * block_size, block_size);
  };
  std::vector<BlockNo> attached;
  for (u32 i = 0; i < batch.blocks; ++i) collect_attached(bytes_of(i), attached);
  worker.source.prefetch(attached);
  for (u32 i = 0; i < batch.blocks; ++i) {
    scan_block(batch, i, bytes_of(i), worker, harvest, sick);
    if (harvest.claims() > claims_kept_max) hand_over(harvest);
  }
  hand_over(harvest);
  const std::lock_guard lock(mutex_);
  sick_.insert(sick_.end(), sick.begin(), sick.end());
}

void InodeScan::hand_over(Harvest& harvest) {
  const std::lock_guard lock(mutex_);
  checkup_.survey.take(harvest);
  harvest.clear();
}

void InodeScan::scan_block(const Batch& batch, u32 index, ConstBytes bytes, Worker& worker, Harvest& harvest,
                           std::vector<BlockNo>& sick) {
  const auto spot = ledger_.spot(batch.group, batch.first_bit + index);
  const auto& told = checkup_.survey.system.as_if;
  const auto as_if = told.find(inode_at(batch.block + index));
  if (as_if != told.end()) bytes = as_if->second;
  const Inode& inode = as<Inode>(bytes);
  const bool in_use = matches(inode.signature, Inode::signature_text) && inode.has_flag(inode_flag::valid);
  if (!in_use && !ledger_.allocated(spot)) return;
  Patient<Inode> patient(worker.source.patient(batch.block + index, Inode::kind, bytes));
  // what one flipped bit hides is seen where the bit is put right
  if (patient.check() == CheckResult::mended && as_if == told.end()) return sick.push_back(patient.block());
  const HarvestMark mark(harvest);
  examine_inode_block(patient, place_of(spot), worker.triage, worker.source, harvest);
  if (!worker.triage.sick()) return;
  worker.triage.forget();
  if (as_if != told.end()) return;  // nobody wanted it mended: take what can be understood
  mark.restore(harvest);
  sick.push_back(batch.block + index);
}

void InodeScan::examine_sick(BlockNo block) {
  const auto spot = ledger_.find(block);
  require(spot.has_value());
  auto inode = checkup_.source.look<Inode>(block, inode_at(block));
  Harvest harvest;
  checkup_.survey.doubtful.insert(block.value);
  if (inode) {
    InodePlace place = place_of(*spot);
    place.others = &checkup_;
    examine_inode_block(*inode, place, checkup_.examiner, checkup_.source, harvest);
  } else {
    checkup_.examiner.report(problem::BLOCK_UNREADABLE, {.inode = inode_at(block), .block = block});
    harvest.inodes.push_back({.inode = inode_at(block)});  // its names stay: it may be readable elsewhere
  }
  checkup_.survey.take(harvest);
}

/// The superblock names the blocks of two directories: even when these are lost, nothing else may lie there.
void keep_places_of_directories(Checkup& checkup) {
  for (const InodeNo directory : {checkup.volume.root(), checkup.volume.system_directory()})
    if (const auto spot = checkup.survey.inode_blocks.find(block_of(directory)))
      checkup.survey.inode_blocks.claim(*spot);
}

}  // namespace

void check_inodes(Checkup& checkup) {
  checkup.reporter.stage("Pass 1: Checking inodes and blocks");
  InodeScan(checkup).run();
  keep_places_of_directories(checkup);
  checkup.survey.settle();
  const u64 claims = checkup.survey.claims_max + checkup.survey.claims_dropped;
  if (checkup.survey.claims_dropped > 0)
    fail(ErrorKind::corrupt,
         "{}: {} blocks are claimed that others have, too, more than this much memory can hold; run this "
         "again with --memory={}M",
         checkup.volume.name(), claims, divide_up(claims * CheckOptions::claim_memory_bytes, 1 << 20));
}

}  // namespace ocfs2
