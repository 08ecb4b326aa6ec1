// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/bitmap_audit.h"

#include <algorithm>

#include "engine/error.h"
#include "ondisk/group.h"

namespace ocfs2 {
namespace {

constexpr u32 groups_at_once = 256;

class BitmapAudit {
 public:
  explicit BitmapAudit(Volume& volume)
      : volume_(volume),
        geometry_(volume.geometry()),
        inode_(volume.system_file(SystemFile::global_bitmap)),
        chains_(ChainList::chains(Inode::body(inode_.bytes()))),
        counted_(chains_.size()) {}

  void run() {
    for (u32 first = 0; first < geometry_.cluster_groups(); first += groups_at_once)
      examine(first, std::min(first + groups_at_once, geometry_.cluster_groups()));
    u64 bits = 0, free = 0;
    for (std::size_t chain = 0; chain < chains_.size(); ++chain) {
      const std::string what = fmt::format("chain {}", chain);
      expect(what + ": clusters", chains_[chain].total, counted_[chain].bits);
      expect(what + ": free clusters", chains_[chain].free, counted_[chain].free);
      bits += counted_[chain].bits;
      free += counted_[chain].free;
    }
    expect("clusters", inode_->bitmap.total, bits);
    expect("clusters in use", inode_->bitmap.used, bits - free);
  }

 private:
  struct Counted {
    u64 bits = 0, free = 0;
  };

  void examine(u32 index, u32 end) {
    std::vector<BlockNo> blocks;
    for (u32 i = index; i < end; ++i) blocks.push_back(geometry_.cluster_group_block(i));
    volume_.cache().prefetch(blocks);
    for (; index < end; ++index) examine(index);
  }

  /// That a group counts its own bits right is what its judge looks at.
  void examine(u32 index) {
    const auto group = volume_.cache().read<GroupDescriptor>(geometry_.cluster_group_block(index));
    const std::string what = fmt::format("group {}", group.block().value);
    const u32 bits = geometry_.clusters_in_group(index);
    expect(what + ": clusters", group->bits, bits);
    if (group->chain >= counted_.size()) expect(what + ": chain", group->chain, counted_.size() - 1);
    counted_[group->chain].bits += bits;
    counted_[group->chain].free += group->free_bits;
  }

  void expect(const std::string& what, u64 said, u64 is) const {
    if (said == is) return;
    fail(
        ErrorKind::corrupt,
        "{}: the global bitmap contradicts itself, so no space can be given out ({}: {} instead of {}); run: "
        "fsck.ocfs2 -f {}",
        volume_.name(), what, said, is, volume_.name());
  }

  Volume& volume_;
  const Geometry& geometry_;
  BlockRef<Inode> inode_;
  std::span<const ChainRecord> chains_;
  std::vector<Counted> counted_;
};

}  // namespace

void require_sound_bitmap(Volume& volume) { BitmapAudit(volume).run(); }

}  // namespace ocfs2
