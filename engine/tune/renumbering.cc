// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/renumbering.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/tune/inodes.h"
#include "engine/volume/directory.h"
#include "engine/volume/directory_edit.h"

namespace ocfs2 {
namespace {

constexpr std::size_t blocks_at_once = 128;  ///< in a transaction that may still be added to

/// Entries of orphan directories are named after what they lead to, with a prefix perhaps.
std::string renamed(const std::string& name, InodeNo old, InodeNo now) {
  const std::string number = fmt::format("{:016x}", old.value);
  if (!name.ends_with(number)) return name;
  const std::string prefix = name.substr(0, name.size() - number.size());
  return prefix.empty() || prefix == "dio-" ? prefix + fmt::format("{:016x}", now.value) : name;
}

/// The groups of an allocator know it by its number.
void follow_groups(Transaction& transaction, Volume& volume, const BlockRef<Inode>& old, InodeNo now) {
  std::vector<BlockNo> groups;
  ChainAllocator(volume, old).each_group([&](const auto& group) {
    groups.push_back(group.block());
    return true;
  });
  for (const BlockNo group : groups) transaction.edit<GroupDescriptor>(group).parent_inode = now.value;
}

}  // namespace

InodeNo Renumbering::now_at(InodeNo number) const {
  const auto moved = moved_.find(number);
  return moved == moved_.end() ? number : moved->second;
}

void Renumbering::run() {
  find_inodes();
  if (names_.empty()) return;
  find_names();
  move_journals();
  const u64 total = names_.size();
  for (auto next = names_.begin(); next != names_.end();) {
    tuning_.change([&](Transaction& transaction) {
      bool alone = false;  // an allocator is found by its number
      while (next != names_.end() && transaction.blocks() < blocks_at_once && !alone) {
        const InodeNo number = next++->first;
        if (moved_.contains(number)) continue;
        alone = transaction.read<Inode>(block_of(number))->has_flag(inode_flag::chain);
        move(transaction, number);
      }
    });
    tuning_.reporter().progress(moved_.size(), total);
  }
}

void Renumbering::find_inodes() {
  Volume& volume = tuning_.volume();
  for (const TailGroup& group : tail_.groups()) {
    if (group.file == SystemFile::extent_alloc) continue;
    const u32 bits_per_cluster = volume.system_file(group.file, group.slot)->chains.bits_per_cluster;
    const auto descriptor = volume.cache().read<GroupDescriptor>(group.block);
    for (u32 bit = 1; bit < descriptor->bits; ++bit) {
      if (!test_bit(GroupDescriptor::bitmap(descriptor.bytes()), bit)) continue;
      const auto block = GroupDescriptor::block_of_bit(descriptor.bytes(), bit, bits_per_cluster);
      if (block) names_[inode_at(volume.inode(inode_at(*block)).block())];
    }
  }
}

void Renumbering::find_names() {
  each_inode(tuning_, [&](const BlockRef<Inode>& inode) {
    if (!inode->is_directory()) return;
    const InodeNo directory = inode_at(inode.block());
    Directory(tuning_.volume(), directory).each([&](const DirectoryEntry& entry, std::string_view name) {
      if (name == "." || name == "..") return true;
      const auto wanted = names_.find(InodeNo(entry.inode));
      if (wanted != names_.end()) wanted->second.push_back({directory, std::string(name)});
      return true;
    });
  });
  for (const auto& [inode, names] : names_)
    if (names.empty())
      fail(ErrorKind::corrupt, "{}: inode {} has no name; run: fsck.ocfs2 -f {}", tuning_.name(), inode.value,
           tuning_.name());
}

/// A log cannot protect a change of its own inode.
void Renumbering::move_journals() {
  Volume& volume = tuning_.volume();
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot) {
    const InodeNo journal = inode_at(volume.system_file(SystemFile::journal, slot).block());
    if (!names_.contains(journal)) continue;
    tuning_.without_journal(
        slot, [&] { tuning_.change([&](Transaction& transaction) { move(transaction, journal); }); });
  }
}

/// The copy is made last: all that changes on the way changes the inode where it was.
void Renumbering::move(Transaction& transaction, InodeNo old) {
  Volume& volume = tuning_.volume();
  Space space(volume, 0);
  space.stay_below(tail_.end());
  const BlockNo from = block_of(old);
  const Origin origin = origin_of(*transaction.read<Inode>(from));
  const NewBlock made =
      origin.slot == no_slot ? space.allocate_system_inode(transaction) : space.allocate_inode(transaction);
  const InodeNo now = inode_at(made.block);
  if (transaction.read<Inode>(from)->is_directory()) {
    follow_directory(transaction, space, old, now);
    follow_children(transaction, space, old, now);
  }
  follow_names(transaction, space, old, now);

  const auto inode = transaction.read<Inode>(from);
  const Bytes copy = transaction.create_bytes(made.block, Inode::kind);
  std::ranges::copy(inode.bytes(), copy.begin());
  set_origin(as<Inode>(copy), made.origin);
  as<Inode>(copy).block = made.block.value;
  if (inode->body_kind() == InodeBody::chain_list) follow_groups(transaction, volume, inode, now);
  space.free_inode(transaction, from, origin, tuning_.now_seconds());
  moved_[old] = now;
}

/// What of a directory's own blocks tells whose they are.
void Renumbering::follow_directory(Transaction& transaction, Space& space, InodeNo old, InodeNo now) {
  DirectoryEditor(transaction, space, old).replace(".", now, EntryType::directory);
  const auto inode = transaction.read<Inode>(block_of(old));
  const bool indexed = inode->has_dynamic(dynamic_feature::indexed_dir);
  if (indexed) transaction.edit<IndexRoot>(BlockNo(inode->index_root)).directory_inode = now.value;
  if (inode->body_kind() != InodeBody::extent_list || !(indexed || space.volume().has(feature::metaecc)))
    return;
  const Geometry& geometry = tuning_.geometry();
  const u64 blocks = geometry.blocks_for(inode->size);
  std::vector<BlockNo> with_trailer;
  ExtentEdit(transaction, space, ExtentRoot::of(inode)).tree().each_run([&](const ExtentRun& run) {
    const u64 first = run.cpos * geometry.blocks_per_cluster();
    for (u64 i = 0; i < run.clusters * geometry.blocks_per_cluster() && first + i < blocks; ++i)
      with_trailer.push_back(run.block + i);
    return true;
  });
  for (const BlockNo block : with_trailer)
    DirectoryBlock::trailer(transaction.edit_as(block, DirectoryBlock::kind)).parent_inode = now.value;
}

/// The directories in a directory lead back to it.
void Renumbering::follow_children(Transaction& transaction, Space& space, InodeNo old, InodeNo now) {
  std::vector<InodeNo> children;
  Directory(tuning_.volume(), old).each([&](const DirectoryEntry& entry, std::string_view name) {
    if (name != "." && name != ".." && EntryType(entry.file_type) == EntryType::directory)
      children.push_back(now_at(InodeNo(entry.inode)));
    return true;
  });
  for (const InodeNo child : children) {
    DirectoryEditor editor(transaction, space, child);
    if (editor.find("..") == old) editor.replace("..", now, EntryType::directory);
  }
}

void Renumbering::follow_names(Transaction& transaction, Space& space, InodeNo old, InodeNo now) {
  const EntryType type = entry_type_of(transaction.read<Inode>(block_of(old))->mode);
  const bool waits =
      transaction.read<Inode>(block_of(old))->flags & (inode_flag::orphaned | inode_flag::dio_orphaned);
  for (const Name& name : names_[old]) {
    DirectoryEditor editor(transaction, space, now_at(name.directory));
    const std::string text = waits ? renamed(name.text, old, now) : name.text;
    if (text != name.text) editor.rename(name.text, text);
    if (!editor.replace(text, now, type))
      fail(ErrorKind::corrupt, "{}: directory {} has lost its entry \"{}\"; run: fsck.ocfs2 -f {}",
           tuning_.name(), name.directory.value, text, tuning_.name());
  }
}

}  // namespace ocfs2
