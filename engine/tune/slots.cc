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
#include "engine/tune/remove_slots.h"
#include "engine/volume/extent_edit.h"
#include "engine/volume/inode_life.h"
#include "engine/volume/new_blocks.h"

namespace ocfs2 {
namespace {

/// Gives an empty quota file its first blocks.
void fill_quota_file(Transaction& transaction, Space& space, InodeNo number, QuotaType type) {
  const Geometry& geometry = space.volume().geometry();
  const BlockNo inode = block_of(number);
  const u64 clusters = geometry.clusters_for(u64{local_quota_blocks} << geometry.block_bits);
  while (transaction.read<Inode>(inode)->clusters < clusters) {
    const auto ref = transaction.read<Inode>(inode);
    const u32 have = ref->clusters;
    const BitRun run = space.allocate_clusters(transaction, static_cast<u32>(clusters - have));
    const BlockNo first = geometry.first_block_of(ClusterNo(run.first));
    transaction.zero_data(first, run.count * geometry.blocks_per_cluster());
    ExtentEdit(transaction, space, ExtentRoot::of(ref))
        .insert({.cpos = have, .clusters = run.count, .block = first});
  }
  const ExtentTree tree(transaction, Inode::body(transaction.read<Inode>(inode).bytes()), "a quota file");
  const auto block = [&](u64 index) {
    const auto run = tree.find(static_cast<u32>(index / geometry.blocks_per_cluster()));
    require(run.has_value());
    return run->block + index % geometry.blocks_per_cluster();
  };
  format_local_quota(type, transaction.create_bytes(block(0), LocalQuotaHead::kind));
  transaction.create_bytes(block(1), LocalQuotaChunk::kind);
  transaction.edit<Inode>(inode).size = u64{local_quota_blocks} << geometry.block_bits;
}

void add_slot(Transaction& transaction, Space& space, Tuning& tuning, u32 slot) {
  Volume& volume = tuning.volume();
  const JournalShape shape = journal_shape(volume);
  const SystemFileWish wish{.seconds = tuning.now_seconds(),
                            .journal_clusters = shape.clusters_max,
                            .wide_journal = shape.any_wide};
  for (const SystemFileRow& row : system_files) {
    if (!row.per_slot || !volume.has(row.needs)) continue;
    const InodeNo inode = create_system_file(transaction, space, row.file, slot, wish);
    if (row.file == SystemFile::local_user_quota) fill_quota_file(transaction, space, inode, QuotaType::user);
    if (row.file == SystemFile::local_group_quota)
      fill_quota_file(transaction, space, inode, QuotaType::group);
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
         "of {} more take {} clusters, and {} are free",
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
