// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/recovery.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/directory.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/inode_life.h"
#include "engine/volume/space.h"

namespace ocfs2 {
namespace {

/// Runs of clusters freed in one transaction, so that it fits any journal.
constexpr u32 frees_together = 32;

/// Orphans that are listed at once: a directory must not change under a walk.
constexpr std::size_t orphans_together = 1024;
/// How the name of a file begins that is here because of a direct write behind its end.
constexpr std::string_view direct_write_prefix = "dio-";

/// What is left of none is a fault, which pass 1 tells of.
bool has_window(const BlockRef<Inode>& inode) { return inode->bitmap.total != 0; }

bool has_records(const BlockRef<Inode>& inode) { return inode->truncate_log.used != 0; }

/// The clusters of a window that were not handed out, run by run.
std::vector<BitRun> free_runs(const BlockRef<Inode>& inode) {
  const ConstBytes bitmap = LocalAlloc::bitmap(Inode::body(inode.bytes()));
  const u64 bits = std::min<u64>(inode->bitmap.total, 8 * bitmap.size());
  std::vector<BitRun> runs;
  for (u64 bit = 0; bit < bits; ++bit) {
    if (test_bit(bitmap, bit)) continue;
    if (runs.empty() || runs.back().first + runs.back().count != bit) runs.push_back({bit, 0});
    ++runs.back().count;
  }
  for (BitRun& run : runs) run.first += inode->local_alloc.first_cluster;
  return runs;
}

void empty_window(Bytes block) {
  Inode& inode = as<Inode>(block);
  inode.bitmap = {};
  inode.local_alloc.first_cluster = 0;
  std::ranges::fill(LocalAlloc::bitmap(Inode::body(block)), u8{0});
}

}  // namespace

/// The window is emptied in one transaction with the clusters that go back: half of it would be freed twice.
bool SlotRecovery::give_back_window(u32 slot) {
  const BlockRef<Inode> inode = volume_.system_file(SystemFile::local_alloc, slot);
  if (!has_window(inode)) return false;
  Space space(volume_, slot);
  Transaction& transaction = mender_.transaction();
  for (const BitRun& run : free_runs(inode))
    space.free_clusters(transaction, ClusterNo(run.first), run.count);
  empty_window(transaction.edit_bytes(inode));
  mender_.commit();
  return true;
}

bool SlotRecovery::free_truncated(u32 slot) {
  const BlockRef<Inode> inode = volume_.system_file(SystemFile::truncate_log, slot);
  if (!has_records(inode)) return false;
  Space space(volume_, slot);
  while (has_records(inode)) {  // the view follows what is committed
    const auto records = TruncateLog::records(Inode::body(inode.bytes()));
    Transaction& transaction = mender_.transaction();
    std::size_t left = records.size();
    for (u32 count = 0; left > 0 && count < frees_together; ++count) {
      const TruncateRecord& record = records[--left];
      if (record.start != 0 && record.clusters != 0)
        space.free_clusters(transaction, ClusterNo(record.start), record.clusters);
    }
    Bytes block = transaction.edit_bytes(inode);
    const auto slots = TruncateLog::slots(Inode::body(block));
    std::fill(slots.begin() + static_cast<std::ptrdiff_t>(left), slots.end(), TruncateRecord{});
    as<Inode>(block).truncate_log.used = static_cast<u16>(left);
    mender_.commit();
  }
  return true;
}

bool SlotRecovery::recover(u32 slot, bool last) try {
  if (give_back_window(slot))
    reporter_.note(fmt::format("Slot {}'s local alloc replayed successfully", slot));
  if (free_truncated(slot)) reporter_.note(fmt::format("Slot {}'s truncate log replayed successfully", slot));
  return true;
} catch (const Error& error) {
  mender_.transaction().abort();
  if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::io) throw;
  const std::string_view how = last ? "is still not recovered" : "is recovered after the volume was checked";
  reporter_.warn(fmt::format("Slot {} {}: {}", slot, how, error.what()));
  return false;
}

// ---- orphans ----

std::vector<SlotRecovery::Orphan> SlotRecovery::orphans_of(InodeNo directory) {
  std::vector<Orphan> orphans;
  Directory(volume_, directory).each([&](const DirectoryEntry& entry, std::string_view name) {
    if (name != "." && name != "..") orphans.push_back({InodeNo(entry.inode), std::string(name)});
    return orphans.size() < orphans_together;
  });
  return orphans;
}

void SlotRecovery::delete_orphan(Space& space, InodeNo directory, const Orphan& orphan, u64 now_seconds) {
  Transaction& transaction = mender_.transaction();
  const BlockRef<Inode> inode = volume_.inode(orphan.inode);
  const bool written = orphan.name.starts_with(direct_write_prefix);
  if (!written && inode->has_flag(inode_flag::orphaned))
    return delete_inode(transaction, space, orphan.inode, now_seconds);
  if (written && inode->has_flag(inode_flag::dio_orphaned)) {
    truncate_inode(transaction, space, orphan.inode, inode->size);
    Inode& changed = transaction.edit<Inode>(block_of(orphan.inode));
    changed.flags &= ~inode_flag::dio_orphaned;
    changed.dio_orphaned_slot = static_cast<u16>(0);
  }
  DirectoryEditor(transaction, space, directory).remove(orphan.name);
}

bool SlotRecovery::delete_orphans(u32 slot, u64 now_seconds) try {
  const auto directory = volume_.find_system_file(SystemFile::orphan_dir, slot);
  if (!directory || volume_.has(feature::usrquota) || volume_.has(feature::grpquota)) return true;
  Space space(volume_, slot);
  bool any = false;
  std::string last;
  for (auto orphans = orphans_of(*directory); !orphans.empty(); orphans = orphans_of(*directory)) {
    if (orphans.front().name == std::exchange(last, orphans.front().name))
      fail(ErrorKind::corrupt, "the entry \"{}\" stays", last);
    for (const Orphan& orphan : orphans) {
      delete_orphan(space, *directory, orphan, now_seconds);
      mender_.commit();
    }
    any = true;
  }
  if (any) reporter_.note(fmt::format("Slot {}'s orphan dir replayed successfully", slot));
  return true;
} catch (const Error& error) {
  mender_.transaction().abort();
  if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::io) throw;
  reporter_.warn(fmt::format("Slot {}'s orphans are left for the check: {}", slot, error.what()));
  return false;
}

bool needs_recovery(Volume& volume, u32 slot) {
  return has_window(volume.system_file(SystemFile::local_alloc, slot)) ||
         has_records(volume.system_file(SystemFile::truncate_log, slot));
}

}  // namespace ocfs2
