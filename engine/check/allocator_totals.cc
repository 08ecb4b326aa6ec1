// SPDX-License-Identifier: GPL-2.0-or-later
//
// What comes when the chains were walked: claims, groups on no chain, and the numbers that sum up groups.
#include <algorithm>

#include "engine/check/allocator_check.h"
#include "engine/check/check.h"
#include "engine/check/problems/allocators.h"

namespace ocfs2 {
namespace {

constexpr std::size_t words_max = 6;
constexpr u32 scan_batch = 256;

/// What the inode of an allocator must say of all its groups.
struct TotalsPlace {
  InodeNo inode;
  u64 total, used, clusters, bytes;
  std::string_view name;

  Facts facts() const { return {.inode = inode, .name = name}; }
};

constexpr Check<Inode, TotalsPlace> total_check[] = {
    {.problem = problem::CHAIN_GROUP_BITS,
     .found = [](const Inode& inode, const TotalsPlace&) -> u64 { return inode.bitmap.total; },
     .expected = [](const Inode&, const TotalsPlace& at) { return at.total; },
     .mend = [](Inode& inode, u64 value,
                const TotalsPlace&) { inode.bitmap.total = static_cast<u32>(value); }},
};
constexpr Check<Inode, TotalsPlace> used_check[] = {
    {.problem = problem::CHAIN_GROUP_BITS,
     .found = [](const Inode& inode, const TotalsPlace&) -> u64 { return inode.bitmap.used; },
     .expected = [](const Inode&, const TotalsPlace& at) { return at.used; },
     .mend = [](Inode& inode, u64 value,
                const TotalsPlace&) { inode.bitmap.used = static_cast<u32>(value); }},
};
constexpr Check<Inode, TotalsPlace> size_checks[] = {
    {.problem = problem::CHAIN_I_CLUSTERS,
     .found = [](const Inode& inode, const TotalsPlace&) -> u64 { return inode.clusters; },
     .expected = [](const Inode&, const TotalsPlace& at) { return at.clusters; },
     .mend = [](Inode& inode, u64 value, const TotalsPlace&) { inode.clusters = static_cast<u32>(value); }},
    {.problem = problem::CHAIN_I_SIZE,
     .found = [](const Inode& inode, const TotalsPlace&) -> u64 { return inode.size; },
     .expected = [](const Inode&, const TotalsPlace& at) { return at.bytes; },
     .mend = [](Inode& inode, u64 value, const TotalsPlace&) { inode.size = value; }},
};

}  // namespace

std::string block_words(std::span<const GroupNote* const> groups) {
  std::string words = groups.size() == 1 ? "block" : "blocks";
  for (std::size_t i = 0; i < std::min(groups.size(), words_max); ++i)
    words += fmt::format("{}{}",
                         i == 0                   ? " "
                         : i + 1 == groups.size() ? " and "
                                                  : ", ",
                         groups[i]->block.value);
  if (groups.size() > words_max) words += fmt::format(" and {} more", groups.size() - words_max);
  return words;
}

void AllocatorCheck::record_group(const GroupNote& note) {
  if (const auto group = look_group(note)) record_group(note.block, group->bytes());
}

void AllocatorCheck::record_group(BlockNo block, ConstBytes descriptor) {
  const GroupPlace at = place_of({.block = block}, 0);
  const auto pieces = pieces_of_group(descriptor, at);
  if (!pieces) return;
  const Geometry& geometry = checkup_.geometry();
  for (const GroupPiece& piece : *pieces)
    checkup_.survey.clusters.claim(geometry.cluster_of(piece.first), piece.blocks / bits_per_cluster_);
  BlockLedger& ledger =
      file_ == SystemFile::extent_alloc ? checkup_.survey.metadata_blocks : checkup_.survey.inode_blocks;
  ledger.add({.descriptor = block, .allocator = inode_, .slot = owner_slot(), .bits = at.bits()}, *pieces,
             group_bitmap(descriptor, at.bits()));
}

void AllocatorCheck::record() {
  ClusterLedger& clusters = checkup_.survey.clusters;
  const Geometry& geometry = checkup_.geometry();
  if (!global_bitmap()) {
    for (const GroupNote& note : groups_)
      if (mine(note)) record_group(note);
    return;
  }
  if (checkup_.has(feature::backup_super))
    for (u32 i = 0; i < geometry.backup_supers(); ++i)
      clusters.claim(geometry.cluster_of(geometry.backup_super_block(i)), 1);
}

/// How many groups the chains once had beyond those that are known, as far as the numbers of the chains and
/// the total of the inode agree about that.
u64 AllocatorCheck::missing_groups() {
  if (blank_) return checkup_.geometry().clusters;
  const u32 group_bits = group_clusters_ * bits_per_cluster_;
  u64 missing = 0, known = 0;
  for (u32 chain = 0; chain < first_chains_.size(); ++chain) {
    u64 bits = 0;
    for (const GroupNote& note : groups_)
      if (mine(note) && note.chain == chain) bits += group_bits;
    known += bits;
    const u64 total = first_chains_[chain].total;
    if (total > bits) missing += (total - bits) / group_bits;
  }
  const auto inode = look_inode();
  const u64 total = inode ? u64{(*inode)->bitmap.total} : 0;
  return std::min(missing, total > known ? (total - known) / group_bits : 0);
}

bool AllocatorCheck::take_lost_group(ConstBytes bytes, BlockNo block) {
  const auto& descriptor = as<GroupDescriptor>(bytes);
  if (!matches(descriptor.signature, GroupDescriptor::signature_text) || descriptor.block != block.value ||
      descriptor.generation != checkup_.facts().generation || descriptor.parent_inode != inode_.value ||
      others_.owners.contains(block))
    return false;
  if (find(block) != nullptr) return false;
  GroupNote note = read_note(block, look_group({.block = block}));
  note.next = BlockNo();
  examine_quietly(note);
  groups_.insert(std::ranges::lower_bound(groups_, block, {}, &GroupNote::block), note);
  record_group(note);
  return true;
}

/// Looks at the first block of every cluster that is allocated for nobody so far.
void AllocatorCheck::find_lost_groups() {
  const Geometry& geometry = checkup_.geometry();
  const u32 block_size = geometry.block_size();
  const ClusterNo end(geometry.clusters);
  std::vector<u8> buffer(u64{scan_batch} * block_size);
  u64 missing = missing_groups();
  for (ClusterNo at; missing > 0 && at < end;) {
    std::vector<ReadRequest> requests;
    std::vector<BlockNo> blocks;
    while (requests.size() < scan_batch && at < end) {
      const BitRun run = checkup_.survey.clusters.next_unclaimed(at, end);
      at = ClusterNo(run.first);
      for (u64 i = 0; i < run.count && requests.size() < scan_batch; ++i, ++at) {
        blocks.push_back(geometry.first_block_of(at));
        requests.push_back({geometry.byte_of(blocks.back()),
                            Bytes(buffer).subspan(requests.size() * block_size, block_size)});
      }
    }
    checkup_.volume.device().read_many(requests);
    for (std::size_t i = 0; i < requests.size() && missing > 0; ++i)
      if (requests[i].error == 0 && take_lost_group(requests[i].into, blocks[i])) --missing;
    checkup_.reporter.progress(at.value, end.value);
    if (checkup_.reporter.interrupted()) fail(ErrorKind::interrupted, "interrupted");
  }
}

std::vector<GroupNote*> AllocatorCheck::unlinked() {
  std::vector<GroupNote*> found;
  for (GroupNote& note : groups_)
    if (note.on_chain == GroupNote::not_linked && note.readable && mine(note)) found.push_back(&note);
  return found;
}

bool AllocatorCheck::ask_to_link(std::span<GroupNote* const> groups) {
  const auto gone = std::ranges::count_if(groups, [this](const GroupNote* note) { return !trusted(*note); });
  std::string words = block_words(std::vector<const GroupNote*>(groups.begin(), groups.end()));
  if (gone > 0)
    words += fmt::format("; {} of them {} no descriptor any more, to be made anew from what is in use", gone,
                         gone == 1 ? "is" : "are");
  const Problem& problem = global_bitmap() ? problem::GROUP_EXPECTED_DESC : problem::GROUP_LOST;
  return checkup_.examiner.resolve(problem, {.inode = inode_, .count = groups.size(), .detail = words});
}

void AllocatorCheck::link_unlinked() {
  if (hopeless_) return;
  std::vector<GroupNote*> asked;
  for (GroupNote* note : unlinked()) {
    const bool has_chain = trusted(*note) && note->chain < first_chains_.size();
    if (has_chain && broken_.contains(note->chain)) continue;
    if (blank_ || (has_chain && mended_.contains(note->chain)))
      link(*note);
    else if (global_bitmap() || !has_chain || first_chains_[note->chain].block != 0)
      asked.push_back(note);
  }
  if (asked.empty()) return;
  if (ask_to_link(asked)) {
    for (GroupNote* note : asked) link(*note);
    return;
  }
  for (const GroupNote* note : asked) broken_.insert(note->chain);
}

/// The chain that a group names, or the shortest. An allocator made anew deals its groups to all chains, as
/// mkfs and the kernel do.
u32 AllocatorCheck::chain_for(const GroupNote& note) {
  const std::vector<ChainRecord> now = chains();
  if (!blank_ && trusted(note) && note.chain < now.size()) return note.chain;
  if (now.empty() || (blank_ && now.size() < checkup_.geometry().chain_records_per_inode())) {
    look_inode()->mend().chains.used = static_cast<u16>(now.size() + 1);
    return static_cast<u32>(now.size());
  }
  const auto shortest =
      std::ranges::min_element(now, {}, [](const ChainRecord& record) -> u32 { return record.total; });
  return static_cast<u32>(shortest - now.begin());
}

/// Puts a group at the head of a chain.
void AllocatorCheck::link(GroupNote& note) {
  const u32 chain = chain_for(note);
  if (!trusted(note)) rebuild(note, chain, lost_descriptor(note, chain));
  GroupDescriptor& descriptor = edit_group(note);
  ChainRecord& record = edit_chain(chain);
  descriptor.next_group = record.block;
  descriptor.chain = static_cast<u16>(chain);
  record.block = note.block.value;
  record.total += place_of(note, chain).bits();  // compare_chains() settles it
  note.chain = static_cast<u16>(chain);
  note.on_chain = chain;
  mended_.insert(chain);
  if (!global_bitmap()) others_.owners.emplace(note.block, inode_);
  (void)examine_rest(note, chain);
  checkup_.settle();
}

void AllocatorCheck::move_last_chain_to(u32 chain) {
  const u32 last = static_cast<u32>(chains().size()) - 1;
  if (last != chain) edit_chain(chain) = edit_chain(last);
  edit_chain(last) = {};
  look_inode()->mend().chains.used = static_cast<u16>(last);
  for (GroupNote& note : groups_) {
    if (note.on_chain != last || last == chain) continue;
    edit_group(note).chain = static_cast<u16>(chain);
    note.on_chain = chain;
    note.chain = static_cast<u16>(chain);
  }
  mended_.insert(chain);
}

void AllocatorCheck::fill_empty_chain(u32 chain) {
  std::vector<GroupNote*> lost;
  for (GroupNote* note : unlinked())
    if (note->chain == chain) lost.push_back(note);
  if (!mended_.contains(chain)) {
    const std::string words = lost.empty()
                                  ? "no group of it can be found"
                                  : "its groups were found at " +
                                        block_words(std::vector<const GroupNote*>(lost.begin(), lost.end()));
    if (!checkup_.examiner.resolve(problem::CHAIN_EMPTY,
                                   {.inode = inode_, .index = chain, .detail = words})) {
      broken_.insert(chain);
      return;
    }
  }
  mended_.insert(chain);
  for (GroupNote* note : lost) link(*note);
  if (lost.empty()) move_last_chain_to(chain);
}

/// From the last to the first: what moves into a hole is no hole.
void AllocatorCheck::fill_empty_chains() {
  const std::vector<ChainRecord> now = chains();
  for (u32 chain = static_cast<u32>(now.size()); chain-- > 0;)
    if (now[chain].block == 0 && !broken_.contains(chain)) fill_empty_chain(chain);
}

void AllocatorCheck::compare_chains() {
  const std::vector<ChainRecord> now = chains();
  std::vector<u64> total(now.size()), free(now.size());
  for (const GroupNote& note : groups_) {
    if (note.on_chain >= now.size()) continue;
    total[note.on_chain] += place_of(note, note.on_chain).bits();
    free[note.on_chain] += note.free;
  }
  for (u32 chain = 0; chain < now.size(); ++chain) {
    if (broken_.contains(chain) || (now[chain].total == total[chain] && now[chain].free == free[chain]))
      continue;
    const std::string words = fmt::format("{} of them free, while its record says {}, {} of them free",
                                          free[chain], u32{now[chain].total}, u32{now[chain].free});
    const Facts facts{.inode = inode_, .expected = total[chain], .index = chain, .detail = words};
    if (!mended_.contains(chain) && !checkup_.examiner.resolve(problem::CHAIN_BITS, facts)) continue;
    ChainRecord& record = edit_chain(chain);
    record.total = static_cast<u32>(total[chain]);
    record.free = static_cast<u32>(free[chain]);
  }
}

void AllocatorCheck::compare_totals() {
  if (!broken_.empty() || hopeless_) return;
  u64 total = 0, free = 0;
  for (const GroupNote& note : groups_) {
    if (note.on_chain == GroupNote::not_linked) continue;
    total += place_of(note, note.on_chain).bits();
    free += note.free;
  }
  auto inode = look_inode();
  if (!inode) return;
  const u64 clusters = total / bits_per_cluster_;
  TotalsPlace at{inode_, total, total - free, clusters, clusters * checkup_.geometry().cluster_size(), {}};
  if (!mended_.empty()) {
    inode->mend().bitmap.total = static_cast<u32>(total);
    inode->mend().bitmap.used = static_cast<u32>(total - free);
    inode->mend().clusters = static_cast<u32>(clusters);
    inode->mend().size = at.bytes;
    return;
  }
  at.name = "there";
  run_checks(total_check, *inode, at, checkup_.examiner);
  at.name = "in use";
  run_checks(used_check, *inode, at, checkup_.examiner);
  if (!size_told_) run_checks(size_checks, *inode, at, checkup_.examiner);
}

void AllocatorCheck::complete() {
  if (!global_bitmap()) find_lost_groups();
  link_unlinked();
  if (!global_bitmap()) fill_empty_chains();
  compare_chains();
  compare_totals();
  checkup_.settle();
}

}  // namespace ocfs2
