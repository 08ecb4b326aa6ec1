// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/relink.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/check/directory_area.h"
#include "engine/check/engine_repair.h"
#include "engine/check/problems/connectivity.h"
#include "engine/volume/directory.h"
#include "engine/volume/directory_edit.h"

namespace ocfs2 {
namespace {

constexpr std::string_view lost_found_name = "lost+found";
constexpr u32 dotdot_offset = DirectoryEntry::needed(1);

}  // namespace

bool mend_with_engine(Checkup& checkup, const Problem& problem,
                      const std::function<void(Transaction&, Space&)>& work) {
  const auto repair = [&] {
    Space space(checkup.volume, 0);
    work(checkup.mender->transaction(), space);
  };
  return repair_as_one(checkup, DeviceErrors::end_the_repair, repair, &problem);
}

std::optional<InodeNo> find_lost_found(Checkup& checkup) {
  DirectoryFact* const root = checkup.survey.directory(checkup.volume.root());
  std::optional<InodeNo> found;
  if (root == nullptr) return found;
  each_entry(checkup.survey, *root, checkup.source, [&](EntryArea& area, u32 at) {
    if (area.name(at) == lost_found_name) found = InodeNo(area.entry(at).inode);
    return !found;
  });
  if (found && checkup.survey.census.type(*found) != EntryType::directory) found.reset();
  return found;
}

bool put_into_lost_found(Checkup& checkup, const Problem& problem, InodeNo inode) {
  const auto home = find_lost_found(checkup);
  if (!home || *home == inode) {
    checkup.examiner.could_not_mend(problem);
    return false;
  }
  const EntryType type = checkup.survey.census.type(inode);
  const bool directory = type == EntryType::directory;
  survey_usage(checkup, *home, false);
  const bool done = mend_with_engine(checkup, problem, [&](Transaction& transaction, Space& space) {
    DirectoryEditor editor(transaction, space, *home);
    std::string name = fmt::format("#{}", inode.value);
    while (editor.find(name)) name += '_';
    editor.add(name, inode, type);
    if (!directory) return;
    DirectoryEditor(transaction, space, inode).replace("..", *home, EntryType::directory);
    Inode& holder = transaction.edit<Inode>(block_of(*home));
    holder.set_links(holder.links() + 1);
  });
  survey_usage(checkup, *home, true);
  if (!done) return false;
  checkup.survey.census.count_name(inode);
  survey_links(checkup, *home);
  if (DirectoryFact* const fact = checkup.survey.directory(inode)) fact->parent = fact->dotdot = *home;
  return true;
}

void remove_names_of(Transaction& transaction, Space& space, InodeNo directory, InodeNo inode) {
  std::vector<std::string> names;
  Directory(space.volume(), directory).each([&](const DirectoryEntry& entry, std::string_view name) {
    if (entry.inode == inode.value && name != "." && name != "..") names.emplace_back(name);
    return true;
  });
  DirectoryEditor editor(transaction, space, directory);
  for (const std::string& name : names) editor.remove(name);
}

namespace {

/// False when there is no `..` in its place.
bool set_dotdot(Checkup& checkup, DirectoryFact& directory, InodeNo parent) {
  bool done = false;
  each_area(checkup.survey, directory, checkup.source, [&](EntryArea& area) {
    if (is_entry(area.bytes(), 0) && area.entry(0).record_length == dotdot_offset &&
        is_entry(area.bytes(), dotdot_offset) && area.name(dotdot_offset) == "..") {
      area.mend_entry(dotdot_offset).inode = parent.value;
      done = true;
    }
    return false;
  });
  if (done) directory.dotdot = parent;
  return done;
}

}  // namespace

void mend_dotdot(Checkup& checkup, DirectoryFact& directory) {
  if (directory.parent == directory.dotdot || directory.parent.value == 0) return;
  const bool known = directory.dotdot.value != 0;  // else pass 2 has told what is wrong with it
  if (!known && checkup.mender == nullptr) return;
  if (known && !checkup.examiner.resolve(problem::DIR_DOTDOT, {.inode = directory.inode,
                                                               .found = directory.dotdot.value,
                                                               .expected = directory.parent.value}))
    return;
  if (!set_dotdot(checkup, directory, directory.parent) && known)
    checkup.examiner.could_not_mend(problem::DIR_DOTDOT);
  checkup.settle();
}

void survey_links(Checkup& checkup, InodeNo inode) {
  if (const auto seen = checkup.source.look<Inode>(block_of(inode), inode))
    checkup.survey.census.set_links(inode, (*seen)->links());
}

void survey_usage(Checkup& checkup, InodeNo inode, bool there) {
  const auto seen = checkup.source.look<Inode>(block_of(inode), inode);
  if (!seen || ((*seen)->has_flag(inode_flag::system) && inode != checkup.volume.root())) return;
  const u64 space = u64{(*seen)->clusters} << checkup.geometry().cluster_bits;
  for (Usage* const usage : {&checkup.survey.users[(*seen)->uid], &checkup.survey.groups[(*seen)->gid]}) {
    usage->space = there ? usage->space + space : usage->space - std::min(usage->space, space);
    usage->inodes = there ? usage->inodes + 1 : usage->inodes - std::min<u32>(usage->inodes, 1);
  }
}

void survey_new_directory(Checkup& checkup, InodeNo inode, InodeNo parent, bool system) {
  Survey& survey = checkup.survey;
  survey_usage(checkup, inode, true);
  survey.census.add({.inode = inode, .type = EntryType::directory, .system = system});
  survey_links(checkup, inode);
  if (parent != inode) survey.census.count_name(inode);
  const bool inside = checkup.has(feature::inline_data);
  const DirectoryFact fact{.inode = inode, .parent = parent, .dotdot = parent, .in_inode = inside};
  if (DirectoryFact* const known = survey.directory(inode)) {
    *known = fact;
    return;
  }
  const auto place = std::ranges::lower_bound(survey.directories, inode, {}, &DirectoryFact::inode);
  survey.directories.insert(place, fact);
}

namespace {

/// Directories know their parents; a parent knows the name.
class PathFinder {
 public:
  explicit PathFinder(Checkup& checkup) : checkup_(checkup) {}

  std::string operator()(InodeNo inode) {
    std::vector<std::string> names;
    InodeNo at = inode;
    for (u32 depth = 0; at != checkup_.volume.root() && at != checkup_.volume.system_directory(); ++depth) {
      const DirectoryFact* const fact = checkup_.survey.directory(at);
      if (fact == nullptr || fact->parent.value == 0 || depth == depth_max) return {};
      names.push_back(name_of(*fact));
      if (names.back().empty()) return {};
      at = fact->parent;
    }
    std::string path = at == checkup_.volume.root() ? "" : "/";
    for (auto name = names.rbegin(); name != names.rend(); ++name) path += "/" + *name;
    return path.empty() ? "/" : path == "/" ? "//" : path;
  }

 private:
  static constexpr u32 depth_max = 1000;
  static constexpr std::size_t known_max = 4096;

  const std::string& name_of(const DirectoryFact& child) {
    if (known_.size() >= known_max) known_.clear();
    const auto [known, is_new] = known_.try_emplace(child.inode);
    if (is_new) known->second = look_up(child);
    return known->second;
  }

  std::string look_up(const DirectoryFact& child) {
    const DirectoryFact* const parent = checkup_.survey.directory(child.parent);
    std::string found;
    if (parent == nullptr) return found;
    each_entry(checkup_.survey, *parent, checkup_.source, [&](EntryArea& area, u32 at) {
      if (area.entry(at).inode == child.inode.value) found = area.name(at);
      return found.empty();
    });
    return found;
  }

  Checkup& checkup_;
  std::map<InodeNo, std::string> known_;
};

}  // namespace

Examiner::PathOf path_finder(Checkup& checkup) { return PathFinder(checkup); }

}  // namespace ocfs2
