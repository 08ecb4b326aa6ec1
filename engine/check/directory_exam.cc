// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/directory_exam.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/check/check.h"
#include "engine/check/entry_salvage.h"
#include "engine/check/problems/directories.h"

namespace ocfs2 {
namespace {

constexpr u32 dot_length = DirectoryEntry::needed(1);

/// A trailer at the end of its block.
struct TrailerTable {
  AnyPatient& patient;
  const DirectoryTrailer& operator*() const { return DirectoryBlock::trailer(patient.bytes()); }
  DirectoryTrailer& mend() { return DirectoryBlock::trailer(patient.mend_bytes()); }
};

struct TrailerPlace {
  InodeNo directory;
  BlockNo block;
  Facts facts() const { return {.inode = directory, .block = block}; }
};

constexpr Check<DirectoryTrailer, TrailerPlace> trailer_checks[] = {
    {.problem = problem::DIR_TRAILER_INODE,
     .found = [](const DirectoryTrailer& trailer, const TrailerPlace&) -> u64 {
       return trailer.compat_inode;
     },
     .expected = [](const DirectoryTrailer&, const TrailerPlace&) -> u64 { return 0; },
     .mend = [](DirectoryTrailer& trailer, u64 inode, const TrailerPlace&) { trailer.compat_inode = inode; }},
    {.problem = problem::DIR_TRAILER_NAME_LEN,
     .found = [](const DirectoryTrailer& trailer, const TrailerPlace&) -> u64 {
       return trailer.compat_name_length;
     },
     .expected = [](const DirectoryTrailer&, const TrailerPlace&) -> u64 { return 0; },
     .mend = [](DirectoryTrailer& trailer, u64, const TrailerPlace&) { trailer.compat_name_length = 0; }},
    {.problem = problem::DIR_TRAILER_REC_LEN,
     .found = [](const DirectoryTrailer& trailer, const TrailerPlace&) -> u64 {
       return trailer.compat_record_length;
     },
     .expected = [](const DirectoryTrailer&, const TrailerPlace&) -> u64 { return sizeof(DirectoryTrailer); },
     .mend = [](DirectoryTrailer& trailer, u64 length,
                const TrailerPlace&) { trailer.compat_record_length = static_cast<u16>(length); }},
    {.problem = problem::DIR_TRAILER_BLKNO,
     .found = [](const DirectoryTrailer& trailer, const TrailerPlace&) -> u64 { return trailer.block; },
     .expected = [](const DirectoryTrailer&, const TrailerPlace& at) { return at.block.value; },
     .mend = [](DirectoryTrailer& trailer, u64 block, const TrailerPlace&) { trailer.block = block; }},
    {.problem = problem::DIR_TRAILER_PARENT_INODE,
     .found = [](const DirectoryTrailer& trailer, const TrailerPlace&) -> u64 {
       return trailer.parent_inode;
     },
     .expected = [](const DirectoryTrailer&, const TrailerPlace& at) { return at.directory.value; },
     .mend = [](DirectoryTrailer& trailer, u64 inode, const TrailerPlace&) { trailer.parent_inode = inode; }},
};

}  // namespace

DirectoryRoles::DirectoryRoles(const Checkup& checkup)
    : root(checkup.volume.root()), system(checkup.volume.system_directory()) {
  for (u32 slot = 0; slot < checkup.facts().max_slots; ++slot)
    if (const auto inode = checkup.survey.system.find(SystemFile::orphan_dir, slot))
      orphans.push_back(*inode);
  std::sort(orphans.begin(), orphans.end());
}

bool DirectoryRoles::is_orphan_directory(InodeNo inode) const {
  return std::binary_search(orphans.begin(), orphans.end(), inode);
}

DirectoryExam::DirectoryExam(const Checkup& checkup, const DirectoryRoles& roles, Examiner& examiner,
                             BlockSource& source)
    : checkup_(checkup), roles_(roles), examiner_(examiner), source_(source), names_(checkup.facts()) {}

void DirectoryExam::begin(const DirectoryFact& fact) {
  fact_ = fact;
  names_.begin(indexed());
  rooms_.clear();
  given_.clear();
  yield_.named.clear();
  yield_.children.clear();
  yield_.dotdot = {};
  yield_.rebuild_index = fact.rebuild_index;
  yield_.index_wrong = fact.index_wrong;
  blocks_ = 0;
  orphans_ = roles_.is_orphan_directory(fact.inode);
  ordinary_ = !orphans_ && fact.inode != roles_.system;
  names_uncertain_ = names_changed_ = false;
}

/// Of a problem that has to do with which names there are: index and entries are not to be compared when it
/// stays, and the index must follow when it does not.
bool DirectoryExam::resolve_name(const Problem& problem, const Facts& facts) {
  const bool yes = examiner_.resolve(problem, facts);
  (yes ? names_changed_ : names_uncertain_) = true;
  return yes;
}

void DirectoryExam::inside_inode(AnyPatient& inode) {
  EntryArea entries = area_inside(inode);
  if (entries.size < 2 * dot_length) {
    const u64 room = InlineData::data(Inode::body(inode.bytes())).size();
    if (!resolve_name(problem::DIRENT_LENGTH,
                      {.inode = fact_.inode, .block = inode.block(), .index = entries.size}) ||
        room < 2 * dot_length)
      return;
    as<Inode>(inode.mend_bytes()).size = room;
    entries.size = static_cast<u32>(room);
  }
  area(entries, true);
}

void DirectoryExam::block(AnyPatient& patient) {
  const u64 before = findings();
  const u32 size = static_cast<u32>(directory_area(patient.bytes(), fact_.trailers).size());
  EntryArea entries{patient, 0, size};
  if (fact_.trailers) trailer(patient);
  area(entries, blocks_ == 0);
  if (fact_.trailers && indexed()) {
    rooms_.push_back(room_of(patient, entries));
  }
  ++blocks_;
  if (findings() == before) examine_checksum(patient, fact_.inode, examiner_);
}

DirectoryExam::Room DirectoryExam::room_of(const AnyPatient& patient, const EntryArea& entries) const {
  const DirectoryTrailer& trailer = DirectoryBlock::trailer(patient.bytes());
  Room room{patient.block(), BlockNo(trailer.free_next), trailer.free_record_length,
            largest_hole(entries.bytes())};
  // The kernel takes the trailer off twice when it makes a directory; the first name put there corrects it.
  const bool fresh = blocks_ == 0 && room.actual == entries.size - 2 * dot_length;
  if (fresh && room.recorded + sizeof(DirectoryTrailer) == room.actual) room.recorded = room.actual;
  return room;
}

void DirectoryExam::trailer(AnyPatient& patient) {
  TrailerTable table{patient};
  if (matches((*table).signature, DirectoryTrailer::signature_text)) {
    run_checks(trailer_checks, table, TrailerPlace{fact_.inode, patient.block()}, examiner_);
    const BlockNo next((*table).free_next);
    if (next.value == 0 || (next > super_block_no && checkup_.geometry().contains(next))) return;
    // Nobody can read such a block, whether or not it is on a list.
    const std::string detail =
        fmt::format("block {} says that block {} follows", patient.block().value, next.value);
    if (resolve_name(problem::DIR_TRAILER_FREE_LIST, {.inode = fact_.inode, .detail = detail}))
      table.mend().free_next = 0;
  } else if (examiner_.resolve(problem::DIR_TRAILER_SIGNATURE,
                               {.inode = fact_.inode, .block = patient.block()})) {
    format_trailer(patient.mend_bytes(), patient.block(), fact_.inode);
    names_changed_ = true;  // the list of blocks with room went through the old one
  } else {
    names_uncertain_ = true;
  }
}

void DirectoryExam::area(EntryArea& area, bool first) {
  std::optional<u32> previous;
  u32 at = 0;
  if (first) {
    at = dots(area);
    previous = dot_length;
  }
  for (u32 index = first ? 2 : 0; at < area.size; ++index) {
    if (!is_entry(area.bytes(), at)) {
      const auto on = broken(area, at, previous);
      if (!on) return;
      at = *on;
      continue;
    }
    entry(area, at, index);
    previous = at;
    at += area.entry(at).record_length;
  }
}

/// What stands at `at` is no entry, and what stands before it leads there. Returns where sound entries go on;
/// nothing when the rest stays as it is.
std::optional<u32> DirectoryExam::broken(EntryArea& area, u32 at, std::optional<u32> previous) {
  // The entry before may be the one whose length is wrong: its name is the last that is certain.
  u32 from = at;
  const bool previous_used = previous && !area.entry(*previous).free();
  if (previous) from = *previous;
  if (previous_used) from += DirectoryEntry::needed(area.entry(*previous).name_length);
  std::vector<SavedEntry> saved;
  if (!examiner_.triage()) saved = salvage_entries(area.bytes(), from, checkup_.survey.census);

  const bool has_header = area.size - at >= DirectoryEntry::header_bytes;
  const u32 length = has_header ? u32{area.entry(at).record_length} : 0;
  if (!resolve_name(problem::DIRENT_LENGTH, {.inode = fact_.inode,
                                             .block = area.block(),
                                             .found = length,
                                             .count = saved.size(),
                                             .index = at})) {
    for (const SavedEntry& entry : saved) meet(entry.inode);
    return std::nullopt;
  }
  const bool filled =
      fill_area(area.mend(), from, nullptr, saved) && is_entry(area.bytes(), from);  // its length may be odd
  if (!filled && !previous_used) return std::nullopt;
  const u32 end = filled ? from : area.size;
  if (previous_used) area.mend_entry(*previous).record_length = static_cast<u16>(end - *previous);
  return end;
}

/// The first two entries. Returns where the third begins.
u32 DirectoryExam::dots(EntryArea& area) {
  if (indexed()) names_.add_dots(area.block());
  const auto behind = dot(area);
  if (behind) return *behind;
  if (is_entry(area.bytes(), dot_length)) return dotdot(area);
  if (!begin_anew(problem::DIRENT_LENGTH, area, dot_length)) return area.size;
  return dot_length + area.entry(dot_length).record_length;
}

/// The first entry. Returns where the third begins when the second one needs no look any more, else nothing.
std::optional<u32> DirectoryExam::dot(EntryArea& area) {
  const bool has_name = area.name(0) == ".";
  const u32 length = area.entry(0).record_length;
  if (length != dot_length && (has_name || !is_entry(area.bytes(), 0))) {
    const bool goes_on = has_name && is_entry(area.bytes(), dot_length);
    const Problem& problem = has_name ? problem::DIRENT_DOT_EXCESS : problem::DIRENT_LENGTH;
    if (!goes_on) {
      if (!begin_anew(problem, area, 0)) return area.size;
      return dot_length + area.entry(dot_length).record_length;
    }
    if (examiner_.resolve(problem, {.inode = fact_.inode, .found = length, .expected = dot_length}))
      area.mend_entry(0).record_length = static_cast<u16>(dot_length);
  } else if (!has_name) {
    if (length != dot_length) {
      if (!begin_anew(problem::DIRENT_NOT_DOTTY, area, 0)) return area.size;
      return dot_length + area.entry(dot_length).record_length;
    }
    const Facts facts{.inode = fact_.inode, .index = 1, .name = area.name(0), .detail = "."};
    if (!resolve_name(problem::DIRENT_NOT_DOTTY, facts)) return std::nullopt;
    area.rename(0, ".");
    area.mend_entry(0).inode = fact_.inode.value;
    area.mend_entry(0).file_type = static_cast<u8>(EntryType::directory);
  }
  if (area.entry(0).inode != fact_.inode.value &&
      examiner_.resolve(problem::DIRENT_DOT_INODE, {.inode = fact_.inode, .found = area.entry(0).inode}))
    area.mend_entry(0).inode = fact_.inode.value;
  dot_type(area, 0);
  return std::nullopt;
}

/// The second entry, which is one. Returns where the third begins.
u32 DirectoryExam::dotdot(EntryArea& area) {
  const u32 end = dot_length + area.entry(dot_length).record_length;
  const bool used = !area.entry(dot_length).free();
  if (used && area.name(dot_length) == "..") {
    yield_.dotdot = InodeNo(area.entry(dot_length).inode);
    dot_type(area, dot_length);
    return end;
  }
  const std::string_view name = used ? area.name(dot_length) : "";
  const Facts facts{.inode = fact_.inode, .index = 2, .name = name, .detail = ".."};
  if (!resolve_name(problem::DIRENT_NOT_DOTTY, facts)) {
    if (used) meet(InodeNo(area.entry(dot_length).inode));
    return end;
  }
  area.rename(dot_length, "..");
  area.mend_entry(dot_length).inode =
      fact_.inode.value;  // until it is known where the directory has its name
  area.mend_entry(dot_length).file_type = static_cast<u8>(EntryType::directory);
  return end;
}

void DirectoryExam::dot_type(EntryArea& area, u32 at) {
  constexpr u8 directory = static_cast<u8>(EntryType::directory);
  const DirectoryEntry& entry = area.entry(at);
  if (entry.file_type == directory) return;
  if (examiner_.resolve(problem::DIRENT_TYPE, {.inode = fact_.inode,
                                               .other = InodeNo(entry.inode),
                                               .found = entry.file_type,
                                               .expected = directory,
                                               .name = area.name(at)}))
    area.mend_entry(at).file_type = directory;
}

/// The beginning is damaged, what stands at `at` in particular: the area is made again of `.`, `..` and the
/// entries that can be made out. False when it is to stay.
bool DirectoryExam::begin_anew(const Problem& problem, EntryArea& area, u32 at) {
  std::vector<SavedEntry> saved;
  if (!examiner_.triage()) saved = salvage_entries(area.bytes(), at, checkup_.survey.census);
  const bool dot_there = at == 0 && area.name(0) == ".";
  yield_.dotdot = salvage_dotdot(area.bytes(), checkup_.survey.census);
  if (!resolve_name(problem, {.inode = fact_.inode,
                              .block = area.block(),
                              .found = area.entry(at).record_length,
                              .expected = dot_length,
                              .count = saved.size(),
                              .index = dot_there || &problem == &problem::DIRENT_LENGTH ? at : 1,
                              .name = area.name(at),
                              .detail = "."})) {
    for (const SavedEntry& entry : saved) meet(entry.inode);
    return false;
  }
  const Dots dots{fact_.inode, yield_.dotdot.value != 0 ? yield_.dotdot : fact_.inode};
  return fill_area(area.mend(), 0, &dots, saved);
}

void DirectoryExam::entry(EntryArea& area, u32 at, u32 index) {
  if (area.entry(at).free() || !legal_name(area, at, index)) return;
  const auto met = target(area, at);
  if (!met) return;
  const InodeNo inode(area.entry(at).inode);
  const u8 type = static_cast<u8>(met->type);
  if (met->type != EntryType::unknown && area.entry(at).file_type != type &&
      examiner_.resolve(problem::DIRENT_TYPE, {.inode = fact_.inode,
                                               .other = inode,
                                               .found = area.entry(at).file_type,
                                               .expected = type,
                                               .name = area.name(at)}))
    area.mend_entry(at).file_type = type;
  names_.add(area.name(at), area.block());
  meet(inode, *met);
}

/// False when there is nothing more to be said about the entry.
bool DirectoryExam::legal_name(EntryArea& area, u32 at, u32 index) {
  const std::string_view name = area.name(at);
  const InodeNo inode(area.entry(at).inode);
  const Facts facts{.inode = fact_.inode,
                    .other = inode,
                    .block = area.block(),
                    .found = inode.value,
                    .index = index + u64{1},
                    .name = name};
  if (name.empty() || name == "." || name == "..") {
    const Problem& problem = name.empty() ? problem::DIRENT_ZERO : problem::DIRENT_DOTTY_DUP;
    if (resolve_name(problem, facts))
      area.mend_entry(at).inode = 0;
    else if (name.empty())
      meet(inode);
    return false;
  }
  if (is_legal_name(name)) [[likely]]
    return true;
  if (resolve_name(problem::DIRENT_NAME_CHARS, facts)) {
    std::string legal(name);
    std::replace_if(
        legal.begin(), legal.end(), [](char c) { return c == '/' || c == '\0'; }, '.');
    area.rename(at, legal);
  }
  return true;
}

/// The inode in use that the entry leads to, and may lead to.
std::optional<InodeCensus::Meeting> DirectoryExam::target(EntryArea& area, u32 at) {
  const BlockNo block(area.entry(at).inode);
  const auto met = checkup_.survey.census.meet(inode_at(block));
  if (met && (!met->system || !ordinary_)) [[likely]]
    return met;
  const bool inside = block > super_block_no && checkup_.geometry().contains(block);
  const Problem& problem = met      ? problem::DIRENT_INODE_SYSTEM
                           : inside ? problem::DIRENT_INODE_FREE
                                    : problem::DIRENT_INODE_RANGE;
  if (examiner_.resolve(problem, {.inode = fact_.inode, .found = block.value, .name = area.name(at)})) {
    area.mend_entry(at).inode = 0;
    names_changed_ = true;
  } else {
    names_.add(area.name(at), area.block());
  }
  return std::nullopt;
}

/// Somebody that is named by what is no sound entry, and stays so.
void DirectoryExam::meet(InodeNo inode) {
  if (const auto met = checkup_.survey.census.meet(inode)) meet(inode, *met);
}

void DirectoryExam::meet(InodeNo inode, const InodeCensus::Meeting& met) {
  const bool directory = met.type == EntryType::directory;
  if (!orphans_) {
    yield_.named.push_back(met);
    if (directory) yield_.children.push_back(inode);
  } else if (directory && checkup_.survey.census.orphaned(inode)) {
    yield_.children.push_back(inode);
  }
}

}  // namespace ocfs2
