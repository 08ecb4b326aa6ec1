// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/space.h"

#include "engine/error.h"

namespace ocfs2 {
namespace {

/// The bitmap of a group of clusters with what this transaction has freed still set.
std::vector<u8> takeable_bits(const Transaction& transaction, const Geometry& geometry, u32 index,
                              const BlockRef<GroupDescriptor>& group) {
  const ConstBytes bitmap = GroupDescriptor::bitmap(group.bytes());
  std::vector<u8> bits(bitmap.begin(), bitmap.end());
  const u64 first = u64{index} * geometry.clusters_per_group();
  const u64 end = first + geometry.clusters_in_group(index);
  const auto keep = [&](BlockNo from, u64 count) {
    set_bits(bits, geometry.cluster_of(from).value - first, geometry.cluster_of(from + count).value - first);
  };
  transaction.each_released(geometry.first_block_of(ClusterNo(first)),
                            geometry.first_block_of(ClusterNo(end)), keep);
  return bits;
}

/// The first run of `wanted` clear bits from `near` on, else of all; the longest one when there is none.
BitRun best_run(ConstBytes bits, u64 end, u64 near, u64 wanted) {
  if (const auto run = find_clear_run(bits, near, end, wanted)) return *run;
  if (const auto run = find_clear_run(bits, 0, end, wanted)) return *run;
  return longest_clear_run(bits, 0, end);
}

}  // namespace

BlockNo Space::allocator(SystemFile file, u32 slot) {
  const std::string name = system_file_name(file, slot);
  if (const auto known = allocators_.find(name); known != allocators_.end()) return known->second;
  return allocators_[name] = volume_.system_file(file, slot).block();
}

BitRun Space::allocate_clusters(Transaction& transaction, u32 wanted, ClusterNo near) {
  require(wanted > 0);
  const BitRun run = search(transaction, wanted, near);
  mark_clusters(transaction, run, true);
  next_ = ClusterNo(run.first + run.count);
  return run;
}

/// Looks at the group of `near`, or where the last search ended, and at the others from there on.
BitRun Space::search(Transaction& transaction, u32 wanted, ClusterNo near) {
  const Geometry& geometry = volume_.geometry();
  const u64 start = (near.value == 0 ? next_ : near).value % end();
  const u32 groups = static_cast<u32>(divide_up(end(), geometry.clusters_per_group()));
  const u32 first = static_cast<u32>(start / geometry.clusters_per_group());
  const u64 goal = std::min<u64>(wanted, run_max_);
  BitRun longest;
  for (u32 i = 0; i < groups; ++i) {
    const u32 index = (first + i) % groups;
    const auto group = transaction.read<GroupDescriptor>(geometry.cluster_group_block(index));
    if (group->free_bits <= longest.count) continue;
    const u64 bits = std::min<u64>(group->bits, end() - u64{index} * geometry.clusters_per_group());
    BitRun run = best_run(takeable_bits(transaction, geometry, index, group), bits,
                          i == 0 ? start % geometry.clusters_per_group() : 0, wanted);
    run.first += u64{index} * geometry.clusters_per_group();
    if (run.count > longest.count) longest = run;
    if (longest.count >= goal) return longest;
  }
  if (longest.count == 0)
    fail(ErrorKind::no_space,
         "{}: no cluster is free; delete files or enlarge the volume with tunefs.ocfs2 -S", volume_.name());
  // What is released now will be free after the commit: then longer runs may be there.
  if (transaction.nothing_released()) run_max_ = longest.count;
  return longest;
}

/// Sets or clears the bits of clusters that lie in one group or in several.
void Space::mark_clusters(Transaction& transaction, BitRun clusters, bool in_use) {
  const Geometry& geometry = volume_.geometry();
  const u32 per_group = geometry.clusters_per_group();
  while (clusters.count > 0) {
    const u32 index = static_cast<u32>(clusters.first / per_group);
    const u64 bit = clusters.first % per_group;
    const u64 count = std::min(clusters.count, per_group - bit);
    mark(transaction, allocator(SystemFile::global_bitmap), geometry.cluster_group_block(index), {bit, count},
         in_use);
    clusters = {clusters.first + count, clusters.count - count};
  }
}

void Space::take_clusters(Transaction& transaction, ClusterNo first, u64 count) {
  require_inside(first, count);
  mark_clusters(transaction, {first.value, count}, true);
}

void Space::free_clusters(Transaction& transaction, ClusterNo first, u64 count) {
  const Geometry& geometry = volume_.geometry();
  require_freeable(transaction, first, count);
  mark_clusters(transaction, {first.value, count}, false);
  transaction.release(geometry.first_block_of(first), count * geometry.blocks_per_cluster());
  run_max_ = ~u64{0};
}

void Space::require_inside(ClusterNo first, u64 count) const {
  const u64 clusters = volume_.geometry().clusters;
  if (first.value >= clusters || count > clusters - first.value)
    fail(ErrorKind::corrupt, "{}: there are no {} clusters from {} on: the volume has {}", volume_.name(),
         count, first.value, clusters);
}

void Space::require_freeable(const Transaction& transaction, ClusterNo first, u64 count) const {
  const Geometry& geometry = volume_.geometry();
  const ConstBytes super = transaction.pending(super_block_no);  // which may give the copies up
  const Features features = super.empty() ? volume_.features() : as<SuperInode>(super).super.features();
  require_inside(first, count);
  const auto refuse = [&](ClusterNo cluster, std::string_view holds) {
    if (cluster >= first && cluster - first < count)
      fail(ErrorKind::corrupt, "{}: cluster {} cannot be freed: it holds {}; run: fsck.ocfs2 -f {}",
           volume_.name(), cluster.value, holds, volume_.name());
  };
  for (u64 cluster = 0; cluster < geometry.first_cluster_group().value; ++cluster)
    refuse(ClusterNo(cluster), "the superblock");
  const u32 per_group = geometry.clusters_per_group();
  for (u64 index = first.value / per_group; index * per_group < first.value + count; ++index)
    refuse(geometry.cluster_of(geometry.cluster_group_block(static_cast<u32>(index))), "a group descriptor");
  for (u32 index = 0; features.has(feature::backup_super) && index < geometry.backup_supers(); ++index)
    refuse(geometry.cluster_of(geometry.backup_super_block(index)), "a copy of the superblock");
}

void Space::mark_bits(Transaction& transaction, BlockNo group_block, BitRun bits, bool in_use) {
  const auto group = transaction.read<GroupDescriptor>(group_block);
  if (bits.count == 0 || bits.first >= group->bits || bits.count > group->bits - bits.first)
    fail(ErrorKind::invalid_argument, "{}: there are no {} bits from {} on: group {} has {}", volume_.name(),
         bits.count, bits.first, group_block.value, u16{group->bits});
  const BlockNo parent(group->parent_inode);
  if (parent != allocator(SystemFile::global_bitmap)) {
    if (!in_use && bits.first == 0)
      fail(ErrorKind::invalid_argument, "{}: bit 0 of group {} is its descriptor, which stays in use",
           volume_.name(), group_block.value);
    return mark(transaction, parent, group_block, bits, in_use);
  }
  const u64 cluster = volume_.geometry().cluster_of(group_block).value;
  const ClusterNo first(cluster - cluster % volume_.geometry().clusters_per_group() + bits.first);
  in_use ? take_clusters(transaction, first, bits.count) : free_clusters(transaction, first, bits.count);
}

/// Sets (or clears) bits of a group, all of which must be clear (set), with every counter that counts them.
void Space::mark(Transaction& transaction, BlockNo allocator, BlockNo group_block, BitRun run, bool in_use) {
  const Bytes group_bytes = transaction.edit_as(group_block, GroupDescriptor::kind);
  const Bytes inode_bytes = transaction.edit_as(allocator, Inode::kind);
  auto& group = as<GroupDescriptor>(group_bytes);
  auto& inode = as<Inode>(inode_bytes);
  const auto chains = ChainList::chains(Inode::body(inode_bytes));
  if (group.parent_inode != allocator.value || group.chain >= chains.size())
    fail(ErrorKind::corrupt, "{}: group {} is not on a chain of allocator {}; run: fsck.ocfs2 -f {}",
         volume_.name(), group_block.value, allocator.value, volume_.name());
  ChainRecord& chain = chains[group.chain];

  const Bytes bitmap = GroupDescriptor::bitmap(group_bytes);
  const u64 end = run.first + run.count;
  if (end > group.bits || count_set_bits(bitmap, run.first, end) != (in_use ? 0 : run.count))
    fail(ErrorKind::corrupt, "{}: bits {} to {} of group {} are not all {}; run: fsck.ocfs2 -f {}",
         volume_.name(), run.first, end - 1, group_block.value, in_use ? "free" : "in use", volume_.name());
  const u32 count = static_cast<u32>(run.count);
  if (in_use ? chain.free < count || inode.bitmap.used + u64{count} > inode.bitmap.total
             : inode.bitmap.used < count || chain.free + u64{count} > chain.total)
    fail(ErrorKind::corrupt, "{}: the counters of allocator {} contradict group {}; run: fsck.ocfs2 -f {}",
         volume_.name(), allocator.value, group_block.value, volume_.name());

  in_use ? set_bits(bitmap, run.first, end) : clear_bits(bitmap, run.first, end);
  const u32 less_free = in_use ? count : 0u - count;  // wraps, and the differences come out right
  group.free_bits -= static_cast<u16>(less_free);
  group.contig_free_bits = static_cast<u16>(0);  // newer kernels' hint: unknown
  chain.free -= less_free;
  inode.bitmap.used += less_free;
}

}  // namespace ocfs2
