// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/fresh_volume.h"

#include <algorithm>
#include <vector>

#include "engine/error.h"
#include "engine/journal/in_place.h"
#include "ondisk/geometry.h"

namespace ocfs2 {
namespace {

// Superblocks of every block size lie in the first MiB, at 1024, 2048, 4096 and 8192 bytes; the last MiB is
// where other formats keep their copies.
constexpr u64 wiped_end_bytes = 1 << 20;

}  // namespace

FreshVolume::~FreshVolume() {
  if (!half_made_) return;
  try {
    abandon();
  } catch (const Error&) {
    // The error that brought us here is being reported already, and without a superblock nothing opens this.
  }
}

void FreshVolume::begin(bool discard) {
  half_made_ = true;
  // Backups first and durable: as long as the primary is there the volume is whole, and once it is gone
  // nothing must be left from which a tool could restore it over what we write.
  wipe_backups();
  device_.flush();
  wipe_ends();
  device_.flush();
  if (!discard || device_.size_bytes() <= 2 * wiped_end_bytes) return;
  // A discarded range may read as anything, its old content included: so the ends are left out, and the
  // backups are wiped once more.
  device_.discard({}, wiped_end_bytes, device_.size_bytes() - 2 * wiped_end_bytes);
  wipe_backups();
  device_.flush();
}

void FreshVolume::commit(std::span<const BlockImage> blocks) {
  write_in_place(device_, {}, block_size_, blocks);
}

void FreshVolume::write_data(u64 offset, ConstBytes bytes) { device_.write({}, offset, bytes); }

void FreshVolume::zero_data(u64 offset, u64 length) { device_.zero({}, offset, length); }

void FreshVolume::finish(std::span<const BlockImage> supers) {
  std::vector<BlockImage> primary, backups;
  for (const BlockImage& super : supers) (super.block == super_block_no ? primary : backups).push_back(super);
  require(primary.size() == 1);

  device_.flush();
  write_in_place(device_, {}, block_size_, backups);
  device_.flush();
  write_in_place(device_, {}, block_size_, primary);
  device_.flush();
  half_made_ = false;
}

void FreshVolume::abandon() {
  // The primary goes first here: what is left of a failed `finish` must not be whole for a moment longer.
  wipe_ends();
  wipe_backups();
  device_.flush();
  half_made_ = false;
}

void FreshVolume::wipe_backups() {
  for (u32 index = 0; index < backup_super_count_max; ++index) {
    const u64 offset = Geometry::backup_super_byte(index);
    if (offset + block_size_max <= device_.size_bytes()) device_.zero({}, offset, block_size_max);
  }
}

void FreshVolume::wipe_ends() {
  const u64 length = std::min(wiped_end_bytes, device_.size_bytes());
  device_.zero({}, 0, length);
  device_.zero({}, device_.size_bytes() - length, length);
}

}  // namespace ocfs2
