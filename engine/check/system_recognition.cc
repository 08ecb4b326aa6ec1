// SPDX-License-Identifier: GPL-2.0-or-later
//
// System files without a name, recognised among the inodes of the global inode allocator. Files of one kind
// carry the same marks; among these the order of their numbers is that of the table and of the slots, since
// mkfs and tunefs make them in that order.
#include <algorithm>

#include "engine/check/system_files.h"
#include "ondisk/group.h"
#include "ondisk/records.h"

namespace ocfs2 {
namespace {

constexpr u32 groups_max = 4096;  ///< of the global inode allocator; one holds the files of some 30 slots

/// What files of one kind have in common.
struct Kind {
  u32 flags;
  u16 type;
  bool empty;  ///< of files without flags: bad_blocks has no data, the slot map has
  auto operator<=>(const Kind&) const = default;
};

Kind kind_of(const ExpectedFile& file) {
  return {file.flags, file.type, file.flags == 0 && file.file == SystemFile::bad_blocks};
}
Kind kind_of(const Inode& inode) {
  const u32 flags = inode.flags & ~(inode_flag::valid | inode_flag::system);
  return {flags, inode.type(), flags == 0 && inode.is_regular() && inode.size == 0};
}

bool is_group(const Checkup& checkup, const Patient<GroupDescriptor>& group) {
  return matches(group->signature, GroupDescriptor::signature_text) &&
         group->generation == checkup.facts().generation && group->block == group.block().value;
}

/// Calls `use` with every group of the global inode allocator that can be reached: from the place of the
/// first one, and from the chains, if their inode is known.
void each_group(Checkup& checkup, const std::function<void(const Patient<GroupDescriptor>&)>& use) {
  const Geometry& geometry = checkup.geometry();
  std::set<u64> seen;
  std::vector<u64> waiting{geometry.system_inode_group_block().value};
  if (const auto allocator = checkup.survey.system.find(SystemFile::global_inode_alloc))
    if (const auto inode = checkup.source.look<Inode>(block_of(*allocator), *allocator))
      for (const ChainRecord& chain : ChainList::chains(Inode::body(inode->bytes())))
        waiting.push_back(chain.block);
  while (!waiting.empty() && seen.size() < groups_max) {
    const BlockNo block(waiting.back());
    waiting.pop_back();
    if (!seen.insert(block.value).second) continue;
    const auto group = checkup.source.look<GroupDescriptor>(block, InodeNo());
    if (!group || !is_group(checkup, *group)) continue;
    use(*group);
    waiting.push_back((*group)->next_group);
  }
}

/// Calls `use` with the blocks in which system inodes can be: those that a group of their allocator has in
/// use, and behind the place of the first group all, should its descriptor be lost.
void each_place(Checkup& checkup, const std::function<void(const std::vector<BlockNo>&)>& use) {
  const Geometry& geometry = checkup.geometry();
  bool first_seen = false;
  each_group(checkup, [&](const Patient<GroupDescriptor>& group) {
    first_seen |= group.block() == geometry.system_inode_group_block();
    std::vector<BlockNo> blocks;
    for (u32 bit = 1; bit < group->bits; ++bit)
      if (test_bit(GroupDescriptor::bitmap(group.bytes()), bit))
        if (const auto block =
                GroupDescriptor::block_of_bit(group.bytes(), bit, geometry.blocks_per_cluster()))
          blocks.push_back(*block);
    use(blocks);
  });
  if (first_seen) return;
  std::vector<BlockNo> blocks;
  const u32 most = geometry.suballocator_group_clusters() * geometry.blocks_per_cluster();
  for (u32 bit = 1; bit < most && geometry.contains(geometry.system_inode_group_block() + bit); ++bit)
    blocks.push_back(geometry.system_inode_group_block() + bit);
  use(blocks);
}

class SystemInodeScan {
 public:
  SystemInodeScan(Checkup& checkup, const std::set<InodeNo>& taken) : checkup_(checkup), taken_(taken) {}

  std::map<Kind, std::vector<InodeNo>> run() {
    each_place(checkup_, [this](const std::vector<BlockNo>& blocks) {
      checkup_.source.prefetch(blocks);
      for (const BlockNo block : blocks) look(inode_at(block));
    });
    return std::move(found_);
  }

 private:
  void look(InodeNo number) {
    if (taken_.contains(number) || number == checkup_.volume.root() ||
        number == checkup_.volume.system_directory())
      return;
    const auto patient = checkup_.source.look<Inode>(block_of(number), number);
    if (!patient) return;
    const Inode& inode = **patient;
    if (matches(inode.signature, Inode::signature_text) && inode.block == number.value &&
        inode.fs_generation == checkup_.facts().generation &&
        inode.has_flag(inode_flag::valid | inode_flag::system))
      found_[kind_of(inode)].push_back(number);
  }

  Checkup& checkup_;
  const std::set<InodeNo>& taken_;
  std::map<Kind, std::vector<InodeNo>> found_;
};

}  // namespace

bool is_system_inode_place(Checkup& checkup, InodeNo number) {
  bool found = false;
  each_place(checkup, [&](const std::vector<BlockNo>& blocks) {
    found |= std::ranges::find(blocks, block_of(number)) != blocks.end();
  });
  return found;
}

std::optional<InodeNo> allocator_of_first_group(Checkup& checkup, SystemFile file) {
  const Geometry& geometry = checkup.geometry();
  const bool bitmap = file == SystemFile::global_bitmap;
  const BlockNo place = bitmap ? geometry.cluster_group_block(0) : geometry.system_inode_group_block();
  const auto group = checkup.source.look<GroupDescriptor>(place, InodeNo());
  if (!group || !is_group(checkup, *group)) return std::nullopt;
  const InodeNo inode((*group)->parent_inode);
  if (block_of(inode) <= super_block_no || !geometry.contains(block_of(inode))) return std::nullopt;
  return inode;
}

std::optional<InodeNo> number_by_order(const Checkup& checkup, const ExpectedFile& file) {
  const BlockNo place = checkup.geometry().system_inode_group_block();
  if (block_of(checkup.volume.root()) != place + 1 ||
      block_of(checkup.volume.system_directory()) != place + 2)
    return std::nullopt;
  std::optional<InodeNo> number;
  u64 bit = 3;
  for (const ExpectedFile& each : expected_files(checkup)) {
    const InodeNo next = inode_at(place + bit++);
    if (each == file) number = next;
    const auto known = checkup.survey.system.find(each.file, each.slot);
    if (known && *known != next) return std::nullopt;
  }
  return number;
}

std::vector<std::pair<ExpectedFile, InodeNo>> recognise_files(Checkup& checkup,
                                                              const std::vector<ExpectedFile>& nameless,
                                                              const std::set<InodeNo>& taken) {
  std::vector<std::pair<ExpectedFile, InodeNo>> recognised;
  auto inodes = SystemInodeScan(checkup, taken).run();
  for (auto& [kind, numbers] : inodes) {
    std::vector<ExpectedFile> files;
    for (const ExpectedFile& file : nameless)
      if (kind_of(file) == kind) files.push_back(file);
    std::ranges::sort(numbers);
    const bool all_there = files.size() == numbers.size();
    for (std::size_t i = 0; i < files.size(); ++i) {
      const auto number = all_there ? numbers[i] : number_by_order(checkup, files[i]);
      if (number && std::ranges::binary_search(numbers, *number)) recognised.emplace_back(files[i], *number);
    }
  }
  return recognised;
}

}  // namespace ocfs2
