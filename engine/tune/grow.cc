// SPDX-License-Identifier: GPL-2.0-or-later
//
// Making a volume larger while nobody has it (spec: commands.md 3.2, ondisk.md 1.9).
//
// The volume grows step by step: the last group is filled up, then groups are added, some at a time. Each
// step is one transaction that moves the end of the volume, in the superblock and in the global bitmap,
// together with everything that counts clusters. So there is no middle that would have to be marked: a volume
// whose growth was cut off is smaller than it could be, that is all, and asked again it grows on.
//
// What lies behind the old end is written at once, before the transaction that brings it into the volume: to
// whoever replays a log such blocks lie outside.
#include <algorithm>

#include "engine/error.h"
#include "engine/tune/grow.h"
#include "engine/tune/operations.h"
#include "engine/tune/shrink.h"
#include "engine/volume/chain_allocator.h"
#include "engine/volume/volume_journal.h"

namespace ocfs2 {
namespace {

constexpr u32 groups_at_once = 256;

/// Marks the places of backup superblocks among bits [from, end) of the group that begins with cluster
/// `first`. Returns how many there are.
u32 reserve_backups(const Volume& volume, const Geometry& geometry, Bytes bits, u64 first, u32 from,
                    u32 end) {
  u32 count = 0;
  if (!volume.has(feature::backup_super)) return count;
  for (u32 index = 0; index < geometry.backup_supers(); ++index) {
    const u64 cluster = geometry.cluster_of(geometry.backup_super_block(index)).value;
    if (cluster < first + from || cluster >= first + end) continue;
    set_bit(bits, cluster - first);
    ++count;
  }
  return count;
}

class Growth {
 public:
  explicit Growth(Tuning& tuning) : tuning_(tuning) {}

  void grow_to(u32 clusters) {
    const u32 begin = tuning_.geometry().clusters;
    tuning_.reporter().stage("Growing the volume");
    while (tuning_.geometry().clusters < clusters) {
      tuning_.change([&](Transaction& transaction) { step(transaction, clusters); });
      tuning_.reporter().progress(tuning_.geometry().clusters - begin, clusters - begin);
    }
    tuning_.reporter().stage_done("done");
  }

 private:
  void step(Transaction& transaction, u32 clusters);
  u32 extend_last(Transaction& transaction, Bytes bitmap, u32 clusters);
  u32 add_groups(Transaction& transaction, Bytes bitmap, u32 clusters);
  void add_group(Transaction& transaction, Bytes bitmap, u32 index, std::size_t chain);
  std::size_t chain_for(Bytes bitmap, u32 index);
  static void count(Bytes bitmap, std::size_t chain, u32 bits, u32 used);

  Tuning& tuning_;
  Geometry old_{};  ///< before this step
  Geometry now_{};  ///< after it
};

void Growth::step(Transaction& transaction, u32 clusters) {
  old_ = now_ = tuning_.geometry();
  const BlockNo number = tuning_.volume().system_file(SystemFile::global_bitmap).block();
  const Bytes bitmap = transaction.edit_as(number, Inode::kind);
  Inode& inode = as<Inode>(bitmap);
  inode.chains.clusters_per_group = static_cast<u16>(old_.clusters_per_group());  // ancient mkfs said less
  const u32 per_group = old_.clusters_per_group();
  const u32 end = old_.clusters % per_group != 0 ? extend_last(transaction, bitmap, clusters)
                                                 : add_groups(transaction, bitmap, clusters);
  inode.clusters = end;
  inode.size = u64{end} << old_.cluster_bits;
  edit_super(transaction).clusters = end;
  tuning_.volume().set_clusters(end);  // judges look at the blocks as they will lie
}

void Growth::count(Bytes bitmap, std::size_t chain, u32 bits, u32 used) {
  BitmapTotals& totals = as<Inode>(bitmap).bitmap;
  ChainRecord& record = ChainList::chains(Inode::body(bitmap))[chain];
  totals.total += bits;
  totals.used += used;
  record.total += bits;
  record.free += bits - used;
}

u32 Growth::extend_last(Transaction& transaction, Bytes bitmap, u32 clusters) {
  const u32 index = old_.cluster_groups() - 1;
  const u64 first = u64{index} * old_.clusters_per_group();
  now_.clusters = static_cast<u32>(std::min<u64>(clusters, first + old_.clusters_per_group()));
  const u32 from = old_.clusters_in_group(index), end = now_.clusters_in_group(index);

  const Bytes block = transaction.edit_as(old_.cluster_group_block(index), GroupDescriptor::kind);
  auto& group = as<GroupDescriptor>(block);
  if (group.bits != from || group.chain >= ChainList::chains(Inode::body(bitmap)).size())
    fail(ErrorKind::corrupt, "{}: the last group has {} clusters and should have {}; run: fsck.ocfs2 -f {}",
         tuning_.name(), u32{group.bits}, from, tuning_.name());
  group.bitmap_bytes = static_cast<u16>(now_.group_bitmap_bytes());
  const Bytes bits = GroupDescriptor::bitmap(block);
  clear_bits(bits, from, end);
  const u32 used = reserve_backups(tuning_.volume(), now_, bits, first, from, end);
  group.bits = static_cast<u16>(end);
  group.free_bits += static_cast<u16>(end - from - used);
  group.contig_free_bits = static_cast<u16>(0);
  count(bitmap, group.chain, end - from, used);
  return now_.clusters;
}

u32 Growth::add_groups(Transaction& transaction, Bytes bitmap, u32 clusters) {
  const u32 first = old_.cluster_groups();
  const u64 end = u64{first + groups_at_once} * old_.clusters_per_group();
  now_.clusters = static_cast<u32>(std::min<u64>(clusters, end));
  std::size_t chain = chain_for(bitmap, first);
  for (u32 index = first; index < now_.cluster_groups(); ++index) {
    add_group(transaction, bitmap, index, chain);
    chain = chain_for(bitmap, index + 1);
  }
  return now_.clusters;
}

/// The kernel wants a new chain as long as there are any; later they take turns.
std::size_t Growth::chain_for(Bytes bitmap, u32 index) {
  auto& header = as<Inode>(bitmap).chains;
  const u32 used = header.used;
  return used < header.count ? used : index % header.count;
}

void Growth::add_group(Transaction& transaction, Bytes bitmap, u32 index, std::size_t chain) {
  auto& header = as<Inode>(bitmap).chains;
  if (chain == header.used) header.used += 1;
  ChainRecord& record = ChainList::chains(Inode::body(bitmap))[chain];
  const BlockNo at = now_.cluster_group_block(index);
  const u32 bits = now_.clusters_in_group(index);

  NewClusterGroup group = new_cluster_group(tuning_.volume(), now_, index, chain);
  as<GroupDescriptor>(Bytes(group.bytes)).next_group = record.block;
  seal(GroupDescriptor::kind, tuning_.volume().facts(), group.bytes);
  transaction.write_data(at, group.bytes);

  record.block = at.value;
  count(bitmap, chain, bits, group.used);
}

bool logs_are_wide(Volume& volume) {
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot)
    if ((open_journal_reader(volume, slot).super().incompat() & journal_feature::wide_blocks) == 0)
      return false;
  return true;
}

}  // namespace

NewClusterGroup new_cluster_group(Volume& volume, const Geometry& geometry, u32 index, std::size_t chain) {
  NewClusterGroup made{.bytes = std::vector<u8>(geometry.block_size())};
  auto& group = as<GroupDescriptor>(Bytes(made.bytes));
  const u32 bits = geometry.clusters_in_group(index);
  stamp(group.signature, GroupDescriptor::signature_text);
  group.bitmap_bytes = static_cast<u16>(geometry.group_bitmap_bytes());
  group.bits = static_cast<u16>(bits);
  group.chain = static_cast<u16>(chain);
  group.generation = volume.facts().generation;
  group.parent_inode = volume.system_file(SystemFile::global_bitmap).block().value;
  group.block = geometry.cluster_group_block(index).value;
  const Bytes bitmap = GroupDescriptor::bitmap(Bytes(made.bytes));
  set_bit(bitmap, 0);
  const u64 first = u64{index} * geometry.clusters_per_group();
  made.used = 1 + reserve_backups(volume, geometry, bitmap, first, 1, bits);
  group.free_bits = static_cast<u16>(bits - made.used);
  return made;
}

void require_wide_logs(Tuning& tuning, u32 clusters) {
  const u64 blocks = u64{clusters} * tuning.geometry().blocks_per_cluster();
  if (blocks >> 32 != 0 && !logs_are_wide(tuning.volume()))
    fail(ErrorKind::invalid_argument,
         "{} blocks are more than the journals can count. Enable the journals' \"block64\" first: "
         "tunefs.ocfs2 -J block64 {}",
         blocks, tuning.name());
}

namespace {

u32 wanted_clusters(Tuning& tuning, const std::optional<VolumeSize>& size) {
  const Geometry& geometry = tuning.geometry();
  const u64 device_bytes = tuning.volume().device().size_bytes();
  const u64 device_clusters = device_bytes >> geometry.cluster_bits;
  if (!size) return static_cast<u32>(std::min(device_clusters, volume_clusters_max));
  const u64 clusters =
      size->in_blocks ? size->value / geometry.blocks_per_cluster() : size->value >> geometry.cluster_bits;
  if (clusters > volume_clusters_max)
    fail(ErrorKind::invalid_argument,
         "The ocfs2 filesystem on device \"{}\" cannot be larger than {} clusters ({} bytes)", tuning.name(),
         volume_clusters_max, volume_clusters_max << geometry.cluster_bits);
  if (clusters > device_clusters)
    fail(ErrorKind::invalid_argument,
         "The device \"{}\" cannot hold more than {} clusters ({} bytes); enlarge it first", tuning.name(),
         device_clusters, device_clusters << geometry.cluster_bits);
  return static_cast<u32>(clusters);
}

Plan plan_size(Tuning& tuning, const std::optional<VolumeSize>& size) {
  const u32 from = tuning.mounted() ? mounted_clusters(tuning) : tuning.prospect.clusters;
  const u32 to = wanted_clusters(tuning, size);
  if (to == from)
    return {
        {},
        fmt::format("Filesystem on device \"{}\" is already {} clusters; nothing to do", tuning.name(), to)};
  if (to < from && !size)
    fail(ErrorKind::invalid_argument,
         "The device \"{}\" holds {} clusters, fewer than its filesystem has ({}): what lies behind its end "
         "is out of reach. Enlarge the device; if it never was larger, run: fsck.ocfs2 -f {}",
         tuning.name(), to, from, tuning.name());
  if (to < from && tuning.mounted())
    fail(ErrorKind::busy,
         "Device is busy: the filesystem on \"{}\" can be shrunk only while no node has it mounted; umount "
         "it everywhere first",
         tuning.name());
  if (to < from) return {plan_smaller(tuning, to)};
  require_wide_logs(tuning, to);
  Prospect after = tuning.prospect;
  after.clusters = to;
  after.free_clusters += to - from;
  return {Change{.what = "size",
                 .from = fmt::format("{} clusters", from),
                 .to = fmt::format("{} clusters", to),
                 .question = fmt::format("Grow the filesystem on device \"{}\" from {} to {} clusters? ",
                                         tuning.name(), from, to),
                 .after = after,
                 .carry_out = [&tuning, to] {
                   if (tuning.kernel() != nullptr) return grow_mounted(tuning, to);
                   Growth(tuning).grow_to(to);
                 }}};
}

}  // namespace

Operation resize_volume(std::optional<VolumeSize> size) {
  return {
      .name = "size", .turn = Operation::Turn::first, .while_mounted = true, .plan = [size](Tuning& tuning) {
        return plan_size(tuning, size);
      }};
}

}  // namespace ocfs2
