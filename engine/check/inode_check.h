// SPDX-License-Identifier: GPL-2.0-or-later
//
// Checks one inode, and harvests what the later passes need of it (spec: fsck-checks.md B2; ondisk.md 14.25
// to 14.48). Pass 1 calls this for every block of the inode allocators' groups: in triage on all cores, and
// again for those that turned out sick.
#pragma once

#include "engine/check/examiner.h"
#include "engine/check/survey.h"

namespace ocfs2 {

struct Checkup;

/// Where a block of an inode group is, and what the run wants.
struct InodePlace {
  const BlockLedger& ledger;
  BlockLedger::Spot spot;
  InodeNo root;                    ///< the superblock's
  bool stale_generations = false;  ///< -G
  u64 now_seconds = 0;             ///< since 1970: when what is cleared was deleted
  Checkup* others = nullptr;       ///< for a sick inode: knows what sound ones claim

  BlockNo group() const { return ledger.groups()[spot.group].descriptor; }
  u16 slot() const { return ledger.groups()[spot.group].slot; }
};

/// Examines the block; harvests the inode in it when there is one in use. In triage a sick inode may leave a
/// partial harvest behind, which the caller drops.
void examine_inode_block(Patient<Inode>& inode, const InodePlace& place, Examiner& examiner,
                         BlockSource& source, Harvest& harvest);

/// How an inode holds its data.
struct DataForm {
  bool cleared = false;   ///< the inode was beyond repair, and is not in use any more
  bool in_inode = false;  ///< inline data, or the target of a fast symbolic link
  u32 depth = 0;          ///< of its extent tree
};

/// Data: size, clusters, extents, inline data, symbolic links.
DataForm examine_data(Patient<Inode>& inode, const InodePlace& place, Examiner& examiner, BlockSource& source,
                      Harvest& harvest);
void examine_local_alloc(Patient<Inode>& inode, Examiner& examiner, BlockSource& source, Harvest& harvest);
void examine_truncate_log(Patient<Inode>& inode, Examiner& examiner, BlockSource& source, Harvest& harvest);

/// Marks an inode as deleted at `now_seconds`; its bit and its names are dealt with by the passes to come.
void clear_inode(Patient<Inode>& inode, u64 now_seconds);

}  // namespace ocfs2
