// SPDX-License-Identifier: GPL-2.0-or-later
//
// Changes volumes through a slot's journal as an ever-busy user would, so that other checkers can judge what
// this engine leaves.
//
//     change_names live VOLUME SEED    makes and loses thousands of names, files of every type and large
//                                      directories; rebuilds, compacts, deletes; replaces system files;
//                                      prints the paths that there are now in the large directories
//     change_names empty VOLUME        deletes everything but lost+found
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <random>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/volume/directory.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/directory_rewrite.h"
#include "engine/volume/inode_life.h"
#include "engine/volume/volume_journal.h"

namespace ocfs2 {
namespace {

constexpr u64 now = 1'800'000'123;

class Busy {
 public:
  Busy(Volume& volume, SlotJournal& journal)
      : volume_(volume), transaction_(volume.cache(), journal), space_(volume, 0) {}

  void live(u32 seed) {
    random_.seed(seed);
    for (const char* name : {"ordinary", "compacted", "rebuilt", "unindexed", "gone"}) {
      const InodeNo directory =
          make_directory(transaction_, space_, volume_.root(), name, {.mode = 0755, .seconds = now});
      make_targets(directory);
      make_names(directory, 6000, 2500);
    }
    const bool indexed = volume_.has(feature::indexed_dirs);
    if (indexed) drop_index(transaction_, space_, at("unindexed"), OldIndex::give_back);
    make_names(at("unindexed"), 300, 100);
    compact_directory(transaction_, space_, at("compacted"), OldIndex::give_back);
    make_names(at("compacted"), 300, 100);
    if (indexed) rebuild_index(transaction_, space_, at("rebuilt"), OldIndex::give_back);
    make_names(at("rebuilt"), 300, 100);
    make_special_files();
    replace_system_files();
    remove_tree(volume_.root(), "gone");
    transaction_.commit();
    for (const char* name : {"ordinary", "compacted", "rebuilt", "unindexed"}) print_names(name);
  }

  void empty() {
    std::vector<std::string> names;
    Directory(volume_, volume_.root()).each([&](const DirectoryEntry&, std::string_view name) {
      if (name != "." && name != ".." && name != "lost+found") names.emplace_back(name);
      return true;
    });
    for (const std::string& name : names) remove_tree(volume_.root(), name);
    transaction_.commit();
  }

 private:
  u32 pick(u32 below) { return std::uniform_int_distribution<u32>(0, below - 1)(random_); }
  InodeNo at(std::string_view name) {
    return DirectoryEditor(transaction_, space_, volume_.root()).find(name).value();
  }
  void settle() {
    if (transaction_.blocks() > 100) transaction_.commit();
  }

  /// Files that the names of a directory lead to.
  void make_targets(InodeNo directory) {
    for (u32 i = 0; i < 20; ++i) {
      const InodeNo target =
          create_inode(transaction_, space_, {.mode = file_mode::regular | 0644, .seconds = now});
      link_inode(transaction_, space_, directory, fmt::format("target {}", i), target);
      settle();
    }
  }

  void make_names(InodeNo directory, u32 adds, u32 removes) {
    std::map<std::string, InodeNo>& names = names_[directory.value];
    const std::vector<InodeNo> targets = targets_of(directory);
    for (u32 i = 0; i < adds; ++i) {
      const std::string name = fmt::format("{:08x}{:.{}}", u32{static_cast<u32>(random_())},
                                           std::string(200, 'n'), pick(10) == 0 ? pick(200) : pick(9));
      if (names.contains(name)) continue;
      link_inode(transaction_, space_, directory, name, targets[pick(static_cast<u32>(targets.size()))]);
      names.emplace(name, *DirectoryEditor(transaction_, space_, directory).find(name));
      settle();
    }
    for (u32 i = 0; i < removes; ++i) {
      const auto victim = std::next(names.begin(), pick(static_cast<u32>(names.size())));
      require(DirectoryEditor(transaction_, space_, directory).remove(victim->first));
      count(victim->second, -1);
      names.erase(victim);
      settle();
    }
  }

  /// As the model has them, not the volume.
  void print_names(const std::string& directory) {
    for (u32 i = 0; i < 20; ++i) fmt::print("{}/target {}\n", directory, i);
    for (const auto& [name, inode] : names_[at(directory).value]) fmt::print("{}/{}\n", directory, name);
  }

  std::vector<InodeNo> targets_of(InodeNo directory) {
    std::vector<InodeNo> targets;
    for (u32 i = 0; i < 20; ++i)
      targets.push_back(
          DirectoryEditor(transaction_, space_, directory).find(fmt::format("target {}", i)).value());
    return targets;
  }

  void count(InodeNo number, s32 change) {
    const auto inode = transaction_.read<Inode>(block_of(number));
    const u32 links = inode->links();
    transaction_.edit(inode).set_links(links + static_cast<u32>(change));
  }

  void make_special_files() {
    const auto of_type = [](u16 type) {
      return InodeBirth{.mode = static_cast<u16>(type | 0600), .seconds = now, .uid = 3, .gid = 4};
    };
    const auto link = [&](std::string_view name, InodeNo number) {
      link_inode(transaction_, space_, volume_.root(), name, number);
    };
    link("fifo", create_inode(transaction_, space_, of_type(file_mode::fifo)));
    link("socket", create_inode(transaction_, space_, of_type(file_mode::socket)));
    link("tty", create_device(transaction_, space_, of_type(file_mode::char_device), device_number(5, 0)));
    link("disk",
         create_device(transaction_, space_, of_type(file_mode::block_device), device_number(8, 300)));
    link("short", create_symlink(transaction_, space_, of_type(file_mode::symlink), "ordinary/target 1"));
    link("long", create_symlink(transaction_, space_, of_type(file_mode::symlink), std::string(4000, 't')));
    const InodeNo parent = make_directory(transaction_, space_, volume_.root(), "parent", {.mode = 0700});
    for (u32 i = 0; i < 500; ++i) {
      make_directory(transaction_, space_, parent, fmt::format("child {}", i),
                     {.mode = 0700, .seconds = now});
      settle();
    }
  }

  void replace_system_files() {
    const u32 clusters = volume_.system_file(SystemFile::journal, 1)->clusters;
    for (const SystemFile file : {SystemFile::orphan_dir, SystemFile::journal, SystemFile::local_alloc,
                                  SystemFile::truncate_log, SystemFile::bad_blocks}) {
      const u32 slot = row_of(file).per_slot ? 1 : 0;
      const InodeNo system = volume_.system_directory();
      const std::string name = system_file_name(file, slot);
      const InodeNo old = DirectoryEditor(transaction_, space_, system).find(name).value();
      require(DirectoryEditor(transaction_, space_, system).remove(name));
      if (file == SystemFile::orphan_dir) count(system, -1);
      delete_inode(transaction_, space_, old, now);
      transaction_.commit();
      create_system_file(transaction_, space_, file, slot, {.seconds = now, .journal_clusters = clusters});
      transaction_.commit();
    }
  }

  /// Removes a name and, when it was the last one of an inode, that with everything below.
  void remove_tree(InodeNo parent, const std::string& name) {
    const InodeNo number = DirectoryEditor(transaction_, space_, parent).find(name).value();
    const bool directory = transaction_.read<Inode>(block_of(number))->is_directory();
    if (directory) {
      transaction_.commit();  // what follows looks at what is committed
      std::vector<std::string> names;
      Directory(volume_, number).each([&](const DirectoryEntry&, std::string_view entry) {
        if (entry != "." && entry != "..") names.emplace_back(entry);
        return true;
      });
      for (const std::string& child : names) remove_tree(number, child);
    }
    require(DirectoryEditor(transaction_, space_, parent).remove(name));
    count(number, directory ? -2 : -1);
    if (directory) count(parent, -1);
    if (transaction_.read<Inode>(block_of(number))->links() == 0)
      delete_inode(transaction_, space_, number, now);
    settle();
  }

  Volume& volume_;
  Transaction transaction_;
  Space space_;
  std::mt19937 random_;
  std::map<u64, std::map<std::string, InodeNo>> names_;  ///< by directory
};

void change(const std::string& what, const char* path, u32 seed) {
  const auto device = FileDevice::open(path, Access::exclusive);
  OpenOptions options;
  options.read_only = false;
  const auto volume = Volume::open(*device, options);
  const auto journal = open_slot_journal(*volume, 0, [] { return now; });
  Busy busy(*volume, *journal);
  if (what == "live")
    busy.live(seed);
  else
    busy.empty();
  journal->close();
}

}  // namespace
}  // namespace ocfs2

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "";
  if (!(what == "live" && count == 4) && !(what == "empty" && count == 3))
    return fmt::print(stderr, "usage: change_names live VOLUME SEED | empty VOLUME\n"), 2;
  try {
    ocfs2::change(what, arguments[2], count == 4 ? static_cast<unsigned>(std::stoul(arguments[3])) : 0);
  } catch (const ocfs2::Error& error) {
    return fmt::print(stderr, "change_names: {}\n", error.what()), 1;
  }
  return 0;
}
