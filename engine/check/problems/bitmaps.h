// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong between bitmaps and what is in use.
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem INODE_ALLOC_REPAIR = {
    .code = "INODE_ALLOC_REPAIR",
    .unattended = Answer::yes,
    .found = "In the group at block {block} of inode allocator {inode}, {count} blocks {name}: {detail}.",
    .question = "Correct the group's bitmap?",
    .refusal = "an inode in use may be overwritten, or its room never be used again",
    .explanation =
        "The bitmap of an inode allocator must call exactly those blocks used that hold an inode in use. All "
        "inodes have been looked at before; the bitmap is made to agree with what they say. Bits are not "
        "cleared while other faults are left.",
};

inline constexpr Problem METADATA_ALLOC_BIT = {
    .code = "METADATA_ALLOC_BIT",
    .unattended = Answer::yes,
    .found = "In the group at block {block} of extent allocator {inode}, {count} blocks {name}: {detail}.",
    .question = "Correct the group's bitmap?",
    .refusal = "a block in use may be overwritten, or its room never be used again",
    .explanation =
        "Extent blocks, attribute blocks, index roots and refcount blocks come from the extent allocators. "
        "Their bitmaps must call exactly those blocks used that some inode refers to. Bits are not cleared "
        "while other faults are left.",
};

inline constexpr Problem METADATA_SUBALLOC = {
    .code = "METADATA_SUBALLOC",
    .unattended = Answer::yes,
    .found = "The {name} at block {block}, which belongs to inode {inode}, does not say rightly where it "
             "comes from: {detail}.",
    .question = "Correct it?",
    .refusal = "freeing the block will fail, or free another in its place",
    .explanation =
        "An extent block, a block of attributes and a refcount block record from which slot's extent "
        "allocator they come, and the bit (and the group) that stands for them there; by these they are "
        "freed. A block whose record does not lead to itself gets the right one.",
};

inline constexpr Problem CLUSTER_ALLOC_BIT = {
    .code = "CLUSTER_ALLOC_BIT",
    .unattended = Answer::yes,
    .found = "In the cluster group at block {block}, {count} clusters {name}: {detail}.",
    .question = "Correct the group's bitmap?",
    .refusal = "data may be overwritten, or free space never be used again",
    .explanation =
        "The global bitmap must call exactly those clusters used that belong to a file, to the file system "
        "itself, or to a log of clusters to be freed. It is made to agree with what was found to be in use. "
        "Bits are not cleared while other faults are left.",
};

inline constexpr const Problem* bitmap_problems[] = {
    &INODE_ALLOC_REPAIR,
    &METADATA_ALLOC_BIT,
    &METADATA_SUBALLOC,
    &CLUSTER_ALLOC_BIT,
};

}  // namespace ocfs2::problem
