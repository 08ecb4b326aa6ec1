// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/mounted_extents.h"

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace ocfs2 {
namespace {

constexpr unsigned extents_at_a_time = 512;

struct MoveArgument {
  static constexpr std::uint64_t find_places = 1, may_cut = 2;

  std::uint64_t first = 0, bytes = 0;  ///< of the file
  std::uint64_t goal_block = 0;        ///< not with find_places
  std::uint64_t long_extent = 0;       ///< bytes; 0: a mebibyte
  std::uint64_t flags = find_places;
  std::uint64_t moved = 0, place = 0;  ///< answered
  std::uint32_t reserved[2] = {};
};
static_assert(sizeof(MoveArgument) == 64);

constexpr unsigned long move_extents = _IOW('o', 6, MoveArgument);
static_assert(move_extents == 0x40406f06);

}  // namespace

std::optional<Refusal> ask_places(int file, std::uint64_t bytes, FilePlaces& places) {
  std::vector<std::uint8_t> room(sizeof(fiemap) + extents_at_a_time * sizeof(fiemap_extent));
  auto& map = *reinterpret_cast<fiemap*>(room.data());
  std::uint64_t done = 0, end_of_last = 0;
  for (bool last = bytes == 0; !last;) {
    std::memset(room.data(), 0, room.size());
    map.fm_start = done;
    map.fm_length = bytes - done;
    map.fm_extent_count = extents_at_a_time;
    if (ioctl(file, FS_IOC_FIEMAP, &map) != 0) return Refusal{errno, "ask where its extents are"};
    last = map.fm_mapped_extents < extents_at_a_time;
    for (unsigned i = 0; i < map.fm_mapped_extents; ++i) {
      const fiemap_extent& extent = map.fm_extents[i];
      places.shared |= (extent.fe_flags & FIEMAP_EXTENT_SHARED) != 0;
      if (places.pieces == 0 || extent.fe_physical != end_of_last) ++places.pieces;
      end_of_last = extent.fe_physical + extent.fe_length;
      done = extent.fe_logical + extent.fe_length;
      last |= (extent.fe_flags & FIEMAP_EXTENT_LAST) != 0 || done >= bytes;
    }
  }
  return std::nullopt;
}

std::optional<Refusal> join_extents(int file, std::uint64_t bytes, MovedExtents extents) {
  MoveArgument argument{.bytes = bytes};
  if (extents == MovedExtents::cut) argument.flags |= MoveArgument::may_cut;
  if (ioctl(file, move_extents, &argument) == 0) return std::nullopt;
  return Refusal{errno, "move its extents"};
}

}  // namespace ocfs2
