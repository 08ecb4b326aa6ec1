// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/passes.h"

namespace ocfs2 {
namespace {

constexpr CheckPass passes[] = {
    {.name = "the search for system files", .run = find_system_files, .finds_system_files = true},
    {.name = "pass 0", .run = check_allocators},
    {.name = "pass 1", .run = check_inodes},
    {.name = "pass 1", .run = check_refcount_trees, .claims_clusters = true},
    {.name = "pass 1", .run = check_bitmaps},
    {.name = "pass 1", .run = check_metadata_places},
    {.name = "pass 1", .run = create_missing_system_files},
    {.name = "pass 1b", .run = resolve_duplicates},
    {.name = "pass 1b", .run = check_room_of_system_files},
    {.name = "pass 2", .run = check_directories},
    {.name = "pass 3", .run = check_connectivity},
    {.name = "pass 4a", .run = check_orphans},
    {.name = "pass 4b", .run = check_link_counts},
    {.name = "filling the leaves of extent trees", .run = fill_thinned_trees},
    {.name = "pass 5", .run = check_quota},
};

}  // namespace

std::span<const CheckPass> check_passes() { return passes; }

}  // namespace ocfs2
