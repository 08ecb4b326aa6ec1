// SPDX-License-Identifier: GPL-2.0-or-later
//
// New system files for those that are gone. Only after pass 1, when bitmaps can be trusted to say what is
// free.
#include <fmt/format.h>

#include <algorithm>

#include "engine/check/inode_check.h"
#include "engine/check/problems/connectivity.h"
#include "engine/check/problems/system_files.h"
#include "engine/check/relink.h"
#include "engine/check/system_files.h"
#include "engine/volume/inode_life.h"
#include "ondisk/slot_map.h"

namespace ocfs2 {
namespace {

/// Each has a block of its own in the heartbeat file.
constexpr u32 heartbeat_nodes = 255;

/// As long as the longest of the others; the kernel wants all to be alike.
u32 journal_clusters(Checkup& checkup) {
  u64 clusters = checkup.geometry().clusters_for(journal_bytes_min);
  for (u32 slot = 0; slot < checkup.facts().max_slots; ++slot)
    if (const auto number = checkup.survey.system.find(SystemFile::journal, slot))
      if (const auto inode = checkup.source.look<Inode>(block_of(*number), *number))
        clusters = std::max<u64>(clusters, (*inode)->clusters);
  return static_cast<u32>(std::min<u64>(clusters, checkup.geometry().clusters));
}

/// What pass 1 would have learned of the new inode.
void harvest(Checkup& checkup, InodeNo number) {
  const auto spot = checkup.survey.inode_blocks.find(block_of(number));
  auto inode = checkup.source.look<Inode>(block_of(number), number);
  if (!spot || !inode) return;
  Harvest harvest;
  const InodePlace place{checkup.survey.inode_blocks, *spot, checkup.volume.root(), false,
                         checkup.now_seconds};
  examine_inode_block(*inode, place, checkup.examiner, checkup.source, harvest);
  checkup.survey.take(harvest);
  checkup.survey.settle();
}

void create(Checkup& checkup, const ExpectedFile& file, const Problem& problem) try {
  SystemDirectory directory = open_system_directory(checkup);
  directory.make_sound();
  directory.remove(file.name);  // it leads nowhere
  checkup.mender->commit();
  Space space(checkup.volume, file.slot);
  SystemFileWish wish{.seconds = checkup.now_seconds};
  if (file.file == SystemFile::journal) wish.journal_clusters = journal_clusters(checkup);
  const InodeNo inode = create_system_file(checkup.mender->transaction(), space, file.file, file.slot, wish);
  checkup.mender->commit();
  checkup.survey.system.found[{file.file, file.slot}] = inode;
  harvest(checkup, inode);
  survey_links(checkup, checkup.volume.system_directory());  // a new `..` may lead to it
} catch (const Error& error) {
  if (error.kind() != ErrorKind::no_space && error.kind() != ErrorKind::corrupt) throw;
  checkup.mender->transaction().abort();
  checkup.examiner.could_not_mend(problem);
  checkup.reporter.warn(fmt::format("{} could not be made: {}", file.name, error.what()));
}

/// What a file of this kind has in one piece, and what it must have; nothing for other kinds.
std::optional<std::pair<u64, u64>> room_of(Checkup& checkup, const ExpectedFile& file, InodeNo number) {
  const Geometry& geometry = checkup.geometry();
  const auto inode = checkup.source.look<Inode>(block_of(number), number);
  const bool judged = file.file == SystemFile::heartbeat || file.file == SystemFile::slot_map;
  if (!judged || !inode || (*inode)->body_kind() != InodeBody::extent_list) return std::nullopt;
  if ((*inode)->extents.tree_depth != 0) return std::nullopt;
  const auto records = ExtentList::records(Inode::body(inode->bytes()));
  const u64 piece = records.empty() ? 0 : u64{records.front().clusters} << geometry.cluster_bits;
  const u64 needed = file.file == SystemFile::heartbeat
                         ? u64{heartbeat_nodes} << geometry.block_bits
                         : slot_map_bytes(checkup.has(feature::extended_slotmap), checkup.facts().max_slots);
  return std::pair(std::min<u64>(piece, (*inode)->size), needed);
}

void examine_room(Checkup& checkup, const ExpectedFile& file, InodeNo inode) {
  const auto room = room_of(checkup, file, inode);
  if (!room || room->first >= room->second) return;
  if (!checkup.examiner.resolve(
          problem::SYSTEM_FILE_SIZE,
          {.inode = inode, .found = room->first, .expected = room->second, .name = file.name}))
    return;
  mend_with_engine(checkup, problem::SYSTEM_FILE_SIZE, [&](Transaction& transaction, Space& space) {
    refill_system_file(transaction, space, file.file, inode);
  });
}

}  // namespace

void create_missing_system_files(Checkup& checkup) {
  for (const ExpectedFile& file : expected_files(checkup)) {
    if (checkup.survey.system.find(file.file, file.slot)) continue;
    const bool orphans = file.file == SystemFile::orphan_dir;
    const Problem& problem = orphans ? problem::ORPHAN_DIR_MISSING : problem::SYSTEM_FILE_MISSING;
    const Facts facts{.slot = file.slot, .name = file.name};
    const bool possible =
        file.file != SystemFile::global_bitmap && file.file != SystemFile::global_inode_alloc;
    if (!possible)
      checkup.examiner.report(problem, facts);
    else if (checkup.examiner.resolve(problem, facts))
      create(checkup, file, problem);
  }
}

void check_room_of_system_files(Checkup& checkup) {
  for (const ExpectedFile& file : expected_files(checkup))
    if (const auto known = checkup.survey.system.find(file.file, file.slot))
      examine_room(checkup, file, *known);
}

}  // namespace ocfs2
