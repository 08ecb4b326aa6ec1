// SPDX-License-Identifier: GPL-2.0-or-later
//
// What only all blocks of a directory together show: names that occur twice, the index, the list of blocks
// with room.
#include <fmt/format.h>

#include <algorithm>

#include "engine/check/directory_exam.h"
#include "engine/check/index_check.h"
#include "engine/check/problems/directories.h"

namespace ocfs2 {

void DirectoryExam::finish() {
  names_.settle();
  if (names_.has_twins()) duplicates();
  if (indexed()) index();
}

void DirectoryExam::duplicates() {
  if (examiner_.triage()) return examiner_.report(problem::DIRENT_DUPLICATE, {});
  const std::vector<u64> twins = names_.twins();
  Names seen;
  each_area(checkup_.survey, fact_, source_, [&](EntryArea& area) {
    rename_twins(area, twins, seen);
    return true;
  });
}

void DirectoryExam::rename_twins(EntryArea& area, const std::vector<u64>& twins, Names& seen) {
  for (u32 at = 0; at < area.size && is_entry(area.bytes(), at); at += area.entry(at).record_length) {
    const std::string_view name = area.name(at);
    if (area.entry(at).free() || name.empty() || name == "." || name == "..") continue;
    if (!std::binary_search(twins.begin(), twins.end(), names_.key(name))) continue;
    if (!seen.emplace(name).second) rename_twin(area, at);
  }
}

void DirectoryExam::rename_twin(EntryArea& area, u32 at) {
  const std::string new_name =
      free_name(area.name(at), area.entry(at).record_length - DirectoryEntry::header_bytes);
  const Facts facts{.inode = fact_.inode,
                    .other = InodeNo(area.entry(at).inode),
                    .name = area.name(at),
                    .detail = new_name};
  if (new_name.empty()) return examiner_.report(problem::DIRENT_DUPLICATE, facts);
  if (!examiner_.resolve(problem::DIRENT_DUPLICATE, facts)) return;
  given_.insert(names_.key(new_name));
  area.rename(at, new_name);
  names_changed_ = true;
}

/// A name that is not taken: `name` with an underscore behind, or with a number where its last bytes were.
/// `room`: how long a name the entry can hold. Empty when all are taken.
std::string DirectoryExam::free_name(std::string_view name, u32 room) const {
  room = std::min(room, name_length_max);
  const auto taken = [&](const std::string& wanted) {
    const u64 key = names_.key(wanted);
    return names_.contains(key) || given_.contains(key);
  };
  for (std::string longer = std::string(name) + "_"; longer.size() <= room; longer += '_')
    if (!taken(longer)) return longer;
  for (u64 number = 1;; ++number) {
    const std::string end = fmt::format("_{}", number);
    if (end.size() > room) return {};
    std::string shorter = std::string(name.substr(0, room - end.size())) + end;
    if (!taken(shorter)) return shorter;
  }
}

void DirectoryExam::index() {
  if (fact_.rebuild_index || fact_.index_wrong) return;
  if (names_changed_) {
    yield_.rebuild_index = true;
    return;
  }
  if (names_uncertain_) return;
  IndexWalk walk = walk_index(fact_.inode, fact_.index, source_);
  IndexFault fault = std::move(walk.fault);
  if (!fault) fault = compare_index(walk, fact_.inode, names_, source_);
  if (fault) {
    const Facts facts{.inode = fact_.inode, .block = fact_.index, .detail = fault.detail};
    (examiner_.resolve(*fault.problem, facts) ? yield_.rebuild_index : yield_.index_wrong) = true;
    return;
  }
  examine_index_origin(walk, fact_.inode, checkup_.survey.metadata_blocks, examiner_);
  const u64 counted = (*walk.root)->entries;
  if (counted != names_.count() &&
      examiner_.resolve(problem::DX_ENTRY_COUNT,
                        {.inode = fact_.inode, .found = counted, .expected = names_.count()}))
    walk.root->mend().entries = static_cast<u32>(names_.count());
  if (fact_.trailers) free_list(BlockNo((*walk.root)->free_block));
}

void DirectoryExam::free_list(BlockNo head) {
  u64 wrong = 0;
  const Room* first = nullptr;
  for (const Room& room : rooms_)
    if (room.recorded != room.actual && wrong++ == 0) first = &room;
  if (wrong > 0) {
    if (examiner_.resolve(problem::DIR_TRAILER_FREE_LEN, {.inode = fact_.inode,
                                                          .block = first->block,
                                                          .found = first->recorded,
                                                          .expected = first->actual,
                                                          .count = wrong}))
      write_free_list();
    return;
  }
  const std::string damage = free_list_damage(head);
  if (!damage.empty() &&
      examiner_.resolve(problem::DIR_TRAILER_FREE_LIST, {.inode = fact_.inode, .detail = damage}))
    write_free_list();
}

std::string DirectoryExam::free_list_damage(BlockNo head) const {
  std::vector<Room> sorted = rooms_;
  std::ranges::sort(sorted, {}, &Room::block);
  const auto with_room =
      static_cast<u64>(std::ranges::count_if(sorted, [](const Room& room) { return room.actual != 0; }));
  u64 listed = 0;
  for (BlockNo at = head; at.value != 0; ++listed) {
    const auto room = std::ranges::lower_bound(sorted, at, {}, &Room::block);
    if (room == sorted.end() || room->block != at)
      return fmt::format("it leads to block {}, which is not one of the directory", at.value);
    if (room->actual == 0) return fmt::format("block {} is on it but has no room", at.value);
    if (listed == with_room) return "it runs in a circle";
    at = room->next;
  }
  if (listed < with_room)
    return fmt::format("blocks with room that are missing on it: {}", with_room - listed);
  return {};
}

/// From the last block to the first, so that the list is sound after every step.
void DirectoryExam::write_free_list() {
  BlockNo head;
  const auto set_head = [&] {
    if (auto root = source_.look<IndexRoot>(fact_.index, fact_.inode)) root->mend().free_block = head.value;
  };
  set_head();
  for (std::size_t i = rooms_.size(); i-- > 0;) {
    const Room& room = rooms_[i];
    auto block = source_.look(room.block, DirectoryBlock::kind, fact_.inode);
    if (!block) continue;
    DirectoryTrailer& trailer = DirectoryBlock::trailer(block->mend_bytes());
    trailer.free_record_length = static_cast<u16>(room.actual);
    trailer.free_next = room.actual == 0 ? 0 : head.value;
    if (room.actual != 0) head = room.block;
    set_head();
    source_.mender()->settle();
  }
}

}  // namespace ocfs2
