// SPDX-License-Identifier: GPL-2.0-or-later
//
// One inode of a volume with everything in it, damaged by hand and examined as pass 1 does it.
#pragma once

#include "engine/check/inode_check.h"
#include "engine/volume/chain_allocator.h"
#include "tests/worlds/exam_world.h"

namespace ocfs2 {

class InodeWorld : public ExamWorld {
 public:
  explicit InodeWorld(const std::string& corpus) : ExamWorld(corpus_volume(corpus)) {
    add_allocator(SystemFile::global_inode_alloc, 0, no_slot);
    for (u32 slot = 0; slot < volume().facts().max_slots; ++slot)
      add_allocator(SystemFile::inode_alloc, slot, static_cast<u16>(slot));
    ledger.seal();
  }

  /// The first inode that `wanted` wants.
  InodeNo find(const std::function<bool(const Inode&)>& wanted) {
    const auto found = inodes(wanted);
    REQUIRE(!found.empty());
    return found.front();
  }

  void damage_inode(const std::function<void(Inode&, Bytes)>& change) {
    damage<Inode>(block_of(inode), change);
  }

  Outcome look() { return ExamWorld::look(work()); }
  Outcome mend() { return ExamWorld::mend(work()); }

  BlockLedger ledger;
  InodeNo inode{};                 ///< the one on the table
  bool stale_generations = false;  ///< -G

 private:
  void add_allocator(SystemFile file, u32 slot, u16 owner) {
    const auto allocator = volume().system_file(file, slot);
    ChainAllocator(volume(), allocator).each_group([&](const BlockRef<GroupDescriptor>& group) {
      std::vector<GroupPiece> pieces;
      for (u32 bit = 0; bit < group->bits; ++bit) {
        const auto block =
            GroupDescriptor::block_of_bit(group.bytes(), bit, allocator->chains.bits_per_cluster);
        if (!block) continue;
        if (!pieces.empty() && pieces.back().first + pieces.back().blocks == *block)
          ++pieces.back().blocks;
        else
          pieces.push_back({*block, 1, bit});
      }
      ledger.add({.descriptor = group.block(),
                  .allocator = inode_at(allocator.block()),
                  .slot = owner,
                  .bits = group->bits},
                 pieces, GroupDescriptor::bitmap(group.bytes()));
      return true;
    });
  }

  Work work() {
    return [this](Examiner& examiner, BlockSource& source, Mender*, Harvest& harvest) {
      const auto spot = ledger.find(block_of(inode));
      REQUIRE(spot.has_value());
      auto patient = source.look<Inode>(block_of(inode), inode);
      REQUIRE(patient.has_value());
      const InodePlace place{ledger, *spot, volume().root(), stale_generations, 1'700'000'000};
      examine_inode_block(*patient, place, examiner, source, harvest);
    };
  }
};

}  // namespace ocfs2
