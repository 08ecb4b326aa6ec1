// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/inode_check.h"

#include "engine/check/check.h"
#include "engine/check/checkup.h"
#include "engine/check/duplicates.h"
#include "engine/check/problems/inodes.h"
#include "engine/check/xattr_check.h"
#include "ondisk/index.h"
#include "ondisk/refcount.h"

namespace ocfs2 {
namespace {

constexpr u32 nanoseconds = 1'000'000'000;
constexpr u32 system_flags = inode_flag::system | inode_flag::super_block | inode_flag::local_alloc |
                             inode_flag::bitmap | inode_flag::journal | inode_flag::heartbeat |
                             inode_flag::chain | inode_flag::truncate_log | inode_flag::quota;

struct InodeAt {
  BlockNo block;
  const InodePlace& place;
  const VolumeFacts& volume;
  Facts facts() const { return {.inode = inode_at(block), .block = block}; }
  bool is_root() const { return inode_at(block) == place.root; }
};

using InodeCheck = Check<Inode, InodeAt>;

/// An inode of a slot's allocator is a user's; system files come from the global one, the superblock from
/// none.
u32 flags_that_fit(const Inode& inode, const InodeAt& at) {
  return inode.flags & ~(at.place.slot() == no_slot ? inode_flag::super_block : system_flags);
}

bool orphan_slots_exist(const Inode& inode, const InodeAt& at) {
  const u32 slots = at.volume.max_slots;
  return (!inode.has_flag(inode_flag::orphaned) || inode.orphaned_slot < slots) &&
         (!inode.has_flag(inode_flag::dio_orphaned) || inode.dio_orphaned_slot < slots);
}

bool has_first_union(const Inode& inode) { return inode.has_flag(inode_flag::system) || inode.is_device(); }

constexpr InodeCheck head_checks[] = {
    {.problem = problem::INODE_BLKNO,
     .found = [](const Inode& inode, const InodeAt&) -> u64 { return inode.block; },
     .expected = [](const Inode&, const InodeAt& at) { return at.block.value; },
     .mend = [](Inode& inode, u64 block, const InodeAt&) { inode.block = block; }},
    {.problem = problem::INODE_NZ_DTIME,
     .found = [](const Inode& inode, const InodeAt&) -> u64 { return inode.dtime; },
     .expected = [](const Inode&, const InodeAt&) -> u64 { return 0; },
     .mend = [](Inode& inode, u64, const InodeAt&) { inode.dtime = 0; }},
    {.problem = problem::INODE_FLAGS,
     .found = [](const Inode& inode, const InodeAt&) -> u64 { return inode.flags; },
     .expected = [](const Inode& inode, const InodeAt& at) -> u64 { return flags_that_fit(inode, at); },
     .mend = [](Inode& inode, u64 flags, const InodeAt&) { inode.flags = static_cast<u32>(flags); }},
    {.problem = problem::ORPHAN_SLOT,
     .found = [](const Inode& inode, const InodeAt& at) -> u64 {
       return orphan_slots_exist(inode, at) ? 0 : std::max<u32>(inode.orphaned_slot, inode.dio_orphaned_slot);
     },
     .expected = [](const Inode&, const InodeAt&) -> u64 { return 0; },
     .mend =
         [](Inode& inode, u64, const InodeAt& at) {
           if (inode.orphaned_slot >= at.volume.max_slots) inode.flags &= ~inode_flag::orphaned;
           if (inode.dio_orphaned_slot >= at.volume.max_slots) inode.flags &= ~inode_flag::dio_orphaned;
         }},
    {.problem = problem::INODE_TIME,
     .found = [](const Inode& inode, const InodeAt&) -> u64 {
       return std::max(
           {u32{inode.atime_nsec}, u32{inode.ctime_nsec}, u32{inode.mtime_nsec}, nanoseconds - 1});
     },
     .expected = [](const Inode&, const InodeAt&) -> u64 { return nanoseconds - 1; },
     .mend = [](Inode& inode, u64,
                const InodeAt&) { inode.atime_nsec = inode.ctime_nsec = inode.mtime_nsec = 0; }},
    {.problem = problem::INODE_ID1,
     .found = [](const Inode& inode, const InodeAt&) -> u64 {
       return has_first_union(inode) ? 0 : u64{inode.device};
     },
     .expected = [](const Inode&, const InodeAt&) -> u64 { return 0; },
     .mend = [](Inode& inode, u64, const InodeAt&) { inode.device = 0; }},
};

/// Slot, bit and group as one number each would be three questions about one fault.
void examine_origin(Patient<Inode>& inode, const InodePlace& place, Examiner& examiner) {
  const BlockNo group = place.group();
  const bool group_right = inode->suballoc_group == 0 || inode->suballoc_group == group.value;
  if (inode->suballoc_slot == place.slot() && inode->suballoc_bit == place.spot.bit && group_right) return;
  Facts facts{.inode = inode_at(inode.block()), .block = inode.block()};
  if (inode->suballoc_slot != place.slot()) {
    facts.name = "slot", facts.found = inode->suballoc_slot, facts.expected = place.slot();
  } else if (inode->suballoc_bit != place.spot.bit) {
    facts.name = "bit", facts.found = inode->suballoc_bit, facts.expected = place.spot.bit;
  } else {
    facts.name = "group", facts.found = inode->suballoc_group, facts.expected = group.value;
  }
  if (!examiner.resolve(problem::INODE_SUBALLOC, facts)) return;
  Inode& mended = inode.mend();
  mended.suballoc_slot = place.slot();
  mended.suballoc_bit = static_cast<u16>(place.spot.bit);
  mended.suballoc_group = group.value;
}

bool known_type(const Inode& inode) { return entry_type_of(inode.mode) != EntryType::unknown; }

/// Whether the body begins like the entries of a directory: "." naming the inode itself.
bool holds_entries(Patient<Inode>& inode, BlockSource& source) {
  const auto begins_with_dot = [&](ConstBytes area) {
    return is_entry(area, 0) && as<DirectoryEntry>(area).inode == inode.block().value &&
           as<DirectoryEntry>(area).name_length == 1 && area[DirectoryEntry::header_bytes] == '.';
  };
  const ConstBytes body = Inode::body(inode.bytes());
  if (inode->has_dynamic(dynamic_feature::inline_data))
    return begins_with_dot(body.subspan(sizeof(InlineData)));
  BlockNo next(as<ExtentRecord>(body.subspan(sizeof(ExtentList))).block);
  if (as<ExtentList>(body).used == 0) return false;
  for (u32 depth = as<ExtentList>(body).tree_depth; depth > 0 && depth <= ExtentList::depth_max; --depth) {
    const auto node = source.look<ExtentBlock>(next, inode_at(inode.block()));
    if (!node) return false;
    next =
        BlockNo(as<ExtentRecord>(node->bytes().subspan(ExtentBlock::list_offset + sizeof(ExtentList))).block);
  }
  const auto block = source.look<PlainDirectoryBlock>(next, inode_at(inode.block()));
  return block && begins_with_dot(block->bytes());
}

/// False when the inode was cleared.
bool examine_type(Patient<Inode>& inode, const InodePlace& place, Examiner& examiner, BlockSource& source) {
  const InodeNo number = inode_at(inode.block());
  const bool root = number == place.root;
  if (known_type(*inode) && !(root && !inode->is_directory())) return true;
  const bool directory = holds_entries(inode, source);
  Facts facts{.inode = number, .block = inode.block(), .found = inode->mode};
  facts.detail = directory ? "a directory" : "a regular file";
  if (root && !directory) {
    if (!examiner.resolve(problem::ROOT_NOTDIR_EMPTY, facts)) return true;
    return clear_inode(inode, place.now_seconds), false;
  }
  if (!examiner.resolve(root ? problem::ROOT_NOTDIR : problem::INODE_MODE, facts)) return true;
  const u16 permissions = inode->mode & 07777;
  const u16 usual = directory ? 0755 : 0600;
  const int type = directory ? file_mode::directory : file_mode::regular;
  const auto mode = static_cast<u16>(type | (permissions != 0 ? permissions : usual));
  inode.uncover([mode](Inode& changed) { changed.mode = mode; });
  return true;
}

void examine_refcount_mark(Patient<Inode>& inode, Examiner& examiner, BlockSource& source) {
  const bool marked = inode->has_dynamic(dynamic_feature::has_refcount);
  const bool possible = source.facts().features.has(feature::refcount) && inode->is_regular() &&
                        !inode->has_flag(inode_flag::system);
  const Facts facts{.inode = inode_at(inode.block()), .block = inode.block(), .found = inode->refcount_root};
  if (marked && (!possible || inode->refcount_root == 0)) {
    if (!examiner.resolve(problem::REFCOUNT_FLAG_INVALID, facts)) return;
    inode.mend().dynamic_features &= static_cast<u16>(~dynamic_feature::has_refcount);
    inode.mend().refcount_root = 0;
  } else if (!marked && inode->refcount_root != 0) {
    const auto tree =
        possible ? source.look<RefcountBlock>(BlockNo(inode->refcount_root), facts.inode) : std::nullopt;
    const bool real = tree && matches((*tree)->signature, RefcountBlock::signature_text) &&
                      !(*tree)->is_leaf() && (*tree)->block == inode->refcount_root &&
                      (*tree)->fs_generation == source.facts().generation;
    if (!examiner.resolve(real ? problem::REFCOUNT_FLAG_LOST : problem::REFCOUNT_LOC_INVALID, facts)) return;
    if (real)
      inode.mend().dynamic_features |= dynamic_feature::has_refcount;
    else
      inode.mend().refcount_root = 0;
  }
}

void examine_index_mark(Patient<Inode>& inode, Examiner& examiner) {
  const bool marked = inode->has_dynamic(dynamic_feature::indexed_dir);
  const bool can_have =
      (inode->is_directory() || !known_type(*inode)) && !inode->has_dynamic(dynamic_feature::inline_data);
  if (marked == (inode->index_root != 0) && (!marked || can_have)) return;
  const Facts facts{.inode = inode_at(inode.block()), .block = inode.block(), .found = inode->index_root};
  if (!examiner.resolve(problem::INDEX_FLAG, facts)) return;
  Inode& mended = inode.mend();
  mended.dynamic_features &= static_cast<u16>(~dynamic_feature::indexed_dir);
  mended.index_root = 0;
}

/// An inode block that says it is free, or nothing known. True when it is an inode in use after all.
bool examine_life(Patient<Inode>& inode, const InodePlace& place, Examiner& examiner, BlockSource& source) {
  const bool allocated = place.ledger.allocated(place.spot);
  const bool signed_ = matches(inode->signature, Inode::signature_text);
  const bool same_volume = inode->fs_generation == source.facts().generation;
  const bool here = inode->block == inode.block().value;
  const Facts facts{.inode = inode_at(inode.block()),
                    .block = inode.block(),
                    .found = inode->fs_generation,
                    .expected = source.facts().generation};
  if (!signed_) {
    if (!allocated || !here || !same_volume || !inode->has_flag(inode_flag::valid)) return false;
    if (!examiner.resolve(problem::INODE_SIGNATURE, facts)) return true;
    stamp(inode.mend().signature, Inode::signature_text);
    return true;
  }
  if (!same_volume) {
    if (!place.stale_generations || !inode->has_flag(inode_flag::valid) || !allocated) return false;
    const Problem* const remedies[] = {&problem::INODE_GEN, &problem::INODE_GEN_FIX};
    const auto remedy = examiner.choose(remedies, facts);
    if (remedy == 0u) clear_inode(inode, place.now_seconds);
    if (remedy != 1u) return false;
    inode.mend().fs_generation = source.facts().generation;
    return true;
  }
  // Only system files come from the global allocator, and those that were found are marked as such by now.
  if (place.slot() == no_slot && !(here && inode->has_flag(inode_flag::system))) return false;
  if (inode->has_flag(inode_flag::valid)) return true;
  if (place.slot() == no_slot || !allocated || !here || inode->dtime != 0 || inode->links() == 0 ||
      !known_type(*inode))
    return false;
  if (examiner.resolve(problem::INODE_VALID_LOST, facts))
    inode.uncover([](Inode& changed) { changed.flags |= inode_flag::valid; });
  return true;
}

InodeFact fact_of(const Inode& inode, BlockNo block) {
  return {.inode = inode_at(block),
          .links = inode.links(),
          .type = entry_type_of(inode.mode),
          .system = inode.has_flag(inode_flag::system),
          .orphaned = inode.has_flag(inode_flag::orphaned),
          .dio_orphaned = inode.has_flag(inode_flag::dio_orphaned)};
}

u64 total(std::span<const BitRun> runs) {
  u64 sum = 0;
  for (const BitRun& run : runs) sum += run.count;
  return sum;
}

/// What the quota files must say of the inode (spec: ondisk.md 11.5). `attached` are clusters of attributes
/// and index.
void harvest_usage(const Inode& inode, const InodePlace& place, BlockNo block, u64 attached,
                   const VolumeFacts& volume, Harvest& harvest) {
  if (!volume.features.has(feature::usrquota) && !volume.features.has(feature::grpquota)) return;
  const u32 cluster_bits = volume.geometry.cluster_bits;
  if (inode.has_flag(inode_flag::system) && inode_at(block) != place.root) return;
  for (Usage* usage : {&harvest.users[inode.uid], &harvest.groups[inode.gid]}) {
    usage->space += u64{inode.clusters} << cluster_bits;
    usage->unsure += attached << cluster_bits;
    ++usage->inodes;
  }
}

void count_inode(const Inode& inode, const DataForm& form, InodeStatistics& statistics) {
  ++statistics.by_type[static_cast<u8>(entry_type_of(inode.mode))];
  ++statistics.by_depth[std::min<std::size_t>(form.depth, statistics.by_depth.size() - 1)];
  statistics.reflinked += inode.refcount_root != 0;
  if (!form.in_inode) return;
  statistics.fast_symlinks += inode.is_symlink();
  statistics.inline_directories += inode.is_directory();
  statistics.inline_files += inode.is_regular();
}

/// Whether others claim what the attributes do. Then these are not mended there, but given up in pass 1d.
bool lie_in_others(Patient<Inode>& inode, const InodePlace& place, BlockSource& source) {
  if (place.others == nullptr) return false;
  Examiner triage;
  Harvest claims;
  examine_attributes(inode, triage, source, claims);
  return meets_other_claims(*place.others, claims);
}

void examine_attached(Patient<Inode>& inode, const InodePlace& place, Examiner& examiner, BlockSource& source,
                      Harvest& harvest) {
  const bool attributes =
      (inode->dynamic_features & (dynamic_feature::has_xattr | dynamic_feature::inline_xattr)) != 0 ||
      inode->xattr_block != 0;
  Examiner triage;
  if (attributes)
    examine_attributes(inode, lie_in_others(inode, place, source) ? triage : examiner, source, harvest);
  if (!inode->is_directory()) return;
  if (harvest.directories.empty() || block_of(harvest.directories.back().inode) != inode.block()) return;
  DirectoryFact& directory = harvest.directories.back();
  if (inode->index_root != 0 && inode->has_dynamic(dynamic_feature::indexed_dir))
    examine_index_tree(inode, directory, examiner, source, harvest);
}

}  // namespace

void clear_inode(Patient<Inode>& inode, u64 now_seconds) {
  Inode& mended = inode.mend();
  mended.flags &= ~inode_flag::valid;
  mended.dtime = now_seconds;
}

void examine_inode_block(Patient<Inode>& inode, const InodePlace& place, Examiner& examiner,
                         BlockSource& source, Harvest& harvest) {
  if (!examine_life(inode, place, examiner, source)) return;
  const InodeNo number = inode_at(inode.block());
  examine_checksum(inode, number, examiner);
  run_checks(head_checks, inode, InodeAt{inode.block(), place, source.facts()}, examiner);
  examine_origin(inode, place, examiner);
  if (!examine_type(inode, place, examiner, source)) return;
  examine_refcount_mark(inode, examiner, source);
  examine_index_mark(inode, examiner);
  examine_attribute_area(inode, examiner);
  const DataForm form = examine_data(inode, place, examiner, source, harvest);
  if (form.cleared) return;
  const std::size_t data_runs = harvest.clusters.size(), data_shared = harvest.shared.size();
  examine_attached(inode, place, examiner, source, harvest);
  u64 attached = total(std::span(harvest.clusters).subspan(data_runs));
  for (const SharedRun& run : std::span(harvest.shared).subspan(data_shared)) attached += run.clusters;
  if (examiner.triage() && examiner.sick()) return;
  harvest.inodes.push_back(fact_of(*inode, inode.block()));
  if (inode->refcount_root != 0) harvest.tree_users.push_back({BlockNo(inode->refcount_root), number});
  count_inode(*inode, form, harvest.statistics);
  harvest_usage(*inode, place, inode.block(), attached, source.facts(), harvest);
}

}  // namespace ocfs2
