// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/log_withdrawal.h"

#include <algorithm>

#include "engine/volume/space.h"
#include "ondisk/bitmap.h"

namespace ocfs2 {
namespace {

/// The window's bits of clusters that somebody has are set, as they are of those that it gave out.
void withdraw_from_window(Inode& inode, Bytes body, const BitRun& clusters) {
  const u64 first = inode.local_alloc.first_cluster;
  const Bytes bitmap = LocalAlloc::bitmap(body);
  const u64 end = std::min<u64>(clusters.first + clusters.count, first + inode.bitmap.total);
  for (u64 at = std::max(clusters.first, first); at < end; ++at) {
    if (at - first >= bitmap.size() * 8 || test_bit(bitmap, at - first)) continue;
    set_bit(bitmap, at - first);
    inode.bitmap.used += 1;
  }
}

std::vector<BitRun> without(std::span<const TruncateRecord> records, const BitRun& clusters) {
  std::vector<BitRun> rest;
  const u64 gap_end = clusters.first + clusters.count;
  for (const TruncateRecord& record : records) {
    const u64 first = record.start, end = first + record.clusters;
    if (first == 0) continue;
    if (const u64 front_end = std::min(end, clusters.first); first < front_end)
      rest.push_back({first, front_end - first});
    if (const u64 tail = std::max(first, gap_end); tail < end) rest.push_back({tail, end - tail});
  }
  return rest;
}

}  // namespace

void withdraw_from_log(Checkup& checkup, InodeNo log, const BitRun& clusters) {
  Transaction& transaction = checkup.mender->transaction();
  const auto ref = transaction.read<Inode>(block_of(log));
  const Bytes block = transaction.edit_bytes(ref);
  Inode& inode = as<Inode>(block);
  if (inode.has_flag(inode_flag::local_alloc))
    return withdraw_from_window(inode, Inode::body(block), clusters);
  const std::vector<BitRun> rest = without(TruncateLog::records(Inode::body(block)), clusters);
  const std::span<TruncateRecord> slots = TruncateLog::slots(Inode::body(block));
  std::ranges::fill(slots, TruncateRecord{});
  inode.truncate_log.used = static_cast<u16>(std::min(rest.size(), slots.size()));
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (i < slots.size()) {
      slots[i].start = static_cast<u32>(rest[i].first);
      slots[i].clusters = static_cast<u32>(rest[i].count);
    } else if (const ClusterNo first(rest[i].first), end(rest[i].first + rest[i].count);
               checkup.survey.clusters.next_unexpected(first, end).count == 0) {
      Space(checkup.volume, 0).free_clusters(transaction, first, rest[i].count);
    }
  }
}

}  // namespace ocfs2
