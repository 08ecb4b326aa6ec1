// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/directory_revival.h"

#include <algorithm>

#include "engine/check/system_files.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/new_blocks.h"

namespace ocfs2 {
namespace {

constexpr u64 search_bytes = 64 << 20;  ///< from the first group on: mkfs puts the directory near its start
constexpr u32 batch_blocks = 256;

/// `.` and `..` of the system directory are both itself.
bool begins_directory(ConstBytes block, InodeNo directory) {
  if (!is_entry(block, 0)) return false;
  const auto& self = as<DirectoryEntry>(block);
  if (self.inode != directory.value || self.name_length != 1 || !is_entry(block, self.record_length))
    return false;
  const auto& parent = as<DirectoryEntry>(block.subspan(self.record_length));
  return parent.inode == directory.value && parent.name_length == 2;
}

std::optional<BlockNo> find_first_block(Checkup& checkup, InodeNo directory) {
  const Geometry& geometry = checkup.geometry();
  const u32 per_batch = std::max<u32>(1, batch_blocks);
  ClusterNo at = geometry.first_cluster_group();
  const ClusterNo end(std::min<u64>(geometry.clusters, at.value + (search_bytes >> geometry.cluster_bits)));
  while (at < end) {
    std::vector<BlockNo> blocks;
    for (; at < end && blocks.size() < per_batch; ++at) blocks.push_back(geometry.first_block_of(at));
    checkup.source.prefetch(blocks);
    for (const BlockNo block : blocks) {
      const auto seen = checkup.source.look<PlainDirectoryBlock>(block, directory);
      if (seen && begins_directory(seen->bytes(), directory)) return block;
    }
  }
  return std::nullopt;
}

/// Entries are neither in the inode nor where its first extent is; taken for certain of flat trees only.
bool leads_elsewhere(Checkup& checkup, const Patient<Inode>& inode) {
  const InodeNo number = inode_at(inode.block());
  const ConstBytes body = Inode::body(inode.bytes());
  const auto& list = as<ExtentList>(body);
  if (begins_directory(body.subspan(sizeof(InlineData)), number) || list.tree_depth != 0) return false;
  if (list.used == 0) return true;
  const BlockNo first(as<ExtentRecord>(body.subspan(sizeof(ExtentList))).block);
  const auto block = checkup.source.look<PlainDirectoryBlock>(first, number);
  return !block || !begins_directory(block->bytes(), number);
}

/// How many blocks of a cluster hold entries.
u32 blocks_of_directory(Checkup& checkup, InodeNo directory, BlockNo first) {
  for (u32 blocks = 1; blocks < checkup.geometry().blocks_per_cluster(); ++blocks) {
    const auto next = checkup.source.look<PlainDirectoryBlock>(first + blocks, directory);
    if (!next || !is_entry(next->bytes(), 0)) return blocks;
  }
  return checkup.geometry().blocks_per_cluster();
}

}  // namespace

bool system_directory_lost(Checkup& checkup, const Patient<Inode>& inode) {
  const InodeNo number = inode_at(inode.block());
  const SystemMarks marks = marks_of(checkup, number, *inode, 0, file_mode::directory);
  if (!marks.enough()) return true;
  return leads_elsewhere(checkup, inode) && find_first_block(checkup, number);
}

bool revive_system_directory(Checkup& checkup, Bytes block) {
  const Geometry& geometry = checkup.geometry();
  const InodeNo number = checkup.volume.system_directory();
  const auto first = find_first_block(checkup, number);
  if (!first && !checkup.has(feature::inline_data)) return false;
  const BlockNo group = geometry.system_inode_group_block();
  const InodeBirth birth{.mode = file_mode::directory | 0755,
                         .flags = inode_flag::valid | inode_flag::system,
                         .links = 2 + checkup.facts().max_slots,  // the orphan directories lie in it
                         .seconds = checkup.now_seconds};
  std::ranges::fill(block, u8{0});
  const Origin origin{no_slot, static_cast<u16>(block_of(number) - group), BlockNo()};
  Inode& inode = format_inode(checkup.facts(), {block_of(number), origin}, birth, block);
  if (!first) {
    format_first_area(format_inline_directory(geometry, block), number, number);
    return true;
  }
  format_inode_extents(geometry, block);
  inode.extents.used = static_cast<u16>(1);
  ExtentList::record_slots(Inode::body(block))[0] = {0, static_cast<u16>(1), 0, 0, first->value};
  inode.clusters = 1;
  inode.size = u64{blocks_of_directory(checkup, number, *first)} << geometry.block_bits;
  return true;
}

}  // namespace ocfs2
