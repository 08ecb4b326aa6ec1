// SPDX-License-Identifier: GPL-2.0-or-later
//
// A volume whose inodes were surveyed and whose names are checked next: passes 2 to 4, as often as a test
// wants, behind a pass 1 that nobody has to answer.
#pragma once

#include "engine/volume/chain_allocator.h"
#include "tests/worlds/exam_world.h"

namespace ocfs2 {

class NamesWorld : public ExamWorld {
 public:
  using ExamWorld::ExamWorld;

  CheckOptions options{};


  Outcome look() {
    return ExamWorld::look([this](Examiner& examiner, BlockSource& source, Mender* mender, Harvest&) {
      check(examiner, source, mender);
    });
  }
  Outcome mend() {
    return ExamWorld::mend([this](Examiner& examiner, BlockSource& source, Mender* mender, Harvest&) {
      check(examiner, source, mender);
    });
  }
  /// Called behind the last pass.
  std::function<void(Checkup&)> afterwards;

 private:
  void check(Examiner& examiner, BlockSource& source, Mender* mender) {
    SilentReporter reporter;
    Checkup checkup{volume(),     options, reporter, examiner, mender, source, Survey(volume().facts()),
                    1'700'000'000};
    fill(checkup.survey);
    check_inodes(checkup);
    check_directories(checkup);
    check_connectivity(checkup);
    check_orphans(checkup);
    check_link_counts(checkup);
    if (afterwards) afterwards(checkup);
  }

  /// What pass 0 does on a volume whose allocators are sound.
  void fill(Survey& survey) {
    for (const SystemFileRow& row : system_files)
      for (u32 slot = 0; slot < (row.per_slot ? volume().facts().max_slots : 1); ++slot)
        if (const auto inode = volume().find_system_file(row.file, slot))
          survey.system.found[{row.file, slot}] = *inode;
    add_allocator(survey.inode_blocks, SystemFile::global_inode_alloc, 0, no_slot);
    for (u32 slot = 0; slot < volume().facts().max_slots; ++slot) {
      add_allocator(survey.inode_blocks, SystemFile::inode_alloc, slot, static_cast<u16>(slot));
      add_allocator(survey.metadata_blocks, SystemFile::extent_alloc, slot, static_cast<u16>(slot));
    }
    survey.inode_blocks.seal();
    survey.metadata_blocks.seal();
    survey.census.open();
    const auto bitmap = volume().system_file(SystemFile::global_bitmap);
    ChainAllocator(volume(), bitmap).each_group([&](const BlockRef<GroupDescriptor>& group) {
      const ClusterNo first = group.block() == geometry().cluster_group_block(0)
                                  ? ClusterNo(0)
                                  : geometry().cluster_of(group.block());
      survey.clusters.record_allocated(first, GroupDescriptor::bitmap(group.bytes()), group->bits);
      return true;
    });
  }

  void add_allocator(BlockLedger& ledger, SystemFile file, u32 slot, u16 owner) {
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
};

}  // namespace ocfs2
