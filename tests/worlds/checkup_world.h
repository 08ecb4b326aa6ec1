// SPDX-License-Identifier: GPL-2.0-or-later
//
// A volume from the corpus on which whole passes of fsck run: what pass 0 would have found is gathered here
// from the sound allocators.
#pragma once

#include "engine/reporter.h"
#include "engine/volume/chain_allocator.h"
#include "tests/worlds/exam_world.h"

namespace ocfs2 {

class CheckupWorld : public ExamWorld {
 public:
  using ExamWorld::ExamWorld;
  using Passes = std::function<void(Checkup&)>;

  Outcome look_at(const Passes& passes) { return look(with_checkup(passes)); }
  Outcome mend_with(const Passes& passes) { return mend(with_checkup(passes)); }

 private:
  void add_groups(SystemFile file, u32 slot, BlockLedger& ledger) {
    const auto allocator = volume().system_file(file, slot);
    const u32 bits_per_cluster = allocator->chains.bits_per_cluster;
    const u16 owner = file == SystemFile::global_inode_alloc ? no_slot : static_cast<u16>(slot);
    ChainAllocator(volume(), allocator).each_group([&](const BlockRef<GroupDescriptor>& group) {
      std::vector<GroupPiece> pieces;
      for (u32 bit = 0; bit < group->bits; ++bit) {
        const BlockNo block = *GroupDescriptor::block_of_bit(group.bytes(), bit, bits_per_cluster);
        if (!pieces.empty() && pieces.back().first + pieces.back().blocks == block)
          ++pieces.back().blocks;
        else
          pieces.push_back({block, 1, bit});
      }
      ledger.add({group.block(), inode_at(allocator.block()), owner, group->bits}, pieces,
                 GroupDescriptor::bitmap(group.bytes()));
      return true;
    });
  }

  Work with_checkup(const Passes& passes) {
    return [this, passes](Examiner& examiner, BlockSource& source, Mender* mender, Harvest&) {
      static const CheckOptions options{.threads = 2};
      Checkup checkup{volume(),     options, reporter_, examiner, mender, source, Survey(volume().facts()),
                      1'800'000'000};
      Survey& survey = checkup.survey;
      add_groups(SystemFile::global_inode_alloc, 0, survey.inode_blocks);
      for (u32 slot = 0; slot < volume().facts().max_slots; ++slot) {
        add_groups(SystemFile::inode_alloc, slot, survey.inode_blocks);
        add_groups(SystemFile::extent_alloc, slot, survey.metadata_blocks);
      }
      survey.inode_blocks.seal();
      survey.metadata_blocks.seal();
      survey.census.open();
      ChainAllocator(volume(), volume().system_file(SystemFile::global_bitmap))
          .each_group([&](const BlockRef<GroupDescriptor>& group) {
            const u64 first = geometry().cluster_of(group.block()).value / geometry().clusters_per_group() *
                              geometry().clusters_per_group();
            survey.clusters.record_allocated(ClusterNo(first), GroupDescriptor::bitmap(group.bytes()),
                                             group->bits);
            return true;
          });
      passes(checkup);
    };
  }

  SilentReporter reporter_;
};

}  // namespace ocfs2
