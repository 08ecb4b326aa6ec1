// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the system files are. Everything depends on them, so they are looked for before anything else is
// checked, and nothing is given up because one is damaged: most of what marks them is known beforehand.
#include <fmt/format.h>

#include <algorithm>

#include "engine/check/directory_revival.h"
#include "engine/check/problems/system_files.h"
#include "engine/check/system_files.h"
#include "engine/volume/new_blocks.h"

namespace ocfs2 {
namespace {

EntryType entry_type(const ExpectedFile& file) { return entry_type_of(file.type); }

/// "it does not have the signature of an inode, and is not marked as in use"
std::string fault_words(const SystemMarks& marks) {
  std::string words;
  const auto add = [&](bool right, std::string_view fault) {
    if (!right) words += fmt::format("{}{}", words.empty() ? "" : ", and ", fault);
  };
  add(marks.signature, "it does not have the signature of an inode");
  add(marks.block, "it names another block as its own");
  add(marks.generation, "its generation is not the volume's");
  add(marks.valid, "it is not marked as a system file in use");
  add(marks.flags, "its flags are not those of this file");
  add(marks.type, "its mode is not that of this file");
  return words;
}

class SystemFileSearch {
 public:
  explicit SystemFileSearch(Checkup& checkup)
      : checkup_(checkup), expected_(expected_files(checkup)), directory_(found_directory()) {}

  void run() {
    for (const ExpectedFile& file : expected_) find_sound(file);
    for (const ExpectedFile& file : expected_) find_by_name(file);
    for (const SystemFile file : {SystemFile::global_inode_alloc, SystemFile::global_bitmap})
      find_by_groups(file);
    if (!nameless_.empty())
      for (const auto& [file, inode] : recognise_files(checkup_, nameless_, taken_)) give_name(file, inode);
    for (const ExpectedFile& file : nameless_) find_destroyed(file);
    for (const ExpectedFile& file : expected_)
      if (const auto inode = checkup_.survey.system.find(file.file, file.slot)) examine(file, *inode);
  }

 private:
  SystemMarks marks(InodeNo number, const ExpectedFile& file) {
    const auto inode = checkup_.source.look<Inode>(block_of(number), number);
    return inode ? marks_of(checkup_, number, **inode, file.flags, file.type) : SystemMarks{};
  }
  void take(const ExpectedFile& file, InodeNo inode) {
    checkup_.survey.system.found[{file.file, file.slot}] = inode;
    taken_.insert(inode);
  }

  /// A name that leads to what can only be its file comes before one that may lead to another's.
  void find_sound(const ExpectedFile& file) {
    const auto inode = directory_.find(file.name);
    if (inode && !taken_.contains(*inode) && marks(*inode, file).all()) take(file, *inode);
  }

  void find_by_name(const ExpectedFile& file) {
    if (checkup_.survey.system.find(file.file, file.slot)) return;
    const auto inode = directory_.find(file.name);
    if (inode && !taken_.contains(*inode) && marks(*inode, file).enough()) return take(file, *inode);
    nameless_.push_back(file);
  }

  /// The two allocators without which no other system file can be: their groups name them. Of their inodes
  /// there need be nothing left.
  void find_by_groups(SystemFile kind) {
    const auto file = std::ranges::find(nameless_, kind, &ExpectedFile::file);
    if (file == nameless_.end()) return;
    const auto named = directory_.find(file->name);
    const auto inode = allocator_of_first_group(checkup_, kind);
    if (inode && !taken_.contains(*inode))
      named == inode ? take(*file, *inode) : give_name(ExpectedFile(*file), *inode);
    else if (named && !taken_.contains(*named))
      take(*file, *named);
    std::erase_if(nameless_, [&](const ExpectedFile& other) {
      return checkup_.survey.system.find(other.file, other.slot).has_value();
    });
  }

  void give_name(const ExpectedFile& file, InodeNo inode) {
    take(file, inode);
    if (checkup_.examiner.resolve(problem::SYSTEM_NAME_LOST, {.inode = inode, .name = file.name}) &&
        !directory_.put(file.name, inode, entry_type(file)))
      checkup_.examiner.could_not_mend(problem::SYSTEM_NAME_LOST);
    checkup_.settle();
  }

  /// Of an allocator's inode nothing may be left. What its name leads to, or the order in which such files
  /// are made, is still the number that its groups know.
  void find_destroyed(const ExpectedFile& file) {
    const bool known = checkup_.survey.system.find(file.file, file.slot).has_value();
    if ((file.flags & inode_flag::chain) == 0 || known) return;
    const auto named = directory_.find(file.name);
    const auto number = named ? named : number_by_order(checkup_, file);
    if (!number || taken_.contains(*number) || !is_system_inode_place(checkup_, *number)) return;
    named ? take(file, *number) : give_name(file, *number);
  }

  void examine(const ExpectedFile& file, InodeNo number);
  void resolve(Patient<Inode>& inode, std::string_view name, std::string_view words,
               const std::function<void(Bytes)>& mend);
  void repair_directory(InodeNo number, std::string_view name);
  SystemDirectory found_directory();

  Checkup& checkup_;
  std::vector<ExpectedFile> expected_;
  SystemDirectory directory_;
  std::vector<ExpectedFile> nameless_;
  std::set<InodeNo> taken_{checkup_.volume.root(), checkup_.volume.system_directory()};  ///< by something
};

void set_marks(const Checkup& checkup, InodeNo number, u32 flags, u16 type, Inode& inode) {
  stamp(inode.signature, Inode::signature_text);
  inode.block = number.value;
  inode.fs_generation = checkup.facts().generation;
  inode.flags = inode_flag::valid | inode_flag::system | flags;
  inode.mode = static_cast<u16>(type | (inode.mode & ~file_mode::type_mask));
  inode.dtime = 0;
}

/// The inode of an allocator of which nothing is left, with no groups yet.
void rebuild_allocator(const Checkup& checkup, const ExpectedFile& file, InodeNo number, Bytes block) {
  const Geometry& geometry = checkup.geometry();
  const bool bitmap = file.file == SystemFile::global_bitmap;
  const BlockNo group = geometry.system_inode_group_block();
  std::ranges::fill(block, u8{0});
  const InodeBirth birth{.mode = static_cast<u16>(file.type | 0644),
                         .flags = inode_flag::valid | inode_flag::system | file.flags,
                         .links = 1,
                         .seconds = checkup.now_seconds};
  const Origin origin{no_slot, static_cast<u16>(block_of(number) - group), BlockNo()};
  format_inode(checkup.facts(), {block_of(number), origin}, birth, block);
  format_allocator(geometry, bitmap ? geometry.clusters_per_group() : geometry.suballocator_group_clusters(),
                   bitmap ? 1 : geometry.blocks_per_cluster(), block);
}

void SystemFileSearch::examine(const ExpectedFile& file, InodeNo number) {
  auto inode = checkup_.source.look<Inode>(block_of(number), number);
  if (!inode) return;
  const SystemMarks marks = marks_of(checkup_, number, **inode, file.flags, file.type);
  if (marks.all()) return;
  if (!marks.enough()) checkup_.survey.system.destroyed.insert(number);
  const std::string words = marks.enough() ? fault_words(marks) : "nothing of its inode is left";
  resolve(*inode, file.name, words, [&](Bytes block) {
    if (marks.enough())
      set_marks(checkup_, number, file.flags, file.type, as<Inode>(block));
    else
      rebuild_allocator(checkup_, file, number, block);
  });
}

/// Asks, and mends the inode's block; when that is not wanted, the passes to come see it as it would be.
void SystemFileSearch::resolve(Patient<Inode>& inode, std::string_view name, std::string_view words,
                               const std::function<void(Bytes)>& mend) {
  const InodeNo number = inode_at(inode.block());
  std::vector<u8> block(inode.bytes().begin(), inode.bytes().end());
  mend(block);
  if (checkup_.examiner.resolve(problem::SYSTEM_INODE_INVALID,
                                {.inode = number, .name = name, .detail = words})) {
    // Other fields may not fit the new marks: they are what pass 1 is for.
    std::ranges::copy(block, checkup_.mender->edit(inode.block(), Inode::kind, block).begin());
    checkup_.settle();
    return;
  }
  seal(Inode::kind, checkup_.facts(), block);
  checkup_.survey.system.as_if[number] = std::move(block);
}

/// The root or the system directory. Where more is wrong with the root, pass 3 makes a new one.
void SystemFileSearch::repair_directory(InodeNo number, std::string_view name) {
  auto inode = checkup_.source.look<Inode>(block_of(number), number);
  if (!inode || (number == checkup_.volume.root() && !(*inode)->is_directory())) return;
  const SystemMarks marks = marks_of(checkup_, number, **inode, 0, file_mode::directory);
  if (marks.all() || !marks.enough()) return;
  const std::string words = fault_words(marks);
  resolve(*inode, name, words,
          [&](Bytes block) { set_marks(checkup_, number, 0, file_mode::directory, as<Inode>(block)); });
}

/// The system directory, with its inode and that of the root put right as far as they can be here.
SystemDirectory SystemFileSearch::found_directory() {
  const InodeNo number = checkup_.volume.system_directory();
  auto inode = checkup_.source.look<Inode>(block_of(number), number);
  repair_directory(checkup_.volume.root(), "root directory");
  if (!inode || !system_directory_lost(checkup_, *inode)) {
    repair_directory(number, "system directory");
    return open_system_directory(checkup_);
  }
  std::vector<u8> anew(checkup_.geometry().block_size());
  if (revive_system_directory(checkup_, anew))
    resolve(*inode, "system directory", "it does not lead to its entries",
            [&](Bytes block) { std::ranges::copy(anew, block.begin()); });
  return open_system_directory(checkup_);
}

}  // namespace

std::vector<ExpectedFile> expected_files(const Checkup& checkup) {
  std::vector<ExpectedFile> files;
  for (const SystemFileRow& row : system_files) {
    if (!checkup.has(row.needs)) continue;
    const u16 type = row.file == SystemFile::orphan_dir ? file_mode::directory : file_mode::regular;
    for (u32 slot = 0; slot < (row.per_slot ? checkup.facts().max_slots : 1); ++slot)
      files.push_back({row.file, slot, system_file_name(row.file, slot), row.flags, type});
  }
  return files;
}

SystemDirectory open_system_directory(Checkup& checkup) {
  std::set<std::string> names;
  for (const ExpectedFile& file : expected_files(checkup)) names.insert(file.name);
  return {checkup, names};
}

SystemMarks marks_of(const Checkup& checkup, InodeNo number, const Inode& inode, u32 flags, u16 type) {
  constexpr u32 in_use = inode_flag::valid | inode_flag::system;
  return {.signature = matches(inode.signature, Inode::signature_text),
          .block = inode.block == number.value,
          .generation = inode.fs_generation == checkup.facts().generation,
          .valid = inode.has_flag(in_use),
          .flags = (inode.flags & ~in_use) == flags,
          .type = inode.type() == type,
          .origin = inode.suballoc_slot == no_slot,
          .copy = is_copy(checkup.source, block_of(number), inode, number)};
}

void find_system_files(Checkup& checkup) { SystemFileSearch(checkup).run(); }

}  // namespace ocfs2
