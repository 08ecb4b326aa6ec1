// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/shrink.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/error.h"
#include "engine/tune/inodes.h"
#include "engine/tune/relocation.h"
#include "engine/tune/renumbering.h"
#include "engine/tune/shrink_survey.h"
#include "engine/volume/directory_rewrite.h"
#include "engine/volume/group_links.h"

namespace ocfs2 {
namespace {

constexpr std::size_t inodes_at_once = 1024;  ///< simple ones, kept in mind before they are moved
constexpr u32 groups_at_once = 64;            ///< cut off in one transaction

// ---- before the first write ----

/// Clusters that a slot has set aside belong to nobody who could be told that they moved.
void require_nothing_set_aside(Volume& volume) {
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot)
    if (volume.system_file(SystemFile::local_alloc, slot)->bitmap.total != 0 ||
        volume.system_file(SystemFile::truncate_log, slot)->truncate_log.used != 0)
      fail(ErrorKind::busy,
           "{}: slot {} has clusters in its local alloc or truncate log. Run \"fsck.ocfs2 -fy {}\" to give "
           "them back, then try again",
           volume.name(), slot, volume.name());
}

void require_room(Tuning& tuning, u32 clusters) {
  ShrinkSurvey survey(tuning.volume());
  if (survey.fits(clusters)) return;
  const u32 minimum = survey.minimum();
  fail(ErrorKind::no_space,
       "The filesystem on device \"{}\" cannot be shrunk to {} clusters: what lies behind that does not fit "
       "before it. The smallest size is {} clusters ({} bytes). Delete files, or choose a larger size",
       tuning.name(), clusters, minimum, u64{minimum} << tuning.geometry().cluster_bits);
}

// ---- moving ----

class Shrinking {
 public:
  Shrinking(Tuning& tuning, u32 clusters) : tuning_(tuning), tail_(tuning.volume(), clusters) {}

  void run() {
    if (tuning_.geometry().clusters == tail_.end()) return;
    tuning_.reporter().stage("Moving inodes from behind the new end");
    Renumbering(tuning_, tail_).run();
    tuning_.reporter().stage_done("done");
    tuning_.reporter().stage("Moving what else lies behind the new end");
    Relocation relocation(tuning_, tail_, inodes_in_use());
    free_groups(relocation.space(), [](SystemFile file) { return file != SystemFile::extent_alloc; });
    reserve_metadata(relocation.space());
    move_shared(relocation);
    move_inodes(relocation);
    for (u32 slot = 0; slot < tuning_.volume().facts().max_slots; ++slot) relocation.move_journal(slot);
    free_groups(relocation.space(), [](SystemFile file) { return file == SystemFile::extent_alloc; });
    renew_indexes(relocation.space());
    tuning_.reporter().stage_done("done");
    require_empty_tail();
    cut_off();
  }

 private:
  Volume& volume() const { return tuning_.volume(); }
  void free_groups(Space& space, const std::function<bool(SystemFile)>& wanted);
  void reserve_metadata(Space& space);
  void renew_indexes(Space& space);
  u64 inodes_in_use() const;
  void move_shared(Relocation& relocation);
  void move_inodes(Relocation& relocation);
  void require_empty_tail() const;
  void cut_off();
  void cut_step(Transaction& transaction);
  void cut_group(Transaction& transaction, Bytes bitmap, u32 index, u32 bits) const;

  Tuning& tuning_;
  const Tail tail_;
};

/// Gives back the groups of the tail in which nothing is left.
void Shrinking::free_groups(Space& space, const std::function<bool(SystemFile)>& wanted) {
  const Geometry& geometry = tuning_.geometry();
  for (const TailGroup& group : tail_.groups()) {
    if (!wanted(group.file)) continue;
    tuning_.change([&](Transaction& transaction) {
      const auto descriptor = transaction.read<GroupDescriptor>(group.block);
      const auto allocator = volume().system_file(group.file, group.slot);
      if (descriptor->free_bits + 1u != descriptor->bits)
        fail(ErrorKind::corrupt,
             "{}: group {} of {} should be empty, but {} of its blocks are in use; run: fsck.ocfs2 -f {}",
             tuning_.name(), group.block.value, system_file_name(group.file, group.slot),
             descriptor->bits - descriptor->free_bits - 1u, tuning_.name());
      const auto pieces = pieces_of(descriptor, allocator->chains.bits_per_cluster);
      unlink_group(transaction, volume(), allocator.block(), group.block);
      for (const BlockRun& piece : pieces)
        space.free_clusters(transaction, geometry.cluster_of(piece.first),
                            piece.blocks / geometry.blocks_per_cluster());
    });
  }
}

/// What needs clusters in a row comes before what can be divided, and breaks up the longest rows.
void Shrinking::reserve_metadata(Space& space) {
  const u64 blocks = ShrinkSurvey(volume()).metadata_blocks(tail_.end());
  tuning_.change([&](Transaction& transaction) { space.reserve_metadata(transaction, blocks); });
}

/// A run that died while a directory moved may have left it without its index.
void Shrinking::renew_indexes(Space& space) {
  if (!volume().has(feature::indexed_dirs)) return;
  for (const InodeNo number : directories_in_blocks(tuning_)) {
    const auto inode = volume().inode(number);
    if (inode->has_dynamic(dynamic_feature::indexed_dir)) continue;
    const u64 free = volume().system_file(SystemFile::global_bitmap)->bitmap.total -
                     volume().system_file(SystemFile::global_bitmap)->bitmap.used;
    const u64 behind = tuning_.geometry().clusters - tail_.end();     // nearly all of them free
    if (free < behind + inode->clusters + inode->clusters / 2 + 2) {  // an index is hardly larger
      tuning_.reporter().warn(fmt::format(
          "directory {} has no index, and there is no room for one; with more room run: fsck.ocfs2 -D {}",
          number.value, tuning_.name()));
      continue;
    }
    tuning_.change(
        [&](Transaction& transaction) { rebuild_index(transaction, space, number, OldIndex::give_back); });
  }
}

u64 Shrinking::inodes_in_use() const {
  u64 inodes = 0;
  for (u32 slot = 0; slot < volume().facts().max_slots; ++slot)
    inodes += volume().system_file(SystemFile::inode_alloc, slot)->bitmap.used;
  return inodes;
}

void Shrinking::move_shared(Relocation& relocation) {
  std::map<BlockNo, std::vector<InodeNo>> users;
  each_inode(tuning_, [&](const BlockRef<Inode>& inode) {
    relocation.move_buckets(inode_at(inode.block()));
    if (inode->refcount_root != 0) users[BlockNo(inode->refcount_root)].push_back(inode_at(inode.block()));
  });
  for (const auto& [tree, sharing] : users) relocation.move_shared(tree, sharing);
}

void Shrinking::move_inodes(Relocation& relocation) {
  std::vector<InodeNo> simple;
  const auto move_simple = [&] { relocation.move_simple(std::exchange(simple, {})); };
  each_inode(tuning_, [&](const BlockRef<Inode>& inode) {
    const InodeNo number = inode_at(inode.block());
    relocation.did(1);
    if (inode->has_flag(inode_flag::journal)) return;
    if (Relocation::is_simple(*inode))
      simple.push_back(number);
    else
      relocation.move_inode(number);
    if (simple.size() >= inodes_at_once) move_simple();
  });
  move_simple();
}

/// Nothing but descriptors and copies of the superblock may go.
void Shrinking::require_empty_tail() const {
  const Geometry& geometry = tuning_.geometry();
  const u32 per_group = geometry.clusters_per_group();
  for (u32 index = tail_.end() / per_group; index < geometry.cluster_groups(); ++index) {
    const auto group = volume().cache().read<GroupDescriptor>(geometry.cluster_group_block(index));
    const u64 first = u64{index} * per_group;
    const u64 begin = std::max<u64>(tail_.end(), first) - first;
    const ConstBytes bitmap = GroupDescriptor::bitmap(group.bytes());
    const u64 bits = geometry.clusters_in_group(index);
    for (u64 bit = find_set_bit(bitmap, begin, bits); bit < bits; bit = find_set_bit(bitmap, bit + 1, bits)) {
      const ClusterNo cluster(first + bit);
      bool known = bit == 0;
      for (u32 i = 0; volume().has(feature::backup_super) && i < geometry.backup_supers(); ++i)
        known |= geometry.cluster_of(geometry.backup_super_block(i)) == cluster;
      if (!known)
        fail(ErrorKind::corrupt,
             "{}: cluster {} is in use, but nothing is known to lie there; run: fsck.ocfs2 -f {}",
             tuning_.name(), cluster.value, tuning_.name());
    }
  }
}

// ---- cutting ----

void Shrinking::cut_off() {
  const Geometry old = tuning_.geometry();
  tuning_.reporter().stage("Cutting off the end");
  while (tuning_.geometry().clusters > tail_.end()) {
    tuning_.checkpoint();  // to whoever replays a log what lies behind the end is outside
    tuning_.change([&](Transaction& transaction) { cut_step(transaction); });
    tuning_.reporter().progress(old.clusters - tuning_.geometry().clusters, old.clusters - tail_.end());
  }
  tuning_.checkpoint();
  for (u32 index = tuning_.geometry().backup_supers(); index < old.backup_supers(); ++index)
    if (volume().has(feature::backup_super))
      tuning_.change([&](Transaction& transaction) {
        transaction.zero_data(old.backup_super_block(index), 1);  // it tells of a larger volume
      });
  tuning_.reporter().stage_done("done");
}

void Shrinking::cut_step(Transaction& transaction) {
  const Geometry geometry = tuning_.geometry();
  const u32 per_group = geometry.clusters_per_group(), groups = geometry.cluster_groups();
  const u32 kept_at_least = groups > groups_at_once ? groups - groups_at_once : 0;
  const u32 end = static_cast<u32>(std::max<u64>(tail_.end(), u64{kept_at_least} * per_group));
  const u32 kept = static_cast<u32>(divide_up(end, per_group));
  const BlockNo number = volume().system_file(SystemFile::global_bitmap).block();
  for (u32 index = groups; index-- > kept;)
    unlink_group(transaction, volume(), number, geometry.cluster_group_block(index));
  for (u32 index = kept; index < groups; ++index) transaction.forget(geometry.cluster_group_block(index));

  const Bytes bitmap = transaction.edit_as(number, Inode::kind);
  const u32 last = static_cast<u32>(end - u64{kept - 1} * per_group);
  if (last < geometry.clusters_in_group(kept - 1)) cut_group(transaction, bitmap, kept - 1, last);
  as<Inode>(bitmap).clusters = end;
  as<Inode>(bitmap).size = u64{end} << geometry.cluster_bits;
  edit_super(transaction).clusters = end;
  volume().set_clusters(end);  // judges look at the blocks as they will lie
}

/// Leaves the first `bits` clusters of a group.
void Shrinking::cut_group(Transaction& transaction, Bytes bitmap, u32 index, u32 bits) const {
  const Bytes block =
      transaction.edit_as(tuning_.geometry().cluster_group_block(index), GroupDescriptor::kind);
  auto& group = as<GroupDescriptor>(block);
  const Bytes in_use = GroupDescriptor::bitmap(block);
  const u32 gone = group.bits - bits;
  const u32 used = static_cast<u32>(count_set_bits(in_use, bits, group.bits));
  clear_bits(in_use, bits, group.bits);
  group.bits = static_cast<u16>(bits);
  group.free_bits -= static_cast<u16>(gone - used);
  group.contig_free_bits = static_cast<u16>(0);
  const auto chains = ChainList::chains(Inode::body(bitmap));
  if (group.chain >= chains.size())
    fail(ErrorKind::corrupt, "{}: the last group is on no chain; run: fsck.ocfs2 -f {}", tuning_.name(),
         tuning_.name());
  ChainRecord& chain = chains[group.chain];
  chain.total -= gone;
  chain.free -= gone - used;
  as<Inode>(bitmap).bitmap.total -= gone;
  as<Inode>(bitmap).bitmap.used -= used;
}

}  // namespace

Change plan_smaller(Tuning& tuning, u32 clusters) {
  const u32 from = tuning.prospect.clusters;
  require_nothing_set_aside(tuning.volume());
  require_room(tuning, clusters);
  Prospect after = tuning.prospect;
  after.clusters = clusters;
  after.free_clusters -= std::min<u64>(after.free_clusters, from - clusters);
  return {.what = "size",
          .from = fmt::format("{} clusters", from),
          .to = fmt::format("{} clusters", clusters),
          .question = fmt::format("Shrink the filesystem on device \"{}\" from {} to {} clusters? ",
                                  tuning.name(), from, clusters),
          .after = after,
          .carry_out = [&tuning, clusters] { Shrinking(tuning, clusters).run(); }};
}

u32 minimum_clusters(Volume& volume) { return ShrinkSurvey(volume).minimum(); }

}  // namespace ocfs2
