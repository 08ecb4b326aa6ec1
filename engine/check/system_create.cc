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

namespace ocfs2 {
namespace {

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
  open_system_directory(checkup).remove(file.name);  // it leads nowhere
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

}  // namespace ocfs2
