// SPDX-License-Identifier: GPL-2.0-or-later
//
// The area of entries within a block (or within an inode) on the examination table.
#pragma once

#include <algorithm>
#include <functional>

#include "engine/check/survey.h"
#include "ondisk/directory.h"

namespace ocfs2 {

struct EntryArea {
  AnyPatient& patient;
  u32 offset;
  u32 size;

  BlockNo block() const { return patient.block(); }
  ConstBytes bytes() const { return patient.bytes().subspan(offset, size); }
  Bytes mend() { return patient.mend_bytes().subspan(offset, size); }

  /// The entry at byte `at`, which must be one (or at least have its header inside the area).
  const DirectoryEntry& entry(u32 at) const { return as<DirectoryEntry>(bytes().subspan(at)); }
  DirectoryEntry& mend_entry(u32 at) { return as<DirectoryEntry>(mend().subspan(at)); }
  /// Its name; empty when it does not lie inside the area.
  std::string_view name(u32 at) const {
    const ConstBytes all = bytes();
    const u32 length = entry(at).name_length;
    if (at + DirectoryEntry::header_bytes + length > all.size()) return {};
    return {reinterpret_cast<const char*>(all.data()) + at + DirectoryEntry::header_bytes, length};
  }
  /// Gives the entry another name, for which it must have room.
  void rename(u32 at, std::string_view name) {
    mend_entry(at).name_length = static_cast<u8>(name.size());
    std::copy(name.begin(), name.end(), mend().begin() + at + DirectoryEntry::header_bytes);
  }
};

/// The area inside the inode of a directory, as far as there is one.
EntryArea area_inside(AnyPatient& inode);
/// Calls `use` with the areas of a directory in order, those that can be read, until it returns false.
void each_area(const Survey& survey, const DirectoryFact& directory, BlockSource& source,
               const std::function<bool(EntryArea&)>& use);
/// Calls `use` with every entry in use behind `.` and `..`, by its place, until it returns false.
void each_entry(const Survey& survey, const DirectoryFact& directory, BlockSource& source,
                const std::function<bool(EntryArea&, u32 at)>& use);

}  // namespace ocfs2
