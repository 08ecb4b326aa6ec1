// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/o2info_volume.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "engine/volume/chain_allocator.h"
#include "engine/volume/directory.h"
#include "ondisk/bitmap.h"

namespace ocfs2 {
namespace {

InodeCount bits_of(Volume& volume, SystemFile file, u32 slot) {
  const auto inode = volume.system_file(file, slot);
  InodeCount count;
  for (const ChainRecord& chain : ChainList::chains(Inode::body(inode.bytes()))) {
    count.total += chain.total;
    count.free += chain.free;
  }
  return count;
}

void add_run(FreeRuns& runs, u32 length) {
  const u32 kind = std::min<u32>(static_cast<u32>(std::bit_width(length)) - 1, FreeRuns::classes - 1);
  ++runs.runs_of[kind];
  runs.clusters_in[kind] += length;
  runs.shortest = runs.runs++ == 0 ? length : std::min(runs.shortest, length);
  runs.longest = std::max(runs.longest, length);
}

/// Free chunks are counted where they lie in a group, from its first bit on.
void add_group(FreeRuns& runs, const BlockRef<GroupDescriptor>& group, u32 chunk_clusters) {
  const ConstBytes bitmap = GroupDescriptor::bitmap(group.bytes());
  const u64 bits = std::min<u64>(group->bits, bitmap.size() * 8);
  for (BitRun run = next_clear_run(bitmap, 0, bits); run.count > 0;
       run = next_clear_run(bitmap, run.first + run.count, bits)) {
    add_run(runs, static_cast<u32>(run.count));
    const u64 first = (run.first + chunk_clusters - 1) / chunk_clusters;
    const u64 end = (run.first + run.count) / chunk_clusters;
    if (end > first) runs.free_chunks += static_cast<u32>(end - first);
  }
}

u64 orphans_of(Volume& volume, u32 slot) {
  u64 count = 0;
  if (const auto number = volume.find_system_file(SystemFile::orphan_dir, slot))
    Directory(volume, *number).each([&](const DirectoryEntry&, std::string_view name) {
      count += name != "." && name != "..";
      return true;
    });
  return count;
}

u64 logged_clusters_of(Volume& volume, u32 slot) {
  const auto inode = volume.system_file(SystemFile::truncate_log, slot);
  u64 clusters = 0;
  for (const TruncateRecord& record : TruncateLog::records(Inode::body(inode.bytes())))
    clusters += record.clusters;
  return clusters;
}

u64 window_clusters_of(Volume& volume, u32 slot) {
  const auto inode = volume.system_file(SystemFile::local_alloc, slot);
  return inode->bitmap.total - std::min(u32{inode->bitmap.total}, u32{inode->bitmap.used});
}

}  // namespace

VolumeFigures figures_of(Volume& volume) {
  const Features features = volume.super().features();
  VolumeFigures figures{volume.label(),
                        volume.uuid(),
                        volume.geometry().block_size(),
                        volume.geometry().cluster_size(),
                        volume.facts().max_slots,
                        features.compat,
                        features.incompat,
                        features.ro_compat};
  if (const auto journal = volume.find_system_file(SystemFile::journal))
    figures.journal_bytes = volume.any_inode(*journal)->size;
  return figures;
}

std::vector<InodeCount> free_inodes_of(Volume& volume) {
  std::vector<InodeCount> slots;
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot)
    slots.push_back(bits_of(volume, SystemFile::inode_alloc, slot));
  return slots;
}

FreeRuns free_runs_of(Volume& volume, u32 chunk_clusters) {
  const ChainAllocator bitmap(volume, volume.system_file(SystemFile::global_bitmap));
  FreeRuns runs;
  runs.clusters = static_cast<u32>(bitmap.total_bits());
  runs.free_clusters = static_cast<u32>(bitmap.free_bits());
  bitmap.each_group([&](const BlockRef<GroupDescriptor>& group) {
    add_group(runs, group, chunk_clusters);
    return true;
  });
  u64 total = 0;
  for (const u32 clusters : runs.clusters_in) total += clusters;
  runs.average = runs.runs == 0 ? 0 : static_cast<u32>(total / runs.runs);
  return runs;
}

SpaceReport space_of(Volume& volume) {
  SpaceReport report{free_runs_of(volume, 1),
                     volume.geometry().suballocator_group_clusters(),
                     volume.has(feature::discontig_bg),
                     {}};
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot)
    report.slots.push_back({bits_of(volume, SystemFile::inode_alloc, slot).free,
                            bits_of(volume, SystemFile::extent_alloc, slot).free,
                            window_clusters_of(volume, slot), logged_clusters_of(volume, slot),
                            orphans_of(volume, slot)});
  return report;
}

std::vector<std::string> obstacles(const SpaceReport& report, const std::string& device) {
  std::vector<std::string> lines;
  const FreeRuns& runs = report.runs;
  u64 logged = 0, orphans = 0;
  for (const SlotSpace& slot : report.slots) logged += slot.logged_clusters, orphans += slot.orphans;
  if (runs.free_clusters == 0)
    lines.push_back(
        fmt::format("No cluster is free: delete files, or make the device larger and run: "
                    "tunefs.ocfs2 -S {}",
                    device));
  const bool group_fits = report.groups_in_pieces ? runs.free_clusters >= report.group_clusters
                                                  : runs.longest >= report.group_clusters;
  const std::string remedy =
      report.groups_in_pieces || runs.free_clusters < report.group_clusters
          ? "delete files, or make the device larger and run: tunefs.ocfs2 -S " + device
          : "tunefs.ocfs2 --fs-features=discontig-bg " + device;
  const std::string wants =
      fmt::format("a new group of them wants {} clusters{}, but {} are free and the longest run has {}: {}",
                  report.group_clusters, report.groups_in_pieces ? "" : " in one piece", runs.free_clusters,
                  runs.longest, remedy);
  for (std::size_t slot = 0; slot < report.slots.size() && !group_fits; ++slot) {
    const SlotSpace& space = report.slots[slot];
    for (const auto& [free, what] : {std::pair(space.free_inodes, "inodes"),
                                     std::pair(space.free_metadata_blocks, "blocks of metadata")})
      if (free == 0) lines.push_back(fmt::format("Slot {} has no {} left, and {}", slot, what, wants));
  }
  if (!group_fits && lines.empty())
    lines.push_back("Slots have only the inodes and blocks of metadata left that the table shows; " + wants);
  if (logged > 0)
    lines.push_back(
        fmt::format("{} clusters were deleted and are not free yet: their nodes free them soon, "
                    "or, where no node uses the slot: fsck.ocfs2 {}",
                    logged, device));
  if (orphans > 0)
    lines.push_back(
        fmt::format("{} deleted files still take room: somebody has them open, or, where no node "
                    "uses the slot: fsck.ocfs2 {}",
                    orphans, device));
  return lines;
}

}  // namespace ocfs2
