// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/index_rebuild.h"

#include <algorithm>

#include "engine/check/directory_area.h"
#include "engine/check/engine_repair.h"
#include "engine/check/index_check.h"
#include "engine/check/problems/directories.h"
#include "engine/check/release.h"
#include "engine/volume/directory_rewrite.h"

namespace ocfs2 {
namespace {

u64 clusters_in(const Harvest& claims) {
  u64 sum = 0;
  for (const BitRun& run : claims.clusters) sum += run.count;
  return sum;
}

/// What may count for the owner of a directory follows its index (spec: ondisk.md 11.5).
void count_usage(Checkup& checkup, InodeNo directory, u64 old_clusters) {
  const auto inode = checkup.source.look<Inode>(block_of(directory), directory);
  if (!inode) return;
  const bool indexed = (*inode)->has_dynamic(dynamic_feature::indexed_dir);
  const u64 clusters =
      indexed ? clusters_in(walk_index(directory, BlockNo((*inode)->index_root), checkup.source).claims) : 0;
  const u32 bits = checkup.geometry().cluster_bits;
  for (Usage* usage : {&checkup.survey.users[(*inode)->uid], &checkup.survey.groups[(*inode)->gid]})
    usage->unsure += (clusters << bits) - std::min(old_clusters << bits, usage->unsure);
}

/// Looks again where the entries of a directory are.
void survey_layout(Checkup& checkup, DirectoryFact& directory) {
  const auto inode = checkup.source.look<Inode>(block_of(directory.inode), directory.inode);
  if (!inode) return;
  const bool indexed = (*inode)->has_dynamic(dynamic_feature::indexed_dir);
  directory.index = indexed ? BlockNo((*inode)->index_root) : BlockNo();
  directory.trailers = !directory.in_inode && (indexed || checkup.has(feature::metaecc));
  directory.rebuild_index = false;
}

/// What an index costs and brings nothing: when the entries leave a block or more for good.
bool can_be_smaller(Checkup& checkup, const DirectoryFact& directory) {
  u64 needed = 2 * DirectoryEntry::smallest, blocks = 0, area_bytes = 1;
  each_area(checkup.survey, directory, checkup.source, [&](EntryArea& area) {
    ++blocks;
    area_bytes = area.size;
    return true;
  });
  each_entry(checkup.survey, directory, checkup.source, [&](EntryArea& area, u32 at) {
    needed += DirectoryEntry::needed(area.entry(at).name_length);
    return true;
  });
  return divide_up(needed, area_bytes) < blocks;
}

u64 count_entries(Checkup& checkup, const DirectoryFact& directory) {
  u64 count = 2;
  each_entry(checkup.survey, directory, checkup.source, [&](EntryArea&, u32) { return ++count != 0; });
  return count;
}

/// Runs one of the rewrites; afterwards the survey agrees. False when it could not be done.
bool rewrite(Checkup& checkup, DirectoryFact& directory,
             const std::function<void(Transaction&, Space&)>& work) {
  const bool done = repair_as_one(checkup, DeviceErrors::end_the_repair, [&] {
    Space space(checkup.volume, 0);
    work(checkup.mender->transaction(), space);
  });
  survey_layout(checkup, directory);
  return done;
}

void compact(Checkup& checkup, DirectoryFact& directory) {
  if (directory.in_inode || directory.index_wrong) return;
  bool wanted = can_be_smaller(checkup, directory);
  if (directory.index.value == 0 && checkup.has(feature::indexed_dirs))
    wanted |= checkup.examiner.resolve(
        problem::DX_TREE_MISSING, {.inode = directory.inode, .count = count_entries(checkup, directory)});
  if (!wanted) return;
  rewrite(checkup, directory, [&](Transaction& transaction, Space& space) {
    compact_directory(transaction, space, directory.inode, OldIndex::give_back);
  });
}

/// Clusters that only indexes claim are nobody's when the last of these gives them up.
void withdraw_clusters(Survey& survey, const Harvest& claims) {
  for (const BitRun& run : claims.clusters)
    for (IndexDispute& dispute : survey.index_disputes) {
      const u64 first = dispute.clusters.first;
      if (first < run.first || first >= run.first + run.count || dispute.claims == 0) continue;
      if (--dispute.claims == 0) survey.clusters.settle(dispute.clusters);
    }
}

/// Blocks that one less claims.
void withdraw_blocks(Survey& survey, const Harvest& claims) {
  for (const MetadataClaim& claim : claims.metadata) {
    const auto others = std::ranges::equal_range(survey.disputed, claim.block, {}, &MetadataClaim::block);
    if (!others.empty()) survey.disputed.erase(others.begin());
  }
}

}  // namespace

bool renew_index(Checkup& checkup, DirectoryFact& directory) {
  const Harvest claims = directory.index_forsaken
                             ? Harvest()
                             : walk_index(directory.inode, directory.index, checkup.source).claims;
  const BlockNo old = directory.index;
  const bool possible = checkup.has(feature::indexed_dirs) && !directory.in_inode;
  const bool done = rewrite(checkup, directory, [&](Transaction& transaction, Space& space) {
    if (possible)
      rebuild_index(transaction, space, directory.inode, OldIndex::forget);
    else
      drop_index(transaction, space, directory.inode, OldIndex::forget);
  });
  // The old index leaves the directory first, and may have done so although there is no new one yet.
  if (old.value != 0 && (done || directory.index != old)) {
    Space space(checkup.volume, 0);
    withdraw_clusters(checkup.survey, claims);
    release(checkup, space, claims);
    withdraw_blocks(checkup.survey, claims);
    count_usage(checkup, directory.inode, clusters_in(claims));
    directory.index_forsaken = false;
  }
  directory.rebuild_index = !done;
  return done;
}

void renew_remaining_indexes(Checkup& checkup) {
  for (DirectoryFact& directory : checkup.survey.directories)
    if (directory.rebuild_index && checkup.mender != nullptr && !renew_index(checkup, directory))
      checkup.examiner.report(
          problem::DX_TREE_CORRUPT,
          {.inode = directory.inode, .block = directory.index, .detail = "it could not be made anew"});
}

void compact_directories(Checkup& checkup) {
  for (std::size_t i = 0; i < checkup.survey.directories.size(); ++i) {
    compact(checkup, checkup.survey.directories[i]);
    checkup.settle();
  }
}

}  // namespace ocfs2
