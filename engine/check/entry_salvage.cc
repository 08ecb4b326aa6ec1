// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/entry_salvage.h"

#include <algorithm>
#include <optional>

namespace ocfs2 {
namespace {

constexpr u32 dotdot_offset = DirectoryEntry::needed(1);

/// The name of what stands at `offset`; nothing when it does not fit the area.
std::optional<std::string_view> name_at(ConstBytes area, u32 offset) {
  if (offset > area.size() || area.size() - offset < DirectoryEntry::smallest) return std::nullopt;
  const auto& entry = as<DirectoryEntry>(area.subspan(offset));
  if (DirectoryEntry::needed(entry.name_length) > area.size() - offset) return std::nullopt;
  const ConstBytes name = area.subspan(offset + DirectoryEntry::header_bytes, entry.name_length);
  return std::string_view(reinterpret_cast<const char*>(name.data()), name.size());
}

std::optional<SavedEntry> entry_at(ConstBytes area, u32 offset, const InodeCensus& census) {
  const auto name = name_at(area, offset);
  if (!name || !is_legal_name(*name) || *name == "." || *name == "..") return std::nullopt;
  const auto& entry = as<DirectoryEntry>(area.subspan(offset));
  const auto met = census.meet(InodeNo(entry.inode));
  const auto type = static_cast<EntryType>(entry.file_type);
  if (!met || met->type != type || type == EntryType::unknown) return std::nullopt;
  return SavedEntry{InodeNo(entry.inode), type, std::string(*name)};
}

}  // namespace

std::vector<SavedEntry> salvage_entries(ConstBytes area, u32 from, const InodeCensus& census) {
  std::vector<SavedEntry> saved;
  for (u32 at = from; at < area.size();) {
    auto entry = entry_at(area, at, census);
    at += entry ? DirectoryEntry::needed(static_cast<u32>(entry->name.size())) : 4;
    if (entry) saved.push_back(*std::move(entry));
  }
  return saved;
}

InodeNo salvage_dotdot(ConstBytes area, const InodeCensus& census) {
  const auto name = name_at(area, dotdot_offset);
  if (!name || *name != "..") return {};
  const InodeNo parent(as<DirectoryEntry>(area.subspan(dotdot_offset)).inode);
  return census.type(parent) == EntryType::directory ? parent : InodeNo();
}

bool fill_area(Bytes area, u32 from, const Dots* dots, const std::vector<SavedEntry>& entries) {
  const Bytes rest = area.subspan(std::min<std::size_t>(from, area.size()));
  if (rest.size() < DirectoryEntry::smallest) return false;
  if (dots != nullptr)
    format_first_area(rest, dots->self, dots->parent);
  else
    format_empty_area(rest);
  for (const SavedEntry& entry : entries) insert_entry(rest, entry.name, entry.inode, entry.type);
  return true;
}

}  // namespace ocfs2
