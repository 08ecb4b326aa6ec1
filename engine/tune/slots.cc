// SPDX-License-Identifier: GPL-2.0-or-later
//
// How many nodes may have the volume at once (spec: commands.md 3.2 -N).
//
// Slots come a few at a time. One transaction makes all files of a slot, names them and counts the slot, so
// that there is never half a slot; a command that was cut off has added fewer, and adds the rest when run
// again. They go one by one: see remove_slots.h.
#include <algorithm>

#include "engine/error.h"
#include "engine/tune/batches.h"
#include "engine/tune/cluster_record.h"
#include "engine/tune/journals.h"
#include "engine/tune/operations.h"
#include "engine/tune/quota_files.h"
#include "engine/tune/remove_slots.h"
#include "engine/volume/inode_life.h"

namespace ocfs2 {
namespace {

void add_slot(Transaction& transaction, Space& space, Tuning& tuning, u32 slot) {
  Volume& volume = tuning.volume();
  const JournalShape shape = journal_shape(volume);
  const SystemFileWish wish{.seconds = tuning.now_seconds(),
                            .journal_clusters = shape.clusters_max,
                            .wide_journal = shape.any_wide};
  for (const SystemFileRow& row : system_files) {
    if (!row.per_slot || !volume.has(row.needs)) continue;
    const InodeNo inode = create_system_file(transaction, space, row.file, slot, wish);
    if (row.file == SystemFile::local_user_quota)
      fill_local_quota(transaction, space, inode, QuotaType::user);
    if (row.file == SystemFile::local_group_quota)
      fill_local_quota(transaction, space, inode, QuotaType::group);
  }
  clear_slots(transaction, tuning, volume.has(feature::extended_slotmap), slot + 1);
  edit_super(transaction).super.max_slots = static_cast<u16>(slot + 1);
}

void add_slots(Tuning& tuning, u32 slots) {
  const u32 begin = tuning.volume().facts().max_slots;
  u32 next = begin;
  tuning.reporter().stage("Adding slots");
  in_batches(tuning, [&](Transaction& transaction, Space& space) {
    if (next == slots) return false;
    add_slot(transaction, space, tuning, next++);
    tuning.reporter().progress(next - begin, slots - begin);
    return true;
  });
  tuning.reporter().stage_done("done");
}

Plan plan_slots(Tuning& tuning, u32 slots) {
  const u32 from = tuning.prospect.slots;
  if (slots == from)
    return {{}, fmt::format("Device \"{}\" already has {} node slots; nothing to do", tuning.name(), slots)};
  if (slots < from) return {plan_fewer_slots(tuning, slots)};
  const u64 journals = u64{slots - from} * journal_shape(tuning.volume()).clusters_max;
  if (journals > tuning.prospect.free_clusters)
    fail(ErrorKind::no_space,
         "Unable to find available bit - unable to update the number of slots on device \"{}\": the journals "
         "of {} more take {} clusters, and {} are free. Remove files, enlarge the volume with -S first, or "
         "make "
         "the journals smaller with -J size=SIZE",
         tuning.name(), slots - from, journals, tuning.prospect.free_clusters);
  Prospect after = tuning.prospect;
  after.slots = slots;
  after.free_clusters -= journals;
  return {Change{.what = "slots",
                 .from = std::to_string(from),
                 .to = std::to_string(slots),
                 .question = fmt::format("Change the number of node slots on device \"{}\" from {} to {}? ",
                                         tuning.name(), from, slots),
                 .after = after,
                 .carry_out = [&tuning, slots] { add_slots(tuning, slots); }}};
}

}  // namespace

Operation change_slots(u64 slots) {
  if (slots == 0) fail(ErrorKind::invalid_argument, "At least one slot required");
  if (slots > slots_max)
    fail(ErrorKind::invalid_argument, "Filesystem cannot support more than {} slots; {} were asked for",
         slots_max, slots);
  return {.name = "slots",
          .plan = [slots](Tuning& tuning) { return plan_slots(tuning, static_cast<u32>(slots)); }};
}

}  // namespace ocfs2
