// SPDX-License-Identifier: GPL-2.0-or-later
//
// The end of pass 1: what bitmaps call used, against what is in use. One question for each group and
// direction. While other faults are left, something may be in use that was not understood: then bits are set
// but none is cleared.
#include <fmt/format.h>

#include <algorithm>

#include "engine/check/checkup.h"
#include "engine/check/group_check.h"
#include "engine/check/problems/bitmaps.h"
#include "ondisk/records.h"

namespace ocfs2 {
namespace {

constexpr std::size_t words_max = 6;

/// "7, 9 to 12 and 20", or the first six ranges and how many more; `base` is what bit 0 stands for.
std::string range_words(std::span<const BitRun> runs, u64 base) {
  std::string words;
  for (std::size_t i = 0; i < std::min(runs.size(), words_max); ++i) {
    const u64 first = base + runs[i].first;
    words += i == 0 ? "" : i + 1 == runs.size() ? " and " : ", ";
    words += runs[i].count == 1 ? fmt::format("{}", first)
                                : fmt::format("{} to {}", first, first + runs[i].count - 1);
  }
  if (runs.size() > words_max) words += fmt::format(", and {} more ranges", runs.size() - words_max);
  return words;
}

u64 bits_in(std::span<const BitRun> runs) {
  u64 bits = 0;
  for (const BitRun& run : runs) bits += run.count;
  return bits;
}

u32 moved(u32 value, s64 by, u64 most) {
  return static_cast<u32>(std::clamp<s64>(s64{value} + by, 0, static_cast<s64>(most)));
}

/// A group whose bits are to be changed, and all numbers that count them.
class BitMender {
 public:
  BitMender(Checkup& checkup, InodeNo allocator, BlockNo group)
      : checkup_(checkup),
        allocator_(allocator),
        group_(checkup.source.look<GroupDescriptor>(group, allocator)) {}

  /// False for what is no descriptor of this allocator (any more): it must not be touched.
  bool sound() const {
    return group_ && matches((*group_)->signature, GroupDescriptor::signature_text) &&
           (*group_)->block == group_->block().value && (*group_)->generation == checkup_.facts().generation;
  }
  bool test(u64 bit) const { return test_bit(group_bitmap(group_->bytes(), (*group_)->bits), bit); }

  void change(std::span<const BitRun> runs, bool used) {
    GroupDescriptor& group = group_->mend();
    const Bytes bitmap = group_bitmap(group_->mend_bytes(), group.bits);
    for (const BitRun& run : runs)
      used ? set_bits(bitmap, run.first, run.first + run.count)
           : clear_bits(bitmap, run.first, run.first + run.count);
    const s64 before = group.free_bits;
    group.free_bits = static_cast<u16>(count_clear_bits(bitmap, 0, group.bits));
    group.contig_free_bits = 0;
    count(group.chain, s64{group.free_bits} - before);
    checkup_.settle();
  }

 private:
  void count(u32 chain, s64 freed) {
    auto inode = checkup_.source.look<Inode>(block_of(allocator_), allocator_);
    if (!inode || freed == 0) return;
    const auto chains = records_in<ChainRecord>(inode->mend_bytes(), Inode::body_offset + sizeof(ChainList),
                                                checkup_.geometry().chain_records_per_inode());
    if (chain < chains.size()) chains[chain].free = moved(chains[chain].free, freed, chains[chain].total);
    BitmapTotals& totals = inode->mend().bitmap;
    totals.used = moved(totals.used, -freed, totals.total);
  }

  Checkup& checkup_;
  InodeNo allocator_;
  std::optional<Patient<GroupDescriptor>> group_;
};

struct Difference {
  const Problem& problem;
  InodeNo allocator;
  BlockNo group;
  std::string_view words;  ///< what is so with these bits
  bool used;               ///< what they should be
};

bool may_clear(const Checkup& checkup) { return checkup.examiner.total().left() == 0; }

/// True when the bits are what they should be now.
bool resolve(Checkup& checkup, const Difference& difference, std::span<const BitRun> runs,
             std::string detail) {
  if (runs.empty()) return false;
  Facts facts{.inode = difference.allocator, .block = difference.group, .count = bits_in(runs)};
  facts.name = difference.words;
  facts.detail = detail;
  if (!difference.used && !may_clear(checkup))
    return checkup.examiner.report(difference.problem, facts), false;
  if (!checkup.examiner.resolve(difference.problem, facts)) return false;
  BitMender mender(checkup, difference.allocator, difference.group);
  if (!mender.sound()) return checkup.examiner.could_not_mend(difference.problem), false;
  mender.change(runs, difference.used);
  return true;
}

struct LedgerWords {
  const Problem& problem;
  std::string_view stray, missing;
};

/// The bits of a group that are allocated or claimed, but not both.
std::vector<BitRun> differing_bits(const BlockLedger& blocks, u32 group, bool claimed) {
  std::vector<BitRun> runs;
  for (u32 bit = 0; bit < blocks.groups()[group].bits; ++bit) {
    const BlockLedger::Spot spot = blocks.spot(group, bit);
    if (blocks.claimed(spot) != claimed || blocks.allocated(spot) == claimed) continue;
    if (!runs.empty() && runs.back().first + runs.back().count == bit)
      ++runs.back().count;
    else
      runs.push_back({bit, 1});
  }
  return runs;
}

/// The same bits as blocks: what people can look up.
std::vector<BitRun> blocks_of(const BlockLedger& blocks, u32 group, std::span<const BitRun> bits) {
  std::vector<BitRun> runs;
  for (const BitRun& run : bits) {
    for (u64 bit = run.first; bit < run.first + run.count; ++bit) {
      const u64 block = blocks.block_of(blocks.spot(group, static_cast<u32>(bit))).value;
      if (!runs.empty() && runs.back().first + runs.back().count == block)
        ++runs.back().count;
      else
        runs.push_back({block, 1});
    }
  }
  return runs;
}

/// A group that was made anew gets the bits that it must have: part of the repair that made it.
void settle_rebuilt(Checkup& checkup, InodeNo allocator, BlockNo group, std::span<const BitRun> bits,
                    bool used) {
  if (checkup.mender == nullptr || bits.empty() || (!used && !may_clear(checkup))) return;
  BitMender mender(checkup, allocator, group);
  if (mender.sound()) mender.change(bits, used);
}

/// Whether nothing but damaged indexes had these blocks: then they are given back without a question.
bool all_forsaken(const Checkup& checkup, std::span<const BitRun> blocks) {
  return may_clear(checkup) && std::ranges::all_of(blocks, [&](const BitRun& run) {
           for (u64 block = run.first; block < run.first + run.count; ++block)
             if (!checkup.survey.forsaken_metadata.contains(block)) return false;
           return true;
         });
}

void check_ledger(Checkup& checkup, BlockLedger& blocks, const LedgerWords& words) {
  for (u32 group = 0; group < blocks.groups().size(); ++group) {
    for (const bool used : {true, false}) {
      const std::vector<BitRun> bits = differing_bits(blocks, group, used);
      const LedgerGroup& place = blocks.groups()[group];
      const bool follows = !used && all_forsaken(checkup, blocks_of(blocks, group, bits));
      if (follows || checkup.survey.rebuilt_groups.contains(place.descriptor.value)) {
        settle_rebuilt(checkup, place.allocator, place.descriptor, bits, used);
        continue;
      }
      resolve(checkup,
              {words.problem, place.allocator, place.descriptor, used ? words.missing : words.stray, used},
              bits, range_words(blocks_of(blocks, group, bits), 0));
    }
  }
}

/// Claimed clusters of a group that its bitmap calls free.
std::vector<BitRun> missing_clusters(Checkup& checkup, InodeNo bitmap, BlockNo group, ClusterNo first,
                                     ClusterNo end) {
  std::vector<BitRun> missing;
  const ClusterLedger& clusters = checkup.survey.clusters;
  BitRun run = clusters.next_unexpected(first, end);
  if (run.count == 0) return missing;
  const BitMender now(checkup, bitmap, group);
  if (!now.sound()) return missing;
  for (; run.count != 0; run = clusters.next_unexpected(ClusterNo(run.first + run.count), end)) {
    for (u64 cluster = run.first; cluster < run.first + run.count; ++cluster) {
      const u64 bit = cluster - first.value;
      if (now.test(bit)) continue;  // claimed twice: resolve_duplicates knows it
      if (!missing.empty() && missing.back().first + missing.back().count == bit)
        ++missing.back().count;
      else
        missing.push_back({bit, 1});
    }
  }
  return missing;
}

std::vector<BitRun> stray_clusters(const ClusterLedger& clusters, ClusterNo first, ClusterNo end) {
  std::vector<BitRun> stray;
  for (BitRun run = clusters.next_unclaimed(first, end); run.count != 0;
       run = clusters.next_unclaimed(ClusterNo(run.first + run.count), end))
    stray.push_back({run.first - first.value, run.count});
  return stray;
}

/// The same for clusters from `first` on.
bool all_forsaken(const Checkup& checkup, ClusterNo first, std::span<const BitRun> stray) {
  return may_clear(checkup) && std::ranges::all_of(stray, [&](const BitRun& run) {
           const u64 begin = first.value + run.first;
           return checkup.survey.forsaken_clusters.next_run(begin, begin + run.count) ==
                  BitRun{begin, run.count};
         });
}

void check_clusters(Checkup& checkup, InodeNo bitmap) {
  const Geometry& geometry = checkup.geometry();
  for (u32 index = 0; index < geometry.cluster_groups(); ++index) {
    const BlockNo group = geometry.cluster_group_block(index);
    const ClusterNo first(u64{index} * geometry.clusters_per_group());
    const ClusterNo end = first + geometry.clusters_in_group(index);
    const std::vector<BitRun> stray = stray_clusters(checkup.survey.clusters, first, end);
    const bool follows = all_forsaken(checkup, first, stray);
    const bool rebuilt = checkup.survey.rebuilt_groups.contains(group.value);
    if (follows || rebuilt) settle_rebuilt(checkup, bitmap, group, stray, false);
    if (rebuilt) continue;
    const std::vector<BitRun> missing = missing_clusters(checkup, bitmap, group, first, end);
    if (resolve(checkup, {problem::CLUSTER_ALLOC_BIT, bitmap, group, "are in use but marked free", true},
                missing, range_words(missing, first.value)))
      for (const BitRun& run : missing) checkup.survey.clusters.allow({first.value + run.first, run.count});
    if (follows) continue;
    resolve(checkup,
            {problem::CLUSTER_ALLOC_BIT, bitmap, group, "are marked used but belong to nothing", false},
            stray, range_words(stray, first.value));
  }
}

}  // namespace

void check_bitmaps(Checkup& checkup) {
  check_ledger(checkup, checkup.survey.inode_blocks,
               {problem::INODE_ALLOC_REPAIR, "are marked used but hold no inode in use",
                "hold inodes in use but are marked free"});
  check_ledger(checkup, checkup.survey.metadata_blocks,
               {problem::METADATA_ALLOC_BIT, "are marked used but nothing refers to them",
                "are in use but marked free"});
  if (const auto bitmap = checkup.survey.system.find(SystemFile::global_bitmap))
    check_clusters(checkup, *bitmap);
}

}  // namespace ocfs2
