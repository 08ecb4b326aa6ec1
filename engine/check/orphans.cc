// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pass 4a: what waits in the orphan directories is finished (spec: ondisk.md 3.5, 12.5, 12.6, 14.30, 14.79).
// An orphan is deleted. A file that was being appended to by direct I/O keeps everything up to its end: only
// what lies behind is given back.
#include <fmt/format.h>

#include <algorithm>

#include "engine/check/directory_area.h"
#include "engine/check/problems/connectivity.h"
#include "engine/check/relink.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/inode_life.h"

namespace ocfs2 {
namespace {

constexpr std::string_view direct_io_prefix = "dio-";

struct OrphanEntry {
  InodeNo inode;
  std::string name;
  bool direct_io() const { return name.starts_with(direct_io_prefix); }
};

class OrphanPass {
 public:
  explicit OrphanPass(Checkup& checkup) : checkup_(checkup), survey_(checkup.survey) {}

  void run();

 private:
  std::optional<InodeNo> directory_of(u32 slot);
  void slot(u32 slot, InodeNo directory);
  void entry(u32 slot, InodeNo directory, const OrphanEntry& orphan);
  void direct_io(u32 slot, InodeNo directory, const OrphanEntry& orphan);
  void drop_entry(u32 slot, InodeNo directory, const OrphanEntry& orphan, std::string_view detail);
  void delete_orphan(const Problem& problem, InodeNo inode,
                     const std::function<void(Transaction&, Space&)>& then);
  void marked_without_entry(InodeNo inode);
  void take_mark_off(Transaction& transaction, InodeNo inode, u32 flag);

  Checkup& checkup_;
  Survey& survey_;
  std::vector<InodeNo> entered_, entered_direct_io_;  ///< what orphan directories name
};

/// The orphan directory of a slot; made when it is missing and wanted.
std::optional<InodeNo> OrphanPass::directory_of(u32 slot) {
  const auto known = survey_.system.find(SystemFile::orphan_dir, slot);
  if (known && survey_.census.type(*known) == EntryType::directory) return known;
  const std::string name = system_file_name(SystemFile::orphan_dir, slot);
  if (!checkup_.examiner.resolve(problem::ORPHAN_DIR_MISSING, {.slot = slot, .name = name}))
    return std::nullopt;
  InodeNo made;
  if (mend_with_engine(checkup_, problem::ORPHAN_DIR_MISSING, [&](Transaction& transaction, Space& space) {
        const InodeNo system = checkup_.volume.system_directory();
        DirectoryEditor(transaction, space, system).remove(name);  // it may lead to something else
        made = create_system_file(transaction, space, SystemFile::orphan_dir, slot,
                                  {.seconds = checkup_.now_seconds});
      })) {
    survey_.system.found[{SystemFile::orphan_dir, slot}] = made;
    survey_new_directory(checkup_, made, checkup_.volume.system_directory(), true);
    survey_links(checkup_, checkup_.volume.system_directory());
  }
  return std::nullopt;  // nothing is in it
}

void OrphanPass::slot(u32 slot, InodeNo directory) {
  const DirectoryFact* const fact = survey_.directory(directory);
  if (fact == nullptr) return;
  std::vector<OrphanEntry> orphans;
  each_entry(survey_, *fact, checkup_.source, [&](EntryArea& area, u32 at) {
    orphans.push_back({InodeNo(area.entry(at).inode), std::string(area.name(at))});
    return true;
  });
  for (const OrphanEntry& orphan : orphans) {
    if (!survey_.census.in_use(orphan.inode)) continue;  // pass 2 has told
    (orphan.direct_io() ? entered_direct_io_ : entered_).push_back(orphan.inode);
    entry(slot, directory, orphan);
    checkup_.settle();
  }
}

void OrphanPass::entry(u32 slot, InodeNo directory, const OrphanEntry& orphan) {
  if (orphan.direct_io()) return direct_io(slot, directory, orphan);
  if (survey_.census.names(orphan.inode) > 0)
    return drop_entry(slot, directory, orphan, "the file has a name elsewhere");
  const bool marked = survey_.census.orphaned(orphan.inode);
  ++survey_.statistics.orphans_found;
  const bool named_rightly = orphan.name == fmt::format("{:016x}", orphan.inode.value);
  const Problem& problem = !marked         ? problem::INODE_ORPHANED_UNMARKED
                           : named_rightly ? problem::INODE_ORPHANED
                                           : problem::ORPHAN_NAME;
  if (!checkup_.examiner.resolve(problem, {.inode = orphan.inode,
                                           .slot = slot,
                                           .name = orphan.name,
                                           .detail = "it was deleted while somebody had it open"}))
    return void(survey_.waiting.insert(orphan.inode));
  delete_orphan(problem, orphan.inode, [&](Transaction& transaction, Space& space) {
    DirectoryEditor(transaction, space, directory).remove(orphan.name);
  });
  survey_links(checkup_, directory);
}

void OrphanPass::direct_io(u32 slot, InodeNo directory, const OrphanEntry& orphan) {
  if (!survey_.census.dio_orphaned(orphan.inode))
    return drop_entry(slot, directory, orphan, "nobody was appending to it by direct I/O");
  ++survey_.statistics.orphans_found;
  if (!checkup_.examiner.resolve(
          problem::INODE_ORPHANED,
          {.inode = orphan.inode,
           .slot = slot,
           .detail = "somebody was appending to it by direct I/O; what lies behind its "
                     "end is to be given back"}))
    return;
  mend_with_engine(checkup_, problem::INODE_ORPHANED, [&](Transaction& transaction, Space& space) {
    const auto inode = transaction.read<Inode>(block_of(orphan.inode));
    if (inode->is_regular()) truncate_inode(transaction, space, orphan.inode, inode->size);
    take_mark_off(transaction, orphan.inode, inode_flag::dio_orphaned);
    DirectoryEditor(transaction, space, directory).remove(orphan.name);
  });
}

void OrphanPass::take_mark_off(Transaction& transaction, InodeNo number, u32 flag) {
  Inode& inode = transaction.edit<Inode>(block_of(number));
  inode.flags = inode.flags & ~flag;
  (flag == inode_flag::orphaned ? inode.orphaned_slot : inode.dio_orphaned_slot) = 0;
}

/// The entry goes, the file stays.
void OrphanPass::drop_entry(u32 slot, InodeNo directory, const OrphanEntry& orphan, std::string_view detail) {
  if (!checkup_.examiner.resolve(
          problem::ORPHAN_FLAG_MISSING,
          {.inode = orphan.inode, .slot = slot, .name = orphan.name, .detail = detail}))
    return;
  mend_with_engine(checkup_, problem::ORPHAN_FLAG_MISSING, [&](Transaction& transaction, Space& space) {
    DirectoryEditor(transaction, space, directory).remove(orphan.name);
    if (!orphan.direct_io() && survey_.census.orphaned(orphan.inode))
      take_mark_off(transaction, orphan.inode, inode_flag::orphaned);
  });
}

void OrphanPass::delete_orphan(const Problem& problem, InodeNo number,
                               const std::function<void(Transaction&, Space&)>& then) {
  survey_usage(checkup_, number, false);
  if (!mend_with_engine(checkup_, problem, [&](Transaction& transaction, Space& space) {
        delete_inode(transaction, space, number, checkup_.now_seconds);
        if (then) then(transaction, space);
      }))
    return;
  survey_.census.remove(number);
  if (DirectoryFact* const fact = survey_.directory(number)) fact->parent = {};
  ++survey_.statistics.orphans_deleted;
}

void OrphanPass::marked_without_entry(InodeNo inode) {
  const auto is_in = [inode](const std::vector<InodeNo>& sorted) {
    return std::binary_search(sorted.begin(), sorted.end(), inode);
  };
  const InodeCensus& census = survey_.census;
  const bool orphan = census.orphaned(inode) && !is_in(entered_);
  const bool direct_io = census.dio_orphaned(inode) && !is_in(entered_direct_io_);
  if (orphan && census.names(inode) == 0) {
    ++survey_.statistics.orphans_found;
    const auto seen = checkup_.source.look<Inode>(block_of(inode), inode);
    if (checkup_.examiner.resolve(problem::ORPHAN_LOST,
                                  {.inode = inode, .slot = seen ? u32{(*seen)->orphaned_slot} : 0}))
      delete_orphan(problem::ORPHAN_LOST, inode, {});
    return;
  }
  for (const auto& [wrong, flag, words] :
       {std::tuple(orphan, inode_flag::orphaned, "an orphan"),
        std::tuple(direct_io, inode_flag::dio_orphaned, "being appended to by direct I/O")}) {
    if (wrong && checkup_.examiner.resolve(problem::ORPHAN_ENTRY_MISSING, {.inode = inode, .detail = words}))
      mend_with_engine(
          checkup_, problem::ORPHAN_ENTRY_MISSING,
          [&, mark = flag](Transaction& transaction, Space&) { take_mark_off(transaction, inode, mark); });
  }
}

void OrphanPass::run() {
  for (u32 number = 0; number < checkup_.facts().max_slots; ++number)
    if (const auto directory = directory_of(number)) slot(number, *directory);
  std::sort(entered_.begin(), entered_.end());
  std::sort(entered_direct_io_.begin(), entered_direct_io_.end());
  for (const InodeNo inode : survey_.census.orphans()) marked_without_entry(inode);
}

}  // namespace

void check_orphans(Checkup& checkup) {
  checkup.reporter.stage("Pass 4a: Checking for orphaned inodes");
  OrphanPass(checkup).run();
  checkup.reporter.stage_done("");
}

}  // namespace ocfs2
