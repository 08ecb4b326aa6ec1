// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/registry.h"

#include "engine/check/problems/allocators.h"
#include "engine/check/problems/attributes.h"
#include "engine/check/problems/bitmaps.h"
#include "engine/check/problems/blocks.h"
#include "engine/check/problems/cluster.h"
#include "engine/check/problems/connectivity.h"
#include "engine/check/problems/directories.h"
#include "engine/check/problems/duplicates.h"
#include "engine/check/problems/extents.h"
#include "engine/check/problems/files.h"
#include "engine/check/problems/inodes.h"
#include "engine/check/problems/journals.h"
#include "engine/check/problems/quota.h"
#include "engine/check/problems/refcounts.h"
#include "engine/check/problems/scattered_groups.h"
#include "engine/check/problems/system_files.h"
#include "engine/check/problems/volume.h"

namespace ocfs2 {
namespace {

template <std::size_t Size>
ProblemSubject subject(std::string_view title, const Problem* const (&problems)[Size]) {
  return {title, {std::begin(problems), std::end(problems)}};
}

}  // namespace

std::vector<ProblemSubject> problem_registry() {
  return {
      subject("The superblock", problem::volume_problems),
      subject("The cluster", problem::cluster_problems),
      subject("Journals", problem::journal_problems),
      subject("Blocks", problem::block_problems),
      subject("System files", problem::system_file_problems),
      subject("Allocators, their chains and groups", problem::allocator_problems),
      subject("Groups that lie in pieces", problem::scattered_group_problems),
      subject("Inodes, local allocs, truncate logs", problem::inode_problems),
      subject("Data, sizes, symbolic links", problem::file_problems),
      subject("Extent trees", problem::extent_problems),
      subject("Extended attributes", problem::attribute_problems),
      subject("Refcount trees", problem::refcount_problems),
      subject("Clusters that several claim", problem::duplicate_problems),
      subject("Bitmaps against what is in use", problem::bitmap_problems),
      subject("Directories and their indexes", problem::directory_problems),
      subject("Connectivity, orphans, link counts", problem::connectivity_problems),
      subject("Quotas", problem::quota_problems),
  };
}

}  // namespace ocfs2
