// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damages of how names and inodes belong together: parents, orphans, files without a name (spec:
// fsck-checks.md B8; ondisk.md 14, 54, 58, 59, 79).
#include <fmt/format.h>

#include "engine/error.h"
#include "engine/wreck/scene.h"

namespace ocfs2 {
namespace {

bool is_of(const DirectoryEntry& entry, EntryType type) { return entry.file_type == static_cast<u8>(type); }

/// The only name of a regular file.
EntryPlace file_entry(Scene& scene) {
  return scene.entry_where("file with one name", [&](const EntryPlace& place, const DirectoryEntry& entry) {
    return is_of(entry, EntryType::regular) && scene.volume().inode(place.target)->links() == 1;
  });
}
EntryPlace directory_entry(Scene& scene) {
  return scene.entry_where("directory", [](const EntryPlace& place, const DirectoryEntry& entry) {
    return is_of(entry, EntryType::directory) && place.name != "lost+found";
  });
}

/// Adds an entry to some other directory without an index.
void add_elsewhere(Scene& scene, const EntryPlace& place, EntryType type) {
  const InodeNo host = scene.user_directory("other directory with room", [&](const BlockRef<Inode>& inode) {
    if (inode->index_root != 0 || inode_at(inode.block()) == place.target) return false;
    if (inode_at(inode.block()) == place.directory) return false;
    Directory directory(scene.volume(), inode_at(inode.block()));
    if (directory.search("second-name")) return false;
    bool room = false;
    directory.each_area([&](BlockNo, ConstBytes area) {
      return room = largest_hole(area) >= DirectoryEntry::needed(16), !room;
    });
    return room;
  });
  require(scene.add_entry_soundly(host, "second-name", place.target, type));
}

/// lost+found is there, but under another name.
void rename_lost_and_found(Scene& scene) {
  const InodeNo root = scene.volume().root();
  const EntryPlace place = scene.entry_where("lost+found", [&](const EntryPlace& at, const DirectoryEntry&) {
    return at.directory == root && at.name == "lost+found";
  });
  const auto indexed = scene.find_in_index(place);
  std::string name = place.name;
  name[4] = '-';
  std::copy(name.begin(), name.end(),
            scene.edit_area(place).begin() + place.offset + DirectoryEntry::header_bytes);
  if (!indexed) return;
  if (!indexed->in_root) scene.lacks("root directory whose index is one block");
  const NameHash hash = index_hash(name, scene.facts());
  IndexEntry& entry = IndexEntryList::slots(scene.edit_index_list(*indexed))[indexed->number];
  entry.major_hash = hash.major;
  entry.minor_hash = hash.minor;
}

void lose_directory(Scene& scene) { scene.remove_entry_soundly(directory_entry(scene)); }

void wrong_parent(Scene& scene) {
  const InodeNo root = scene.volume().root();
  const EntryPlace place =
      scene.entry_where("directory two levels down", [&](const EntryPlace& at, const auto& entry) {
        return is_of(entry, EntryType::directory) && at.directory != root;
      });
  Directory directory(scene.volume(), place.target);
  BlockNo first;
  directory.each_area([&](BlockNo block, ConstBytes) { return first = block, false; });
  const Bytes area = scene.edit_area(place.target, first, directory.trailers());
  as<DirectoryEntry>(area.subspan(as<DirectoryEntry>(area).record_length)).inode = root.value;
}

void add_orphan_entry(Scene& scene, std::string_view name, InodeNo target) {
  const InodeNo orphans = scene.system_file(SystemFile::orphan_dir, scene.slot(0));
  if (!scene.add_entry_soundly(orphans, name, target, EntryType::regular))
    scene.lacks("orphan directory with room and without an index");
}

/// A file that was deleted while it was open, and whose node then died.
void orphan(Scene& scene, const std::string& other_name) {
  const EntryPlace place = file_entry(scene);
  scene.remove_entry_soundly(place);
  Inode& inode = scene.edit_inode(place.target);
  inode.set_links(0);
  inode.flags |= inode_flag::orphaned;
  inode.orphaned_slot = static_cast<u16>(scene.slot(0));
  add_orphan_entry(scene, other_name.empty() ? fmt::format("{:016x}", place.target.value) : other_name,
                   place.target);
}

constexpr Damage table[] = {
    {88, "DIR_PARENT_DUP", "DIR_PARENT_DUP", "A directory has a name in a second directory",
     [](Scene& scene) { add_elsewhere(scene, directory_entry(scene), EntryType::directory); }},
    {92, "LOSTFOUND_MISSING", "LOSTFOUND_MISSING", "lost+found has another name", rename_lost_and_found},
    {93, "DIR_NOT_CONNECTED", "DIR_NOT_CONNECTED", "A directory has no name", lose_directory},
    {94, "DIR_DOTDOT", "DIR_DOTDOT", "The entry .. of a directory is not its parent", wrong_parent},
    {95, "INODE_NOT_CONNECTED", "INODE_NOT_CONNECTED", "A file has no name",
     [](Scene& scene) { scene.remove_entry_soundly(file_entry(scene)); }},
    {97, "INODE_ORPHANED", "INODE_ORPHANED", "A file waits in an orphan directory to be deleted",
     [](Scene& scene) { orphan(scene, ""); }},
    {{},
     "ORPHAN_NAME",
     "ORPHAN_NAME",
     "A name in an orphan directory is not its inode's number",
     [](Scene& scene) { orphan(scene, "00000000deadbeef"); }},
    {{},
     "ORPHAN_FLAG_MISSING",
     "ORPHAN_FLAG_MISSING",
     "An orphan directory names a file that has a name and is not marked an orphan",
     [](Scene& scene) {
       const InodeNo target = file_entry(scene).target;
       add_orphan_entry(scene, fmt::format("{:016x}", target.value), target);
     }},
};

}  // namespace

std::span<const Damage> connection_damages() { return table; }

}  // namespace ocfs2
