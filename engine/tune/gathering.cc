// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/gathering.h"

#include <algorithm>

#include "engine/tune/inodes.h"
#include "engine/volume/chain_allocator.h"
#include "ondisk/group.h"

namespace ocfs2 {
namespace {

constexpr u32 windows_wanted = 64;  ///< in a small volume
constexpr u32 windows_to_free = 4;  ///< at least, with the room there is
constexpr u32 parts_of_group = 8;   ///< at least, in a large one

/// Room for a group of an allocator wherever it begins, if there is so much room at all.
u32 window_length(Volume& volume) {
  const Geometry& geometry = volume.geometry();
  const u32 least = std::min(geometry.suballocator_group_clusters(), geometry.clusters_per_group());
  const u32 wanted = std::clamp(geometry.clusters / windows_wanted, least,
                                std::max(least, geometry.clusters_per_group() / parts_of_group));
  const u64 free = ChainAllocator(volume, volume.system_file(SystemFile::global_bitmap)).free_bits();
  return static_cast<u32>(std::clamp<u64>(free / windows_to_free, 2, wanted));
}

}  // namespace

GatheringPlan::GatheringPlan(const Tuning& tuning)
    : volume_(tuning.volume()),
      length_(window_length(volume_)),
      per_group_(static_cast<u32>(divide_up(volume_.geometry().clusters_per_group(), length_))) {
  for (u32 group = 0; group < volume_.geometry().cluster_groups(); ++group) add_group(group);
  each_inode(tuning, [&](const BlockRef<Inode>& inode) {
    if (!can_move(*inode)) return;
    const FilePieces file(volume_, inode);
    for (const FilePiece& piece : file.pieces()) add_movable(piece);
  });
  choose();
}

void GatheringPlan::add_group(u32 index) {
  const Geometry& geometry = volume_.geometry();
  const auto group = volume_.cache().read<GroupDescriptor>(geometry.cluster_group_block(index));
  const ConstBytes bitmap = GroupDescriptor::bitmap(group.bytes());
  const u64 first = u64{index} * geometry.clusters_per_group();
  const u64 end = geometry.clusters_in_group(index);
  for (u32 i = 0; i < per_group_; ++i) {
    const u64 from = std::min<u64>(std::max<u64>(u64{i} * length_, 1), end);  // behind the descriptor
    const u64 to = std::min<u64>(u64{i + 1} * length_, end);
    const u64 count = to - std::min(from, to);
    windows_.push_back(
        {{first + from, count}, static_cast<u32>(count_set_bits(bitmap, from, from + count)), 0});
  }
}

std::size_t GatheringPlan::window_of(u64 cluster) const {
  const u32 per_group = volume_.geometry().clusters_per_group();
  return cluster / per_group * per_group_ + cluster % per_group / length_;
}

void GatheringPlan::add_movable(const FilePiece& piece) {
  if (!is_short(piece)) return;
  for (u64 first = piece.place.value; first < piece.end();) {
    Window& window = windows_[window_of(first)];
    const u64 end = std::min(window.clusters.first + window.clusters.count, piece.end());
    if (end <= first) return;  // damage, which is not ours to find
    window.movable += static_cast<u32>(end - first);
    first = end;
  }
}

/// Those with least in them first, as long as there is room for it in the rest.
void GatheringPlan::choose() {
  std::vector<Window*> candidates;
  u64 room = 0;
  for (Window& window : windows_) {
    room += window.clusters.count - window.used;
    if (window.movable == window.used) candidates.push_back(&window);
  }
  std::ranges::stable_sort(candidates, {}, &Window::used);
  for (Window* const window : candidates) {
    room -= window->clusters.count - window->used;
    if (clusters_ + window->used > room) return;
    clusters_ += window->used;
    window->kept_free = true;
  }
}

std::vector<BitRun> GatheringPlan::kept_free() const {
  std::vector<BitRun> runs;
  for (const Window& window : windows_)
    if (window.kept_free && window.clusters.count > 0) runs.push_back(window.clusters);
  return runs;
}

bool GatheringPlan::moves(const FilePiece& piece) const {
  if (!is_short(piece)) return false;
  for (std::size_t i = window_of(piece.place.value); i <= window_of(piece.end() - 1); ++i)
    if (windows_[i].kept_free) return true;
  return false;
}

}  // namespace ocfs2
