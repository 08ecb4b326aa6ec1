// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damages of directory entries (spec: fsck-checks.md B7; ondisk.md 14, 49 to 53). The victims are directories
// without an index: in others each of these would break the index as well.
#include "engine/error.h"
#include "engine/volume/chain_allocator.h"
#include "engine/wreck/scene.h"

namespace ocfs2 {
namespace {

constexpr u32 room_wanted = 64;  ///< for the entries that are added here

bool any_entry(const EntryPlace&, const DirectoryEntry&) { return true; }

/// An entry of a directory in which another one finds room.
template <class Test>
EntryPlace entry_with_room(Scene& scene, std::string_view what, const Test& test) {
  return scene.unindexed_entry(what, [&](const EntryPlace& place, const DirectoryEntry& entry) {
    bool room = false;
    Directory(scene.volume(), place.directory).each_area([&](BlockNo, ConstBytes area) {
      room = largest_hole(area) >= DirectoryEntry::needed(room_wanted);
      return !room;
    });
    return room && test(place, entry);
  });
}
InodeNo directory_with_room(Scene& scene) {
  return entry_with_room(scene, "directory without an index and with room", any_entry).directory;
}

/// The first two entries of a directory that has them in the inode or in its first block.
Bytes first_area(Scene& scene, InodeNo directory) {
  Directory reader(scene.volume(), directory);
  BlockNo first;
  reader.each_area([&](BlockNo block, ConstBytes) { return first = block, false; });
  return scene.edit_area(directory, first, reader.trailers());
}
Bytes some_first_area(Scene& scene) {
  return first_area(scene, scene.user_directory("directory without an index",
                                                [](const auto& inode) { return inode->index_root == 0; }));
}
DirectoryEntry& entry_at(Bytes area, u32 offset) { return as<DirectoryEntry>(area.subspan(offset)); }

DirectoryEntry& some_entry(Scene& scene) {
  return scene.edit_entry(scene.unindexed_entry("entry in a directory without an index", any_entry));
}

/// `.` reaches over `..`, which is still there.
void wide_dot(Scene& scene) {
  const Bytes area = some_first_area(scene);
  DirectoryEntry& dot = entry_at(area, 0);
  dot.record_length += entry_at(area, dot.record_length).record_length;
}

void bad_character(Scene& scene) {
  const EntryPlace place = scene.unindexed_entry("entry in a directory without an index", any_entry);
  scene.edit_area(place)[place.offset + DirectoryEntry::header_bytes] = '/';
}

InodeNo free_inode(Scene& scene) {
  for (u32 slot = 0; slot < scene.facts().max_slots; ++slot) {
    const ChainAllocator allocator(scene.volume(), scene.volume().system_file(SystemFile::inode_alloc, slot));
    for (const BlockNo number : scene.groups_of(scene.system_file(SystemFile::inode_alloc, slot))) {
      const auto group = scene.volume().cache().read<GroupDescriptor>(number);
      const u64 bit = find_clear_bit(GroupDescriptor::bitmap(group.bytes()), 0, group->bits);
      const auto block = GroupDescriptor::block_of_bit(group.bytes(), static_cast<u32>(bit),
                                                       allocator.inode().chains.bits_per_cluster);
      if (bit < group->bits && block) return inode_at(*block);
    }
  }
  scene.lacks("free inode");
}

void add_entry(Scene& scene, std::string_view name, InodeNo target) {
  require(scene.add_entry_soundly(directory_with_room(scene), name, target, EntryType::regular));
}

void same_name_twice(Scene& scene) {
  const EntryPlace place = entry_with_room(scene, "entry of a file in a directory with room",
                                           [&](const EntryPlace& at, const DirectoryEntry& entry) {
                                             return entry.file_type == static_cast<u8>(EntryType::regular) &&
                                                    at.name.size() <= room_wanted;
                                           });
  require(scene.add_entry_soundly(place.directory, place.name, place.target, EntryType::regular));
  scene.edit_inode(place.target).links_count += 1;
}

/// The last entry of an area reaches beyond it.
void too_long(Scene& scene) {
  const EntryPlace place = scene.unindexed_entry(
      "last entry of a directory without an index", [&](const EntryPlace& at, const auto& entry) {
        return at.offset + entry.record_length == scene.edit_area(at).size();
      });
  scene.edit_entry(place).record_length += 4;
}

constexpr Damage table[] = {
    {79, "DIRENT_DOTTY_DUP", "DIRENT_DOTTY_DUP", "A directory has a second entry .",
     [](Scene& scene) {
       const InodeNo directory = directory_with_room(scene);
       require(scene.add_entry_soundly(directory, ".", directory, EntryType::directory));
     }},
    {80, "DIRENT_NOT_DOTTY", "DIRENT_NOT_DOTTY", "The first entry of a directory is not .",
     [](Scene& scene) { some_first_area(scene)[DirectoryEntry::header_bytes] = 'x'; }},
    {81, "DIRENT_DOT_INODE", "DIRENT_DOT_INODE", "The entry . names another inode",
     [](Scene& scene) { entry_at(some_first_area(scene), 0).inode += 10; }},
    {82, "DIRENT_DOT_EXCESS", "DIRENT_DOT_EXCESS", "The entry . reaches over the entry ..", wide_dot},
    {83, "DIRENT_ZERO", "DIRENT_ZERO", "An entry has a name of no length",
     [](Scene& scene) { some_entry(scene).name_length = 0; }},
    {84, "DIRENT_NAME_CHARS", "DIRENT_NAME_CHARS", "A name has a / in it", bad_character},
    {85, "DIRENT_INODE_RANGE", "DIRENT_INODE_RANGE", "An entry names an inode behind the volume",
     [](Scene& scene) { add_entry(scene, "far-away", InodeNo(scene.geometry().blocks() + 10)); }},
    {86, "DIRENT_INODE_FREE", "DIRENT_INODE_FREE", "An entry names an inode that is free",
     [](Scene& scene) { add_entry(scene, "ghost", free_inode(scene)); }},
    {87, "DIRENT_TYPE", "DIRENT_TYPE", "An entry's file type is not that of its inode",
     [](Scene& scene) {
       DirectoryEntry& entry = some_entry(scene);
       entry.file_type = static_cast<u8>(entry.file_type % 7 + 1);
     }},
    {89, "DIRENT_DUPLICATE", "DIRENT_DUPLICATE", "A directory has the same name twice", same_name_twice},
    {90, "DIRENT_LENGTH", "DIRENT_LENGTH", "An entry reaches beyond its directory's room", too_long},
    {{},
     "DIRENT_LENGTH_ALIGN",
     "DIRENT_LENGTH",
     "The length of an entry is no multiple of 4",
     [](Scene& scene) { some_entry(scene).record_length += 1; }},
    {{},
     "DIRENT_INODE_SYSTEM",
     "DIRENT_INODE_SYSTEM",
     "A user's directory names a system file",
     [](Scene& scene) { add_entry(scene, "system", scene.system_file(SystemFile::slot_map)); }},
};

}  // namespace

std::span<const Damage> entry_damages() { return table; }

}  // namespace ocfs2
