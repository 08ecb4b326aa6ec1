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
  std::vector<u64> waiting{geometry.first_block_of(geometry.first_cluster_group() + 1).value};
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

class SystemInodeScan {
 public:
  SystemInodeScan(Checkup& checkup, const std::set<InodeNo>& taken) : checkup_(checkup), taken_(taken) {}

  std::map<Kind, std::vector<InodeNo>> run() {
    each_group(checkup_, [this](const Patient<GroupDescriptor>& group) { scan(group); });
    return std::move(found_);
  }

 private:
  void scan(const Patient<GroupDescriptor>& group) {
    std::vector<BlockNo> blocks;
    for (u32 bit = 1; bit < group->bits; ++bit)
      if (test_bit(GroupDescriptor::bitmap(group.bytes()), bit))
        if (const auto block =
                GroupDescriptor::block_of_bit(group.bytes(), bit, checkup_.geometry().blocks_per_cluster()))
          blocks.push_back(*block);
    checkup_.source.prefetch(blocks);
    for (const BlockNo block : blocks) look(inode_at(block));
  }

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
  each_group(checkup, [&](const Patient<GroupDescriptor>& group) {
    const auto bit = GroupDescriptor::bit_of_block(group.bytes(), block_of(number),
                                                   checkup.geometry().blocks_per_cluster());
    found |= bit.value_or(0) != 0;
  });
  return found;
}

std::optional<InodeNo> allocator_of_first_group(Checkup& checkup, SystemFile file) {
  const Geometry& geometry = checkup.geometry();
  const BlockNo place = file == SystemFile::global_bitmap
                            ? geometry.cluster_group_block(0)
                            : geometry.first_block_of(geometry.first_cluster_group() + 1);
  const auto group = checkup.source.look<GroupDescriptor>(place, InodeNo());
  if (!group || !is_group(checkup, *group)) return std::nullopt;
  const InodeNo inode((*group)->parent_inode);
  if (block_of(inode) <= super_block_no || !geometry.contains(block_of(inode))) return std::nullopt;
  return inode;
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
    if (files.size() != numbers.size()) continue;  // nobody could tell which is which
    std::ranges::sort(numbers);
    for (std::size_t i = 0; i < files.size(); ++i) recognised.emplace_back(files[i], numbers[i]);
  }
  return recognised;
}

}  // namespace ocfs2
