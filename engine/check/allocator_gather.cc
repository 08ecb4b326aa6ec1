// SPDX-License-Identifier: GPL-2.0-or-later
//
// The quiet part: the allocator's inode, and all groups that its chains lead to.
#include <algorithm>
#include <unordered_set>

#include "engine/check/allocator_check.h"
#include "engine/check/check.h"
#include "engine/check/problems/allocators.h"
#include "ondisk/records.h"

namespace ocfs2 {
namespace {

constexpr std::size_t batch_groups = 256;

/// The inode of an allocator, and what it must say.
struct AllocatorPlace {
  InodeNo inode;
  u32 room;    ///< for chains
  u32 chains;  ///< in use
  u32 group_clusters;
  u32 bits_per_cluster;

  Facts facts() const { return {.inode = inode}; }
};

constexpr Check<Inode, AllocatorPlace> inode_checks[] = {
    {.problem = problem::CHAIN_COUNT,
     .found = [](const Inode& inode, const AllocatorPlace&) -> u64 { return inode.chains.count; },
     .expected = [](const Inode&, const AllocatorPlace& at) -> u64 { return at.room; },
     .mend = [](Inode& inode, u64 value,
                const AllocatorPlace&) { inode.chains.count = static_cast<u16>(value); }},
    {.problem = problem::CHAIN_NEXT_FREE,
     .found = [](const Inode& inode, const AllocatorPlace&) -> u64 { return inode.chains.used; },
     .expected = [](const Inode&, const AllocatorPlace& at) -> u64 { return at.chains; },
     .mend = [](Inode& inode, u64 value,
                const AllocatorPlace&) { inode.chains.used = static_cast<u16>(value); }},
    {.problem = problem::CHAIN_BPC,
     .found = [](const Inode& inode, const AllocatorPlace&) -> u64 { return inode.chains.bits_per_cluster; },
     .expected = [](const Inode&, const AllocatorPlace& at) -> u64 { return at.bits_per_cluster; },
     .mend = [](Inode& inode, u64 value,
                const AllocatorPlace&) { inode.chains.bits_per_cluster = static_cast<u16>(value); }},
};

constexpr Check<Inode, AllocatorPlace> group_size_check[] = {
    {.problem = problem::CHAIN_CPG,
     .found = [](const Inode& inode, const AllocatorPlace&) -> u64 {
       return inode.chains.clusters_per_group;
     },
     .expected = [](const Inode&, const AllocatorPlace& at) -> u64 { return at.group_clusters; },
     .mend = [](Inode& inode, u64 value,
                const AllocatorPlace&) { inode.chains.clusters_per_group = static_cast<u16>(value); }},
};

std::span<const ChainRecord> all_chains(ConstBytes block, u32 room) {
  return records_in<ChainRecord>(block, Inode::body_offset + sizeof(ChainList), room);
}

/// Behind the chains in use: a record that may be one of them, and not only some bytes that came there.
bool may_be_chain(const ChainRecord& chain) { return chain.block != 0 && chain.total != 0; }

/// The number of chains in use: what the inode says unless that cannot be, or leaves a group out.
u32 chains_in_use(ConstBytes block, u32 room) {
  const auto slots = all_chains(block, room);
  u32 filled = static_cast<u32>(slots.size());
  while (filled > 0 && !may_be_chain(slots[filled - 1])) --filled;
  const u32 used = as<Inode>(block).chains.used;
  return used > room ? filled : std::max(used, filled);
}

}  // namespace

AllocatorCheck::AllocatorCheck(Checkup& checkup, AllocatorChecks& others, SystemFile file, u32 slot,
                               InodeNo inode)
    : checkup_(checkup), others_(others), file_(file), slot_(slot), inode_(inode) {
  if (!global_bitmap()) bits_per_cluster_ = checkup.geometry().blocks_per_cluster();
}

GroupNote* AllocatorCheck::find(BlockNo block) {
  const auto note = std::ranges::lower_bound(groups_, block, {}, &GroupNote::block);
  return note == groups_.end() || note->block != block ? nullptr : &*note;
}

bool AllocatorCheck::leads_to(BlockNo block) const {
  const auto note = std::ranges::lower_bound(groups_, block, {}, &GroupNote::block);
  return note != groups_.end() && note->block == block && note->links > 0;
}

bool AllocatorCheck::trusted(const GroupNote& note) const {
  const int rights = note.signature + note.generation + note.place + (note.parent == inode_);
  return note.readable && ((note.signature && note.generation) || rights >= 3);
}

bool AllocatorCheck::mine(const GroupNote& note) const {
  if (note.dropped) return false;
  if (note.on_chain != GroupNote::not_linked || global_bitmap()) return true;
  if (others_.owners.contains(note.block)) return false;
  return (trusted(note) && note.parent == inode_) || is_lost_beginning(note);
}

/// Of the global inode allocator and of its first group nothing is left, but both have known places.
bool AllocatorCheck::is_lost_beginning(const GroupNote& note) const {
  return blank_ && !hopeless_ && file_ == SystemFile::global_inode_alloc && note.readable && !trusted(note) &&
         note.block == checkup_.geometry().system_inode_group_block();
}

GroupPlace AllocatorCheck::place_of(const GroupNote& note, u32 chain) const {
  const Geometry& geometry = checkup_.geometry();
  GroupPlace at{.volume = checkup_.facts(), .allocator = inode_, .block = note.block, .chain = chain};
  at.bits_per_cluster = bits_per_cluster_;
  at.clusters = group_clusters_;
  at.global_bitmap = global_bitmap();
  at.system_inodes = file_ == SystemFile::global_inode_alloc;
  if (global_bitmap())
    at.clusters = geometry.clusters_in_group(
        static_cast<u32>(geometry.cluster_of(note.block).value / geometry.clusters_per_group()));
  return at;
}

std::optional<Patient<GroupDescriptor>> AllocatorCheck::look_group(const GroupNote& note) {
  return checkup_.source.look<GroupDescriptor>(note.block, inode_);
}

GroupDescriptor& AllocatorCheck::edit_group(const GroupNote& note) { return look_group(note)->mend(); }

std::vector<ChainRecord> AllocatorCheck::chains() {
  const auto inode = look_inode();
  if (!inode || hopeless_) return {};
  const u32 room = checkup_.geometry().chain_records_per_inode();
  const auto all = all_chains(inode->bytes(), room).first(chains_in_use(inode->bytes(), room));
  return {all.begin(), all.end()};
}

ChainRecord& AllocatorCheck::edit_chain(u32 chain) {
  const Bytes bytes = look_inode()->mend_bytes();
  return records_in<ChainRecord>(bytes, Inode::body_offset + sizeof(ChainList),
                                 checkup_.geometry().chain_records_per_inode())[chain];
}

void AllocatorCheck::examine_inode() {
  auto inode = look_inode();
  blank_ = checkup_.survey.system.destroyed.contains(inode_);
  hopeless_ = !inode || (blank_ && !matches((*inode)->signature, Inode::signature_text));
  if (hopeless_) return;
  const u32 room = checkup_.geometry().chain_records_per_inode();
  const AllocatorPlace at{inode_, room, chains_in_use(inode->bytes(), room), group_clusters_,
                          bits_per_cluster_};
  run_checks(inode_checks, *inode, at, checkup_.examiner);
  examine_unused_chains(*inode, at.chains);
}

/// The kernel would add a new group to what stands there.
void AllocatorCheck::examine_unused_chains(const Patient<Inode>& inode, u32 used) {
  const u32 room = checkup_.geometry().chain_records_per_inode();
  for (u32 chain = used; chain < room; ++chain) {
    const ChainRecord& record = all_chains(inode.bytes(), room)[chain];
    if (record.block == 0 && record.total == 0 && record.free == 0) continue;
    if (checkup_.examiner.resolve(problem::CHAIN_HEAD_LINK_RANGE,
                                  {.inode = inode_, .found = record.block, .index = chain}))
      edit_chain(chain) = {};
  }
}

/// The size of a suballocator's groups: what the inode says, unless its groups or its own size prove another.
void AllocatorCheck::settle_group_size() {
  const Geometry& geometry = checkup_.geometry();
  auto inode = look_inode();
  const u32 said = hopeless_ || blank_ ? 0 : u32{(*inode)->chains.clusters_per_group};
  group_clusters_ = global_bitmap() ? geometry.clusters_per_group() : said;
  if (!global_bitmap()) {
    std::map<u32, u32> votes;
    for (const GroupNote& note : groups_)
      if (trusted(note) && note.parent == inode_ && note.bits != 0 && note.bits % bits_per_cluster_ == 0)
        ++votes[note.bits / bits_per_cluster_];
    const auto most = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
    const u64 groups = groups_.size();
    const bool inode_agrees = said != 0 && (*inode)->clusters == groups * said;
    if (most != votes.end() && !inode_agrees) group_clusters_ = most->first;
    if (group_clusters_ == 0 && file_ == SystemFile::global_inode_alloc)
      group_clusters_ = static_cast<u32>(
          divide_up(system_inode_blocks(checkup_.facts().max_slots), geometry.blocks_per_cluster()));
    if (group_clusters_ == 0 || u64{group_clusters_} * bits_per_cluster_ > 65535)
      group_clusters_ = geometry.suballocator_group_clusters();
  }
  if (hopeless_) return;
  if (blank_) inode->mend().chains.clusters_per_group = static_cast<u16>(group_clusters_);
  const AllocatorPlace at{inode_, 0, 0, group_clusters_, bits_per_cluster_};
  run_checks(group_size_check, *inode, at, checkup_.examiner);
}

GroupNote AllocatorCheck::read_note(BlockNo block, const std::optional<Patient<GroupDescriptor>>& group) {
  GroupNote note{.block = block};
  if (!group) return note;
  const GroupDescriptor& descriptor = **group;
  note.readable = true;
  note.signature = matches(descriptor.signature, GroupDescriptor::signature_text);
  note.generation = descriptor.generation == checkup_.facts().generation;
  note.place = descriptor.block == block.value;
  note.parent = InodeNo(descriptor.parent_inode);
  note.bits = descriptor.bits;
  note.chain = descriptor.chain;
  if (trusted(note)) note.next = BlockNo(descriptor.next_group);
  return note;
}

/// Whether anything is wrong with the group's fields; its chain is looked at later.
void AllocatorCheck::examine_quietly(GroupNote& note, std::optional<Patient<GroupDescriptor>>& group) {
  if (group && trusted(note)) {
    const GroupPlace at = place_of(note, note.chain);
    Examiner triage;
    examine_group(*group, at, triage);
    note.sick = triage.sick();
    note.bits = at.bits();
    note.free = static_cast<u32>(count_clear_bits(group_bitmap(group->bytes(), at.bits()), 0, at.bits()));
  }
  if (global_bitmap()) note_allocated(note, group && trusted(note) ? &*group : nullptr);
}

void AllocatorCheck::examine_quietly(GroupNote& note) {
  auto group = look_group(note);
  examine_quietly(note, group);
}

/// A cluster group without a trustworthy bitmap is taken to be full until check_bitmaps knows better. The
/// clusters up to its descriptor are claimed at once, so that the ledger holds nothing of an empty group.
void AllocatorCheck::note_allocated(const GroupNote& note, const Patient<GroupDescriptor>* group) {
  const Geometry& geometry = checkup_.geometry();
  const GroupPlace at = place_of(note, note.chain);
  const u64 index = geometry.cluster_of(note.block).value / geometry.clusters_per_group();
  const ClusterNo first(index * geometry.clusters_per_group());
  checkup_.survey.clusters.record_allocated(
      first, group != nullptr ? group_bitmap(group->bytes(), at.bits()) : ConstBytes(), at.bits());
  const ClusterNo descriptor = geometry.cluster_of(note.block);
  checkup_.survey.clusters.claim(first, descriptor - first + 1);
  if (group == nullptr) checkup_.survey.rebuilt_groups.insert(note.block.value);
}

/// A block of a batch; when it could not be read, or not without a mended bit, it is looked at again.
std::optional<Patient<GroupDescriptor>> AllocatorCheck::patient(const ReadRequest& read) {
  const BlockNo block(read.offset >> checkup_.geometry().block_bits);
  if (read.error == 0) {
    Patient<GroupDescriptor> group(checkup_.source.patient(block, GroupDescriptor::kind, read.into));
    if (group.check() == CheckResult::good) return group;
  }
  return look_group({.block = block});
}

/// In device order, past the cache: there are many, and most are never looked at again.
void AllocatorCheck::gather_places() {
  const Geometry& geometry = checkup_.geometry();
  std::vector<u8> buffer(batch_groups << geometry.block_bits);
  std::vector<ReadRequest> reads;
  groups_.reserve(geometry.cluster_groups());
  for (u32 index = 0; index < geometry.cluster_groups(); index += static_cast<u32>(reads.size())) {
    reads.clear();
    while (reads.size() < batch_groups && index + reads.size() < geometry.cluster_groups())
      reads.push_back({geometry.byte_of(geometry.cluster_group_block(index + static_cast<u32>(reads.size()))),
                       Bytes(buffer).subspan(reads.size() << geometry.block_bits, geometry.block_size())});
    checkup_.volume.device().read_many(reads);
    for (const ReadRequest& read : reads) {
      auto group = patient(read);
      groups_.push_back(read_note(BlockNo(read.offset >> geometry.block_bits), group));
      examine_quietly(groups_.back(), group);
    }
    checkup_.reporter.progress(index, geometry.cluster_groups());
    if (checkup_.reporter.interrupted()) fail(ErrorKind::interrupted, "interrupted");
  }
}

/// All chains at once, so that there is always a batch to read.
void AllocatorCheck::gather_chains() {
  std::unordered_set<u64> seen;
  std::vector<BlockNo> wave;
  const auto reach = [&](BlockNo block) {
    if (block > super_block_no && checkup_.geometry().contains(block) && seen.insert(block.value).second)
      wave.push_back(block);
  };
  for (const ChainRecord& chain : first_chains_) reach(BlockNo(chain.block));
  const Geometry& geometry = checkup_.geometry();
  if (file_ == SystemFile::global_inode_alloc)  // where mkfs puts its first group, linked or not
    reach(geometry.system_inode_group_block());
  while (!wave.empty()) {
    std::vector<BlockNo> blocks;
    blocks.swap(wave);
    std::ranges::sort(blocks);
    checkup_.source.prefetch(blocks);
    for (const BlockNo block : blocks) {
      groups_.push_back(read_note(block, look_group({.block = block})));
      reach(groups_.back().next);
    }
    if (checkup_.reporter.interrupted()) fail(ErrorKind::interrupted, "interrupted");
  }
  std::ranges::sort(groups_, {}, &GroupNote::block);
}

void AllocatorCheck::count_links() {
  const auto count = [this](BlockNo block) {
    if (GroupNote* note = find(block)) ++note->links;
  };
  for (const ChainRecord& chain : first_chains_) count(BlockNo(chain.block));
  for (const GroupNote& note : groups_) count(note.next);
}

void AllocatorCheck::gather() {
  examine_inode();
  first_chains_ = chains();
  if (global_bitmap()) {
    settle_group_size();
    gather_places();
  } else {
    gather_chains();
    settle_group_size();
    for (GroupNote& note : groups_) examine_quietly(note);
  }
  count_links();
}

}  // namespace ocfs2
