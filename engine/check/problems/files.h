// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with the data of an inode: its size, clusters, inline data, symbolic links (spec:
// fsck-checks.md B2).
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem LINK_FAST_DATA = {
    .code = "LINK_FAST_DATA",
    .found = "Symbolic link {inode} claims to have no clusters, but has extents.",
    .question = "Count its clusters?",
    .refusal = "its target cannot be read",
    .explanation =
        "A symbolic link without clusters holds its target inside the inode. This one has an "
        "extent list there, so its clusters are only not counted.",
};

inline constexpr Problem LINK_NULLTERM = {
    .code = "LINK_NULLTERM",
    .found = "The target of symbolic link {inode} does not end.",
    .question = "End it after {expected} bytes?",
    .refusal = "the kernel may refuse to follow the link",
    .explanation =
        "The text of a symbolic link ends in a NUL byte. One is put where the size of the inode "
        "says that the target ends, or where the longest possible target would.",
};

inline constexpr Problem LINK_SIZE = {
    .code = "LINK_SIZE",
    .unattended = Answer::yes,
    .found = "Symbolic link {inode} has size {found}; its target is {expected} bytes long.",
    .question = "Correct the size?",
    .explanation = "The size of a symbolic link is the length of its target.",
};

inline constexpr Problem LINK_BLOCKS = {
    .code = "LINK_BLOCKS",
    .usual = Answer::no,
    .found = "Symbolic link {inode} has {found} clusters where {expected} would do.",
    .question = "Free what is too much?",
    .explanation = "A target needs at most one page. What lies behind its end is of no use.",
};

inline constexpr Problem DIR_ZERO = {
    .code = "DIR_ZERO",
    .severity = Severity::loss,
    .found = "Directory {inode} has no data.",
    .question = "Make it an empty directory?",
    .refusal = "it is removed where it is named",
    .explanation =
        "A directory holds at least the names . and .. . What else was in this one is lost with "
        "its data; subdirectories and files that were only named there turn up in lost+found.",
};

inline constexpr Problem INODE_SIZE = {
    .code = "INODE_SIZE",
    .found = "Inode {inode} has size {found}; its {count} clusters allow {expected}.",
    .question = "Correct the size?",
    .explanation =
        "A directory consists of whole blocks, all of them allocated; on volumes without the "
        "feature sparse the same is true of files.",
};

inline constexpr Problem INODE_SPARSE_SIZE = {
    .code = "INODE_SPARSE_SIZE",
    .found = "Inode {inode} has size {found}, but data up to byte {expected}.",
    .question = "Let the file end with its data?",
    .refusal = "the data behind the end stays invisible",
    .explanation =
        "Extents with data lie entirely beyond the end of the file. The size grows, so that they "
        "can be read. Space that was only set aside for later (fallocate) may lie beyond the end,"
        " and is left alone.",
};

inline constexpr Problem INODE_CLUSTERS = {
    .code = "INODE_CLUSTERS",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "Inode {inode} counts {found} clusters; it has {expected}.",
    .question = "Correct the count?",
    .explanation = "The number of clusters in an inode is that of its extents together.",
};

inline constexpr Problem INODE_SPARSE_CLUSTERS = {
    .code = "INODE_SPARSE_CLUSTERS",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "Inode {inode} counts {found} clusters; it has {expected}.",
    .question = "Correct the count?",
    .explanation = "The number of clusters in an inode is that of its extents together.",
};

inline constexpr Problem INODE_LAST_EB = {
    .code = "INODE_LAST_EB",
    .unattended = Answer::yes,
    .found = "Inode {inode} names block {found} as its last extent block; it is {expected}.",
    .question = "Correct that?",
    .explanation =
        "An inode whose extents lie in extent blocks names the rightmost one; one whose extents "
        "are all inside the inode names none.",
};

inline constexpr Problem INLINE_DATA_COUNT_INVALID = {
    .code = "INLINE_DATA_COUNT_INVALID",
    .unattended = Answer::yes,
    .found = "Inode {inode} claims room for {found} bytes of data; it has {expected}.",
    .question = "Correct that?",
    .explanation =
        "How much data fits into an inode follows from the block size, and from the room that is "
        "set aside for attributes.",
};

inline constexpr Problem INODE_INLINE_SIZE = {
    .code = "INODE_INLINE_SIZE",
    .found = "Inode {inode} has size {found}, but room for {expected} bytes of data.",
    .question = "Correct the size?",
    .explanation = "The data of this inode is inside it, and cannot be more than there is room for.",
};

inline constexpr Problem INODE_INLINE_CLUSTERS = {
    .code = "INODE_INLINE_CLUSTERS",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "Inode {inode} counts {found} clusters, but its data is inside it.",
    .question = "Correct the count?",
    .explanation = "An inode that holds its data inside has no clusters.",
};

/// The same on a volume without sparse files, where the extents leave a hole.
inline constexpr Problem INODE_HOLE = {
    .code = "INODE_CLUSTERS",
    .found =
        "Inode {inode} has a hole before its cluster {found} (extent list in block {block}), which this "
        "volume cannot have.",
    .question = "Close the hole?",
    .refusal = "what lies behind the hole cannot be read",
    .explanation = INODE_CLUSTERS.explanation,
};

inline constexpr const Problem* file_problems[] = {
    &LINK_FAST_DATA,    &LINK_NULLTERM,
    &LINK_SIZE,         &LINK_BLOCKS,
    &DIR_ZERO,          &INODE_SIZE,
    &INODE_SPARSE_SIZE, &INODE_CLUSTERS,
    &INODE_HOLE,        &INODE_SPARSE_CLUSTERS,
    &INODE_LAST_EB,     &INLINE_DATA_COUNT_INVALID,
    &INODE_INLINE_SIZE, &INODE_INLINE_CLUSTERS,
};

}  // namespace ocfs2::problem
