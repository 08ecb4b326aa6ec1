// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/remove_slots.h"

#include "engine/error.h"
#include "engine/tune/cluster_record.h"
#include "engine/volume/chain_allocator.h"
#include "engine/volume/directory.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/file_data.h"
#include "engine/volume/group_links.h"
#include "engine/volume/inode_life.h"
#include "ondisk/quota.h"
#include "ondisk/refcount.h"
#include "ondisk/xattr.h"

namespace ocfs2 {
namespace {

// ---- what must not be lost with a slot ----

bool has_orphans(Volume& volume, u32 slot) {
  bool any = false;
  Directory(volume, inode_at(volume.system_file(SystemFile::orphan_dir, slot).block()))
      .each([&](const DirectoryEntry&, std::string_view name) {
        any = name != "." && name != "..";
        return !any;
      });
  return any;
}

/// True when a slot has changes for users or groups that the global file does not know yet.
bool has_quota_changes(Volume& volume, SystemFile file, u32 slot) {
  const auto number = volume.find_system_file(file, slot);
  if (!number) return false;
  FileData data(volume, volume.inode(*number));
  const QuotaGeometry geometry{volume.geometry().block_size()};
  std::vector<u8> block(geometry.block_size);
  const auto read = [&](u64 index) { return data.read(index * block.size(), block) == block.size(); };
  if (!read(0)) return true;
  const LocalQuotaInfo info = as<LocalQuotaHead>(ConstBytes(block)).info;
  if ((info.flags & LocalQuotaInfo::clean) == 0) return true;
  for (u32 chunk = 0; chunk < info.chunks; ++chunk) {
    if (!read(geometry.chunk_file_block(chunk))) return true;
    if (count_set_bits(LocalQuotaChunk::bitmap(ConstBytes(block)), 0, geometry.records_per_chunk()) != 0)
      return true;
  }
  return false;
}

/// What of a slot is unfinished, in words; empty when nothing is.
std::string_view unfinished_in(Volume& volume, u32 slot) {
  if (has_orphans(volume, slot)) return "Orphan dir is not empty";
  if (volume.system_file(SystemFile::local_alloc, slot)->bitmap.total != 0)
    return "Local alloc window is in use";
  if (volume.system_file(SystemFile::truncate_log, slot)->truncate_log.used != 0)
    return "Truncate log is not empty";
  if (has_quota_changes(volume, SystemFile::local_user_quota, slot))
    return "Local user quota file has changes in it";
  if (has_quota_changes(volume, SystemFile::local_group_quota, slot))
    return "Local group quota file has changes in it";
  return {};
}

void require_finished(Volume& volume, u32 slot) {
  if (const std::string_view unfinished = unfinished_in(volume, slot); !unfinished.empty())
    fail(ErrorKind::busy,
         "{}: slot {} of device \"{}\" cannot be removed. Run \"fsck.ocfs2 -fy {}\" to finish what its node "
         "left, then try again",
         unfinished, slot, volume.name(), volume.name());
}

// ---- groups ----

/// Lets the block tell of another slot, if it is a T.
template <class T>
bool follow_as(Transaction& transaction, BlockNo block, ConstBytes bytes, u16 slot) {
  if (!matches(as<T>(bytes).signature, T::signature_text)) return false;
  transaction.edit<T>(block).suballoc_slot = slot;
  return true;
}

void follow(Transaction& transaction, BlockNo block, u16 slot) {
  const std::vector<u8> bytes = transaction.cache().read_raw(block, 1);
  if (!follow_as<Inode>(transaction, block, bytes, slot) &&
      !follow_as<ExtentBlock>(transaction, block, bytes, slot) &&
      !follow_as<XattrBlock>(transaction, block, bytes, slot) &&
      !follow_as<IndexRoot>(transaction, block, bytes, slot) &&
      !follow_as<RefcountBlock>(transaction, block, bytes, slot))
    fail(ErrorKind::corrupt, "block {} is in use, but nothing is known to be in it; run fsck.ocfs2 -f",
         block.value);
}

/// The slot among the first `slots` whose allocator has least to do and takes groups of `bits` bits.
u32 slot_for_group(const Tuning& tuning, SystemFile file, u32 slots, u32 bits) {
  std::optional<u32> best;
  u32 least = 0;
  for (u32 slot = 0; slot < slots; ++slot) {
    const auto inode = tuning.volume().system_file(file, slot);
    const u32 room = u32{inode->chains.clusters_per_group} * inode->chains.bits_per_cluster;
    if (room < bits || (best && inode->bitmap.total >= least)) continue;
    best = slot;
    least = inode->bitmap.total;
  }
  if (!best)
    fail(ErrorKind::unsupported,
         "No slot that stays on device \"{}\" can take groups of {} bits into its {}; keep more slots",
         tuning.name(), bits, row_of(file).name);
  return *best;
}

void move_group(Transaction& transaction, const Tuning& tuning, SystemFile file, u32 from, u32 slots,
                const BlockRef<GroupDescriptor>& group) {
  Volume& volume = tuning.volume();
  const u32 to = slot_for_group(tuning, file, slots, group->bits);
  const auto source = volume.system_file(file, from);
  for (u32 bit = 1; bit < group->bits; ++bit) {
    if (!test_bit(GroupDescriptor::bitmap(group.bytes()), bit)) continue;
    const auto block = GroupDescriptor::block_of_bit(group.bytes(), bit, source->chains.bits_per_cluster);
    if (!block)
      fail(ErrorKind::corrupt, "no block belongs to bit {} of group {}; run fsck.ocfs2 -f", bit,
           group.block().value);
    follow(transaction, *block, static_cast<u16>(to));
  }
  unlink_group(transaction, volume, source.block(), group.block());
  link_group(transaction, volume, volume.system_file(file, to).block(), group.block());
}

BlockRef<GroupDescriptor> any_group(Volume& volume, SystemFile file, u32 slot) {
  BlockRef<GroupDescriptor> any;
  ChainAllocator(volume, volume.system_file(file, slot)).each_group([&](const auto& group) {
    any = group;
    return false;
  });
  return any;
}

// ---- files ----

void remove_files(Transaction& transaction, Tuning& tuning, u32 slot) {
  Volume& volume = tuning.volume();
  Space space(volume, 0);
  edit_super(transaction).super.max_slots = static_cast<u16>(slot);
  clear_slots(transaction, tuning, volume.has(feature::extended_slotmap), slot + 1);
  const InodeNo system = volume.system_directory();
  for (const SystemFileRow& row : system_files) {
    const auto number = row.per_slot ? volume.find_system_file(row.file, slot) : std::nullopt;
    if (!number) continue;
    DirectoryEditor(transaction, space, system).remove(system_file_name(row.file, slot));
    if (transaction.read<Inode>(block_of(*number))->is_directory()) {
      Inode& parent = transaction.edit<Inode>(block_of(system));
      parent.set_links(parent.links() - 1);
    }
    delete_inode(transaction, space, *number, tuning.now_seconds());
  }
}

void remove_slot(Tuning& tuning, u32 slots) {
  Volume& volume = tuning.volume();
  const u32 slot = volume.facts().max_slots - 1;
  require_finished(volume, slot);
  for (const SystemFile file : {SystemFile::inode_alloc, SystemFile::extent_alloc})
    while (const auto group = any_group(volume, file, slot))
      tuning.change(
          [&](Transaction& transaction) { move_group(transaction, tuning, file, slot, slots, group); });
  tuning.give_up_journal(slot);
  tuning.change([&](Transaction& transaction) { remove_files(transaction, tuning, slot); });
}

void remove_slots(Tuning& tuning, u32 slots) {
  const u32 begin = tuning.volume().facts().max_slots;
  tuning.reporter().stage("Removing slots");
  while (tuning.volume().facts().max_slots > slots) {
    remove_slot(tuning, slots);
    tuning.reporter().progress(begin - tuning.volume().facts().max_slots, begin - slots);
  }
  tuning.reporter().stage_done("done");
}

}  // namespace

Change plan_fewer_slots(Tuning& tuning, u32 slots) {
  Volume& volume = tuning.volume();
  const u32 from = tuning.prospect.slots;
  Prospect after = tuning.prospect;
  after.slots = slots;
  for (u32 slot = slots; slot < from; ++slot) {
    require_finished(volume, slot);
    after.free_clusters += volume.system_file(SystemFile::journal, slot)->clusters;
  }
  return {.what = "slots",
          .from = std::to_string(from),
          .to = std::to_string(slots),
          .question = fmt::format("Change the number of node slots on device \"{}\" from {} to {}? ",
                                  tuning.name(), from, slots),
          .after = after,
          .carry_out = [&tuning, slots] { remove_slots(tuning, slots); }};
}

}  // namespace ocfs2
