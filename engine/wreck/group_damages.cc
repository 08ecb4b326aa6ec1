// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damages of groups that lie in pieces (spec: fsck-checks.md B1; ondisk.md 5.4). Such groups are rare: where
// there is none, a sound one of three pieces is made first.
#include "engine/wreck/scene.h"

namespace ocfs2 {
namespace {

/// Claims three runs that do not touch, a half and two quarters of `clusters`, into `list`.
void claim_pieces(Scene& scene, std::array<ExtentRecord, 3>& pieces, u32 clusters) {
  const std::array<u32, 3> lengths = {clusters / 2, clusters / 4, clusters - clusters / 2 - clusters / 4};
  u32 position = 0;
  std::vector<ClusterNo> gaps;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    pieces[i] = {};
    const ClusterNo first = scene.claim_clusters(lengths[i] + 1);
    pieces[i].cpos = position;
    pieces[i].clusters = static_cast<u16>(lengths[i]);
    pieces[i].block = scene.geometry().first_block_of(first).value;
    position += lengths[i];
    gaps.push_back(first + lengths[i]);
  }
  for (const ClusterNo gap : gaps) scene.set_cluster_soundly(gap, false);
}

/// Hangs a group on the allocator's next chain, or on its first when all chains are in use.
u32 hang_on_chain(Scene& scene, InodeNo allocator, GroupDescriptor& group) {
  const Bytes body = scene.edit_body(allocator);
  auto& list = as<ChainList>(body);
  const u32 number = list.used < list.count ? u32{list.used} : 0;
  if (number == list.used) list.used += 1;
  ChainRecord& chain = ChainList::slots(body)[number];
  group.next_group = chain.block;
  chain.block = group.block;
  chain.total += group.bits;
  chain.free += group.free_bits;
  auto& inode = scene.edit_inode(allocator);
  inode.bitmap.total += group.bits;
  inode.bitmap.used += static_cast<u32>(group.bits - group.free_bits);
  inode.clusters += list.clusters_per_group;
  inode.size = u64{inode.clusters} << scene.geometry().cluster_bits;
  return number;
}

BlockNo make_group_of_pieces(Scene& scene) {
  const InodeNo allocator = scene.system_file(SystemFile::inode_alloc, scene.slot(0));
  auto& chains = as<ChainList>(scene.edit_body(allocator));
  if (chains.clusters_per_group == 0)
    chains.clusters_per_group = static_cast<u16>(scene.geometry().suballocator_group_clusters());
  if (chains.clusters_per_group < 4) scene.lacks("groups of four clusters or more");
  std::array<ExtentRecord, 3> pieces;
  claim_pieces(scene, pieces, chains.clusters_per_group);

  const BlockNo block(pieces[0].block);
  const Bytes bytes = scene.create(block, GroupDescriptor::kind);
  auto& group = as<GroupDescriptor>(bytes);
  stamp(group.signature, GroupDescriptor::signature_text);
  group.bitmap_bytes = GroupDescriptor::discontiguous_bitmap_bytes;
  group.bits = static_cast<u16>(chains.clusters_per_group * chains.bits_per_cluster);
  group.free_bits = static_cast<u16>(group.bits - 1);
  group.generation = scene.facts().generation;
  group.parent_inode = allocator.value;
  group.block = block.value;
  set_bit(GroupDescriptor::bitmap(bytes), 0);
  const Bytes list = GroupDescriptor::pieces(bytes);
  as<ExtentList>(list).count = static_cast<u16>(scene.geometry().extent_records_per_group());
  as<ExtentList>(list).used = pieces.size();
  std::copy(pieces.begin(), pieces.end(), ExtentList::record_slots(list).begin());
  group.chain = static_cast<u16>(hang_on_chain(scene, allocator, group));
  return block;
}

/// A group in at least three pieces.
Bytes pieces_of_victim(Scene& scene) {
  std::vector<BlockNo> found;
  for (const SystemFile file : {SystemFile::inode_alloc, SystemFile::extent_alloc})
    for (const InodeNo allocator : scene.suballocators(file))
      for (const BlockNo group : scene.groups_of(allocator)) {
        const auto block = scene.volume().cache().read<GroupDescriptor>(group);
        if (GroupDescriptor::discontiguous(block.bytes()) &&
            ExtentList::records(GroupDescriptor::pieces(block.bytes())).size() >= 3)
          found.push_back(group);
      }
  if (found.empty()) found.push_back(make_group_of_pieces(scene));
  const BlockNo group = scene.pick(found, "group in pieces");
  return GroupDescriptor::pieces(scene.edit_bytes(group, GroupDescriptor::kind));
}
ExtentList& list_of_victim(Scene& scene) { return as<ExtentList>(pieces_of_victim(scene)); }
std::span<ExtentRecord> records_of_victim(Scene& scene) {
  return ExtentList::records(pieces_of_victim(scene));
}

u64 clusters_of(std::span<const ExtentRecord> records) {
  u64 clusters = 0;
  for (const ExtentRecord& record : records) clusters += record.clusters;
  return clusters;
}

void too_long(std::span<ExtentRecord> records, std::initializer_list<std::size_t> which) {
  const u64 group = clusters_of(records);
  for (const std::size_t number : which) records[number].clusters = static_cast<u16>(group + 1);
}

/// The first record too long, the second so long that the last has no room.
void list_corrupt(Scene& scene) {
  const auto records = records_of_victim(scene);
  const u64 group = clusters_of(records);
  too_long(records, {0});
  const std::size_t before_last = records.size() - 2;
  records[before_last].clusters = static_cast<u16>(group - clusters_of(records.subspan(1, before_last - 1)));
}

/// The first record too long, and the others make a whole group without it.
void record_corrupt(Scene& scene) {
  const auto records = records_of_victim(scene);
  records[1].clusters += records[0].clusters;
  records[0].clusters = static_cast<u16>(clusters_of(records.subspan(1)) + 1);
}

constexpr Features pieces_feature = feature::discontig_bg;

constexpr Damage table[] = {
    {36, "DISCONTIG_BG_DEPTH", "DISCONTIG_BG_DEPTH", "The list of pieces has a depth",
     [](Scene& scene) { list_of_victim(scene).tree_depth += 1; }, pieces_feature},
    {37, "DISCONTIG_BG_COUNT", "DISCONTIG_BG_COUNT", "The list of pieces claims more records than fit",
     [](Scene& scene) { list_of_victim(scene).count += 10; }, pieces_feature},
    {38, "DISCONTIG_BG_REC_RANGE", "DISCONTIG_BG_REC_RANGE", "A piece lies behind the volume",
     [](Scene& scene) { records_of_victim(scene)[1].block = scene.geometry().blocks(); }, pieces_feature},
    {39, "DISCONTIG_BG_CORRUPT_LEAVES", "DISCONTIG_BG_CORRUPT_LEAVES", "Two pieces are longer than the group",
     [](Scene& scene) {
       too_long(records_of_victim(scene), {0, 1});
     },
     pieces_feature},
    {40, "DISCONTIG_BG_CLUSTERS", "DISCONTIG_BG_CLUSTERS", "The pieces together are more than a group",
     [](Scene& scene) { records_of_victim(scene).back().clusters += 1; }, pieces_feature},
    {41, "DISCONTIG_BG_LESS_CLUSTERS", "DISCONTIG_BG_LESS_CLUSTERS",
     "The pieces together are less than a group",
     [](Scene& scene) { records_of_victim(scene).back().clusters -= 1; }, pieces_feature},
    {42, "DISCONTIG_BG_NEXT_FREE_REC", "DISCONTIG_BG_NEXT_FREE_REC",
     "l_next_free_rec counts a piece that is not there",
     [](Scene& scene) { list_of_victim(scene).used += 1; }, pieces_feature},
    {43, "DISCONTIG_BG_LIST_CORRUPT", "DISCONTIG_BG_LIST_CORRUPT",
     "One piece is longer than the group and another one takes the last one's room", list_corrupt,
     pieces_feature},
    {44, "DISCONTIG_BG_REC_CORRUPT", "DISCONTIG_BG_REC_CORRUPT",
     "One piece is longer than the group and the others make a whole group without it", record_corrupt,
     pieces_feature},
    {45, "DISCONTIG_BG_LEAF_CLUSTERS", "DISCONTIG_BG_LEAF_CLUSTERS",
     "One piece is longer than the group; the others tell its length",
     [](Scene& scene) { too_long(records_of_victim(scene), {0}); }, pieces_feature},
    {{},
     "DISCONTIG_BG_CPOS",
     "DISCONTIG_BG_CPOS",
     "e_cpos of a piece is not the sum of those before it",
     [](Scene& scene) { records_of_victim(scene)[1].cpos += 1; },
     pieces_feature},
};

}  // namespace

std::span<const Damage> group_damages() { return table; }

}  // namespace ocfs2
