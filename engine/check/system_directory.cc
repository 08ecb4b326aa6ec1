// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/system_directory.h"

#include <algorithm>

#include "engine/volume/new_blocks.h"
#include "ondisk/inode.h"

namespace ocfs2 {
namespace {

constexpr u32 inline_offset = Inode::body_offset + sizeof(InlineData);

/// Entries stand in the inode itself: it says so, or they can be seen there.
bool holds_entries(ConstBytes inode, InodeNo number) {
  if (as<Inode>(inode).has_dynamic(dynamic_feature::inline_data)) return true;
  const ConstBytes area = inode.subspan(inline_offset);
  return is_entry(area, 0) && as<DirectoryEntry>(area).inode == number.value &&
         as<DirectoryEntry>(area).name_length == 1;
}

}  // namespace

SystemDirectory::SystemDirectory(Checkup& checkup, const std::set<std::string>& names) : checkup_(checkup) {
  const InodeNo number = checkup.volume.system_directory();
  const auto inode = checkup.source.look<Inode>(block_of(number), number);
  if (!inode) return;
  indexed_ = (*inode)->has_dynamic(dynamic_feature::indexed_dir);
  if (holds_entries(inode->bytes(), number)) {
    // the room there is, whatever the inode claims
    const u32 bytes = static_cast<u32>(Inode::body(inode->bytes()).size() - sizeof(InlineData));
    areas_.push_back({block_of(number), &Inode::kind, inline_offset, bytes / 4 * 4, false, false});
  } else {
    find_areas(inode->bytes());
  }
  for (std::size_t i = 0; i < areas_.size(); ++i) read_area(i, names);
}

void SystemDirectory::find_areas(ConstBytes inode) {
  const Geometry& geometry = checkup_.geometry();
  const u64 most = geometry.blocks_for(u64{slots_max} * std::size(system_files) * 64);
  const u64 said = geometry.blocks_for(as<Inode>(inode).size);
  u64 blocks_left = said == 0 || said > most ? most : said;
  const ConstBytes list = inode.subspan(Inode::body_offset);
  add_tree(list, std::min<u32>(as<ExtentList>(list).tree_depth, ExtentList::depth_max), blocks_left);
}

void SystemDirectory::add_tree(ConstBytes list, u32 depth, u64& blocks_left) {
  if (depth == 0) {
    for (const ExtentRecord& record : ExtentList::records(list)) add_run(record, blocks_left);
    return;
  }
  for (const ChildRecord& child : ExtentList::children(list)) {
    if (blocks_left == 0) return;
    const auto node =
        checkup_.source.look<ExtentBlock>(BlockNo(child.block), checkup_.volume.system_directory());
    if (node) add_tree(ExtentBlock::list_bytes(node->bytes()), depth - 1, blocks_left);
  }
}

void SystemDirectory::add_run(const ExtentRecord& record, u64& blocks_left) {
  const u64 blocks = u64{record.clusters} * checkup_.geometry().blocks_per_cluster();
  for (u64 i = 0; i < blocks && blocks_left > 0 && record.block < checkup_.geometry().blocks(); ++i) {
    add_block(BlockNo(record.block + i));
    --blocks_left;
  }
}

void SystemDirectory::add_block(BlockNo block) {
  const auto seen = checkup_.source.look<DirectoryBlock>(block, checkup_.volume.system_directory());
  if (!seen) return;
  const bool trailer =
      matches(DirectoryBlock::trailer(seen->bytes()).signature, DirectoryTrailer::signature_text);
  const u32 bytes = static_cast<u32>(directory_area(seen->bytes(), trailer).size());
  areas_.push_back({block, &directory_block_kind(trailer), 0, bytes, trailer, false});
}

void SystemDirectory::read_area(std::size_t index, const std::set<std::string>& names) {
  const Area& area = areas_[index];
  const auto block = checkup_.source.look(area.block, *area.kind, checkup_.volume.system_directory());
  if (!block) return;
  const ConstBytes bytes = block->bytes().subspan(area.offset, area.bytes);
  for (u32 at = 0; at + DirectoryEntry::header_bytes <= bytes.size();) {
    const auto& entry = as<DirectoryEntry>(bytes.subspan(at));
    const bool whole = is_entry(bytes, at);
    const u32 room = static_cast<u32>(bytes.size()) - at - DirectoryEntry::header_bytes;
    if (!entry.free() && entry.name_length <= room) {
      const std::string name(reinterpret_cast<const char*>(bytes.data()) + at + DirectoryEntry::header_bytes,
                             entry.name_length);
      const Entry here{InodeNo(entry.inode), static_cast<EntryType>(entry.file_type), index, at};
      if (names.contains(name))
        entries_.try_emplace(name, here);
      else if (whole && name != "." && name != "..")
        strangers_.push_back(here);
    }
    areas_[index].damaged |= !whole;
    at += whole ? u32{entry.record_length} : 4;  // behind damage the next entry must be looked for
  }
}

std::optional<InodeNo> SystemDirectory::find(const std::string& name) const {
  const auto entry = entries_.find(name);
  return entry == entries_.end() ? std::nullopt : std::optional(entry->second.inode);
}

Bytes SystemDirectory::edit_area(const Area& area) {
  auto block = checkup_.source.look(area.block, *area.kind, checkup_.volume.system_directory());
  require(block.has_value());
  return block->mend_bytes().subspan(area.offset, area.bytes);
}

void SystemDirectory::remove_strange_names(InodeNo inode) {
  for (const Entry& entry : strangers_)
    if (entry.inode == inode && !areas_[entry.area].damaged)
      (void)remove_entry(edit_area(areas_[entry.area]), entry.offset);
  std::erase_if(strangers_, [inode](const Entry& entry) { return entry.inode == inode; });
}

bool SystemDirectory::put(const std::string& name, InodeNo inode, EntryType type) {
  remove_strange_names(inode);
  make_sound_around(name);
  if (const auto old = entries_.find(name); old != entries_.end()) {
    auto& entry = as<DirectoryEntry>(edit_area(areas_[old->second.area]).subspan(old->second.offset));
    entry.inode = inode.value;
    entry.file_type = static_cast<u8>(type);
    old->second.inode = inode;
    return true;
  }
  for (std::size_t i = 0; i < areas_.size(); ++i)
    if (!areas_[i].damaged && insert(i, name, inode, type)) return true;
  for (std::size_t i = 0; i < areas_.size(); ++i) {
    if (!areas_[i].damaged) continue;
    renew(i);
    if (insert(i, name, inode, type)) return true;
  }
  return false;
}

bool SystemDirectory::insert(std::size_t index, const std::string& name, InodeNo inode, EntryType type) {
  const Area& at = areas_[index];
  const Bytes area = edit_area(at);
  const auto offset = insert_entry(area, name, inode, type);
  if (!offset) return false;
  if (at.trailer)
    DirectoryBlock::trailer(checkup_.mender->edit(at.block, *at.kind, {})).free_record_length =
        static_cast<u16>(largest_hole(area));
  entries_.insert_or_assign(name, Entry{inode, type, index, *offset});
  return true;
}

/// Writes an area anew, with the names that were made out in its damage.
void SystemDirectory::renew(std::size_t index) {
  Area& at = areas_[index];
  const InodeNo number = checkup_.volume.system_directory();
  if (at.offset == 0) {
    at.trailer = checkup_.has(feature::metaecc) || indexed_;
    at.kind = &directory_block_kind(at.trailer);
    Bytes block = checkup_.source.look(at.block, *at.kind, number)->mend_bytes();
    format_directory_block(at.block, number, at.trailer, block);
    at.bytes = static_cast<u32>(directory_area(block, at.trailer).size());
  }
  at.damaged = false;
  if (index == 0)
    format_first_area(edit_area(at), number, number);
  else
    format_empty_area(edit_area(at));
  const auto names = entries_;
  for (const auto& [name, entry] : names)
    if (entry.area == index && !insert(index, name, entry.inode, entry.type)) entries_.erase(name);
  std::erase_if(strangers_, [index](const Entry& entry) { return entry.area == index; });
}

void SystemDirectory::make_sound() {
  for (std::size_t i = 0; i < areas_.size(); ++i)
    if (areas_[i].damaged) renew(i);
}

/// Nothing can be changed in an area whose entries do not fill it: no transaction takes such a block.
void SystemDirectory::make_sound_around(const std::string& name) {
  const auto entry = entries_.find(name);
  if (entry != entries_.end() && areas_[entry->second.area].damaged) renew(entry->second.area);
}

void SystemDirectory::remove(const std::string& name) {
  make_sound_around(name);
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) return;
  const Bytes area = edit_area(areas_[entry->second.area]);
  if (!remove_entry(area, entry->second.offset))
    as<DirectoryEntry>(area.subspan(entry->second.offset)).inode = 0;
  entries_.erase(entry);
}

}  // namespace ocfs2
