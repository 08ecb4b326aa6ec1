// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/directory.h"

#include <algorithm>
#include <cstring>

#include "ondisk/inode.h"
#include "ondisk/judging.h"

namespace ocfs2 {
namespace {

DirectoryEntry& entry_at(Bytes area, u32 offset) { return as<DirectoryEntry>(area.subspan(offset)); }

std::string_view name_at(ConstBytes area, u32 offset) {
  const auto& entry = as<DirectoryEntry>(area.subspan(offset));
  const ConstBytes name = area.subspan(offset + DirectoryEntry::header_bytes, entry.name_length);
  return {reinterpret_cast<const char*>(name.data()), name.size()};
}

void write_entry(Bytes area, u32 offset, u32 length, std::string_view name, InodeNo inode, EntryType type) {
  entry_at(area, offset) = {.inode = inode.value,
                            .record_length = static_cast<u16>(length),
                            .name_length = static_cast<u8>(name.size()),
                            .file_type = static_cast<u8>(type)};
  std::copy(name.begin(), name.end(), area.begin() + offset + DirectoryEntry::header_bytes);
}

void judge_directory_block(ConstBytes block, const Place& place, Judgement& judgement) {
  if (!is_whole_block(block, place, judgement)) return;
  judge_directory_area(DirectoryBlock::area(block), place, judgement);
  const DirectoryTrailer& trailer = DirectoryBlock::trailer(block);
  judgement.holds(matches(trailer.signature, DirectoryTrailer::signature_text), "db_signature",
                  "must be \"DIRTRL1\"");
  judgement.equal("db_compat_inode", trailer.compat_inode, 0);
  judgement.equal("db_compat_rec_len", trailer.compat_record_length, sizeof(DirectoryTrailer));
  judgement.equal("db_blkno", trailer.block, place.block.value);
  judge_needed_reference("db_parent_dinode", trailer.parent_inode, place, judgement);
  judge_reference("db_free_next", trailer.free_next, place, judgement);
  judgement.at_most("db_free_rec_len", trailer.free_record_length, block.size() - sizeof(DirectoryTrailer));
}

void judge_plain_directory_block(ConstBytes block, const Place& place, Judgement& judgement) {
  if (is_whole_block(block, place, judgement)) judge_directory_area(block, place, judgement);
}

void describe_directory_block(ConstBytes block, const FieldVisitor& visit) {
  if (block.size() < sizeof(DirectoryTrailer)) return;
  describe_directory_area(DirectoryBlock::area(block), "", visit);
  describe_structure<DirectoryTrailer>(block.last(sizeof(DirectoryTrailer)), "", visit);
}

void describe_plain_directory_block(ConstBytes block, const FieldVisitor& visit) {
  describe_directory_area(block, "", visit);
}

}  // namespace

EntryType entry_type_of(u16 mode) {
  switch (mode & file_mode::type_mask) {
    case file_mode::regular:
      return EntryType::regular;
    case file_mode::directory:
      return EntryType::directory;
    case file_mode::char_device:
      return EntryType::char_device;
    case file_mode::block_device:
      return EntryType::block_device;
    case file_mode::fifo:
      return EntryType::fifo;
    case file_mode::socket:
      return EntryType::socket;
    case file_mode::symlink:
      return EntryType::symlink;
    default:
      return EntryType::unknown;
  }
}

u32 DirectoryEntry::hole() const {
  const u32 taken = free() ? 0 : needed(name_length);
  const u32 room = record_length > taken ? record_length - taken : 0;
  return room < smallest ? 0 : room;
}

bool is_entry(ConstBytes area, u32 offset) {
  if (offset > area.size() || area.size() - offset < DirectoryEntry::smallest) return false;
  const auto& entry = as<DirectoryEntry>(area.subspan(offset));
  return entry.record_length >= DirectoryEntry::smallest && entry.record_length % 4 == 0 &&
         entry.record_length >= DirectoryEntry::needed(entry.name_length) &&
         entry.record_length <= area.size() - offset;
}

bool is_legal_name(std::string_view name) {
  return !name.empty() && name.size() <= name_length_max && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

bool EntryWalk::next() {
  if (broken_ || offset_ >= area_.size()) return false;
  if (begun_) offset_ += entry().record_length;
  begun_ = true;
  if (offset_ == area_.size()) return false;
  broken_ = !is_entry(area_, offset_);
  return !broken_;
}

std::string_view EntryWalk::name() const { return name_at(area_, offset_); }

std::optional<u32> find_entry(ConstBytes area, std::string_view name) {
  EntryWalk walk(area);
  while (walk.next())
    if (!walk.entry().free() && walk.name() == name) return walk.offset();
  return std::nullopt;
}

std::optional<u32> insert_entry(Bytes area, std::string_view name, InodeNo inode, EntryType type) {
  if (name.size() > name_length_max) return std::nullopt;
  const u32 needed = DirectoryEntry::needed(static_cast<u32>(name.size()));
  EntryWalk walk(area);
  while (walk.next()) {
    if (walk.entry().hole() < needed) continue;
    DirectoryEntry& host = entry_at(area, walk.offset());
    u32 offset = walk.offset();
    u32 length = host.record_length;
    if (!host.free()) {
      const u32 kept = DirectoryEntry::needed(host.name_length);
      host.record_length = static_cast<u16>(kept);
      offset += kept;
      length -= kept;
    }
    write_entry(area, offset, length, name, inode, type);
    return offset;
  }
  return std::nullopt;
}

bool remove_entry(Bytes area, u32 offset) {
  std::optional<u32> previous;
  EntryWalk walk(area);
  while (walk.next() && walk.offset() < offset) previous = walk.offset();
  if (walk.broken() || walk.offset() != offset || offset >= area.size()) return false;
  if (previous) entry_at(area, *previous).record_length += entry_at(area, offset).record_length;
  entry_at(area, offset).inode = 0;
  return true;
}

bool rename_entry(Bytes area, u32 offset, std::string_view name) {
  if (!is_entry(area, offset) || name.size() > name_length_max) return false;
  const DirectoryEntry& entry = entry_at(area, offset);
  if (entry.record_length < DirectoryEntry::needed(static_cast<u32>(name.size()))) return false;
  write_entry(area, offset, entry.record_length, name, InodeNo(entry.inode), EntryType(entry.file_type));
  return true;
}

u32 largest_hole(ConstBytes area) {
  u32 largest = 0;
  EntryWalk walk(area);
  while (walk.next()) largest = std::max(largest, walk.entry().hole());
  return largest;
}

void format_empty_area(Bytes area) {
  std::fill(area.begin(), area.end(), 0);
  entry_at(area, 0).record_length = static_cast<u16>(area.size());
}

void format_first_area(Bytes area, InodeNo self, InodeNo parent) {
  constexpr u32 dot = DirectoryEntry::needed(1);
  std::fill(area.begin(), area.end(), 0);
  write_entry(area, 0, dot, ".", self, EntryType::directory);
  write_entry(area, dot, static_cast<u32>(area.size()) - dot, "..", parent, EntryType::directory);
}

void format_trailer(Bytes block, BlockNo at, InodeNo directory) {
  DirectoryTrailer& trailer = DirectoryBlock::trailer(block);
  trailer = {};
  trailer.compat_record_length = sizeof(DirectoryTrailer);
  trailer.free_record_length = static_cast<u16>(largest_hole(DirectoryBlock::area(ConstBytes(block))));
  stamp(trailer.signature, DirectoryTrailer::signature_text);
  trailer.block = at.value;
  trailer.parent_inode = directory.value;
}

void judge_directory_area(ConstBytes area, const Place& place, Judgement& judgement) {
  EntryWalk walk(area);
  while (walk.next()) {
    const DirectoryEntry& entry = walk.entry();
    if (entry.free()) continue;
    judge_reference("inode", entry.inode, place, judgement);
    judgement.holds(is_legal_name(walk.name()), "name", "must have 1 to 255 bytes, neither '/' nor NUL",
                    walk.offset());
  }
  judgement.holds(!walk.broken(), "rec_len", "entries must fill the area exactly", walk.offset());
}

void describe_directory_area(ConstBytes area, const std::string& prefix, const FieldVisitor& visit) {
  EntryWalk walk(area);
  for (u32 i = 0; walk.next(); ++i) {
    const std::string path = prefix + "entries[" + std::to_string(i) + "].";
    describe_structure<DirectoryEntry>(area.subspan(walk.offset()), path, visit);
    if (walk.entry().free()) continue;
    const ConstBytes name =
        area.subspan(walk.offset() + DirectoryEntry::header_bytes, walk.entry().name_length);
    visit(path + "name", variable_row("name", DirectoryEntry::header_bytes, name.size(), Shape::text), name);
  }
}

const BlockKind DirectoryBlock::kind{.name = "directory block",
                                     .check_offset = -8,
                                     .judge = judge_directory_block,
                                     .describe = describe_directory_block};

const BlockKind PlainDirectoryBlock::kind{.name = "directory block",
                                          .check_offset = BlockKind::no_check,
                                          .judge = judge_plain_directory_block,
                                          .describe = describe_plain_directory_block};

}  // namespace ocfs2
