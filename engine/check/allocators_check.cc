// SPDX-License-Identifier: GPL-2.0-or-later
//
// Passes 0a to 0c: the global bitmap, then the allocators of inodes, then those of extent blocks. The
// suballocators are read together, since a group may be on chains of two of them.
#include "engine/check/allocator_check.h"
#include "engine/check/volume_size.h"

namespace ocfs2 {
namespace {

void add(Checkup& checkup, AllocatorChecks& checks, SystemFile file, u32 slot = 0) {
  if (const auto inode = checkup.survey.system.find(file, slot))
    checks.all.push_back(std::make_unique<AllocatorCheck>(checkup, checks, file, slot, *inode));
}

void check_global_bitmap(Checkup& checkup) {
  AllocatorChecks checks;
  add(checkup, checks, SystemFile::global_bitmap);
  for (const auto& bitmap : checks.all) {
    if (settle_volume_size(checkup, bitmap->number())) bitmap->leave_size();
    bitmap->gather();
    bitmap->walk();
    bitmap->record();
    bitmap->complete();
  }
}

/// Bit 0 of every group is its descriptor.
void claim_descriptors(BlockLedger& blocks) {
  blocks.seal();
  for (u32 group = 0; group < blocks.groups().size(); ++group) (void)blocks.claim(blocks.spot(group, 0));
}

}  // namespace

void check_allocators(Checkup& checkup) {
  checkup.reporter.stage("Pass 0a: Checking cluster allocation chains");
  check_global_bitmap(checkup);

  checkup.reporter.stage("Pass 0b: Checking inode allocation chains");
  AllocatorChecks checks;
  add(checkup, checks, SystemFile::global_inode_alloc);
  for (u32 slot = 0; slot < checkup.facts().max_slots; ++slot)
    add(checkup, checks, SystemFile::inode_alloc, slot);
  const std::size_t inode_allocators = checks.all.size();
  for (u32 slot = 0; slot < checkup.facts().max_slots; ++slot)
    add(checkup, checks, SystemFile::extent_alloc, slot);
  for (const auto& check : checks.all) check->gather();
  for (std::size_t i = 0; i < inode_allocators; ++i) checks.all[i]->walk();

  checkup.reporter.stage("Pass 0c: Checking extent block allocation chains");
  for (std::size_t i = inode_allocators; i < checks.all.size(); ++i) checks.all[i]->walk();
  for (const auto& check : checks.all) check->record();
  for (const auto& check : checks.all) check->complete();
  claim_descriptors(checkup.survey.inode_blocks);
  claim_descriptors(checkup.survey.metadata_blocks);
  checkup.survey.census.open();
}

}  // namespace ocfs2
