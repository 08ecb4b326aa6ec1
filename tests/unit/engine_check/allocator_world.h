// SPDX-License-Identifier: GPL-2.0-or-later
//
// A volume whose allocators and system files are damaged by hand and examined by passes 0 and 1.
#pragma once

#include "ondisk/group.h"
#include "ondisk/system_files.h"
#include "tests/worlds/exam_world.h"
#include "tests/worlds/volume_world.h"

namespace ocfs2 {

/// 300 MiB in blocks of 512 bytes: 22 cluster groups, three chains of two.
inline VolumeWish small_groups() {
  VolumeWish wish;
  wish.bytes = 300 << 20;
  wish.block_size = 512;
  wish.features = features_of(FeatureLevel::default_features).without(feature::indexed_dirs);
  return wish;
}

class AllocatorWorld : public ExamWorld {
 public:
  explicit AllocatorWorld(const VolumeWish& wish = small_groups()) : ExamWorld(VolumeWorld(wish).device) {
    for (const SystemFileRow& row : system_files)
      for (u32 slot = 0; slot < (row.per_slot ? wish.slots : 1); ++slot)
        if (const auto inode = volume().find_system_file(row.file, slot)) files[{row.file, slot}] = *inode;
  }

  InodeNo file(SystemFile kind, u32 slot = 0) { return files.at({kind, slot}); }
  void damage_inode(SystemFile kind, const std::function<void(Inode&)>& change, u32 slot = 0) {
    damage<Inode>(block_of(file(kind, slot)), [&](Inode& inode, Bytes) { change(inode); });
  }
  void damage_chain(SystemFile kind, u32 chain, const std::function<void(ChainRecord&)>& change,
                    u32 slot = 0) {
    damage<Inode>(block_of(file(kind, slot)),
                  [&](Inode&, Bytes bytes) { change(ChainList::slots(Inode::body(bytes))[chain]); });
  }
  void damage_group(BlockNo group, const std::function<void(GroupDescriptor&)>& change) {
    damage<GroupDescriptor>(group, [&](GroupDescriptor& descriptor, Bytes) { change(descriptor); });
  }

  void damage_super(const std::function<void(SuperInode&)>& change) {
    damage<SuperInode>(super_block_no, [&](SuperInode& super, Bytes) { change(super); });
    reopen();
  }
  /// Turns bits of the first group of a chain around, with all numbers that count them.
  void flip_bits(SystemFile kind, u32 chain, u32 first, u32 count) {
    s32 freed = 0;
    damage<GroupDescriptor>(group(kind, chain), [&](GroupDescriptor& descriptor, Bytes bytes) {
      for (u32 bit = first; bit < first + count; ++bit) {
        const bool used = test_bit(GroupDescriptor::bitmap(bytes), bit);
        used ? clear_bit(GroupDescriptor::bitmap(bytes), bit) : set_bit(GroupDescriptor::bitmap(bytes), bit);
        freed += used ? 1 : -1;
      }
      descriptor.free_bits = static_cast<u16>(descriptor.free_bits + freed);
    });
    damage_chain(kind, chain, [&](ChainRecord& record) { record.free += static_cast<u32>(freed); });
    damage_inode(kind, [&](Inode& inode) { inode.bitmap.used -= static_cast<u32>(freed); });
  }

  /// The group at place `place` of a chain.
  BlockNo group(SystemFile kind, u32 chain = 0, u32 place = 0, u32 slot = 0) {
    const auto inode = block<Inode>(block_of(file(kind, slot)));
    BlockNo at(ChainList::chains(Inode::body(ConstBytes(inode)))[chain].block);
    for (; place > 0; --place)
      at = BlockNo(as<GroupDescriptor>(ConstBytes(block<GroupDescriptor>(at))).next_group);
    return at;
  }

  /// Finds system files, checks the allocators, the inodes, and the bitmaps.
  Outcome look() { return reopen(), ExamWorld::look(passes()); }
  Outcome mend() { return reopen(), ExamWorld::mend(passes()); }

  std::map<std::pair<SystemFile, u32>, InodeNo> files;  ///< as they were before any damage

 private:
  Work passes() {
    return [this](Examiner& examiner, BlockSource& source, Mender* mender, Harvest&) {
      SilentReporter reporter;
      CheckOptions options;
      options.threads = 1;
      const u64 now = 1'800'000'000;
      Checkup checkup{volume(), options, reporter, examiner, mender, source, Survey(volume().facts()), now};
      find_system_files(checkup);
      check_allocators(checkup);
      check_inodes(checkup);
      check_bitmaps(checkup);
      create_missing_system_files(checkup);
      check_room_of_system_files(checkup);
    };
  }
};

using Codes = std::vector<std::string>;

/// The world is damaged: what is wrong is told, and only that; looking changes nothing; mending tells the
/// same and leaves nothing to tell.
inline void require_found_and_mended(AllocatorWorld& world, const Codes& codes) {
  const MemoryDevice before = world.device;
  const auto seen = world.look();
  CAPTURE(seen.texts);
  CHECK(seen.codes == codes);
  CHECK(world.device.same_content(before));
  const auto mended = world.mend();
  CAPTURE(mended.texts);
  CHECK(mended.codes == codes);
  CHECK(mended.total.left() == 0);
  const auto again = world.look();
  CAPTURE(again.texts);
  CHECK(again.codes == Codes{});
}

}  // namespace ocfs2
