// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with groups whose clusters lie in several pieces (spec: ondisk.md 5.4).
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem DISCONTIG_BG_DEPTH = {
    .code = "DISCONTIG_BG_DEPTH",
    .unattended = Answer::yes,
    .found = "The list of pieces of the group at block {block} (allocator {inode}) has a depth of {found}.",
    .question = "Make it 0?",
    .refusal = "the kernel will not find the blocks of this group",
    .explanation = "The pieces of a scattered group are one flat list.",
};

inline constexpr Problem DISCONTIG_BG_COUNT = {
    .code = "DISCONTIG_BG_COUNT",
    .unattended = Answer::yes,
    .found = "The list of pieces of the group at block {block} (allocator {inode}) says there is room "
             "for {found}, but it has room for {expected}.",
    .question = "Correct it?",
    .explanation = "How many pieces a scattered group can have follows from the block size.",
};

inline constexpr Problem DISCONTIG_BG_REC_RANGE = {
    .code = "DISCONTIG_BG_REC_RANGE",
    .severity = Severity::loss,
    .found = "Piece {index} of the group at block {block} (allocator {inode}) lies at block {found}, where "
             "it cannot be; {detail}.",
    .question = "Do that?",
    .refusal = "the blocks of this piece stay out of reach",
    .explanation =
        "A piece of a scattered group lies inside the volume, and the first one begins with the group "
        "itself. When the rest of the list tells where the piece must be, it is put right; otherwise the "
        "group is taken off its chain, and what its blocks held is lost.",
};

inline constexpr Problem DISCONTIG_BG_CORRUPT_LEAVES = {
    .code = "DISCONTIG_BG_CORRUPT_LEAVES",
    .severity = Severity::loss,
    .found = "Several pieces of the group at block {block} (allocator {inode}) are longer than the whole "
             "group, which has {expected} clusters; {detail}.",
    .question = "Do that?",
    .refusal = "blocks may be given to two files",
    .explanation =
        "Each piece of a scattered group records its length, and at which cluster of the group it begins. "
        "When the lengths are wrong, they are computed from the beginnings, if these make sense; otherwise "
        "the group is taken off its chain, and what its blocks held is lost.",
};

inline constexpr Problem DISCONTIG_BG_CLUSTERS = {
    .code = "DISCONTIG_BG_CLUSTERS",
    .severity = Severity::loss,
    .found = "The pieces of the group at block {block} (allocator {inode}) have {found} clusters together, "
             "but the group has {expected}; {detail}.",
    .question = "Do that?",
    .refusal = "blocks may be given to two files",
    .explanation = "The same as DISCONTIG_BG_CORRUPT_LEAVES, when the pieces are too long together.",
};

inline constexpr Problem DISCONTIG_BG_LESS_CLUSTERS = {
    .code = "DISCONTIG_BG_LESS_CLUSTERS",
    .severity = Severity::loss,
    .found = "The pieces of the group at block {block} (allocator {inode}) have only {found} clusters "
             "together, but the group has {expected}; {detail}.",
    .question = "Do that?",
    .refusal = "some blocks of the group stay out of reach",
    .explanation =
        "The same as DISCONTIG_BG_CORRUPT_LEAVES, when the pieces are too short together, or not all of them "
        "are counted.",
};

inline constexpr Problem DISCONTIG_BG_LIST_CORRUPT = {
    .code = "DISCONTIG_BG_LIST_CORRUPT",
    .severity = Severity::loss,
    .found = "The group at block {block} (allocator {inode}) says that it has {found} pieces, but {count} of "
             "them fill it, and one of these is too long; {detail}.",
    .question = "Do that?",
    .refusal = "blocks may be given to two files",
    .explanation = "The same as DISCONTIG_BG_CORRUPT_LEAVES, when both the number of pieces and a length are "
                   "wrong.",
};

inline constexpr Problem DISCONTIG_BG_REC_CORRUPT = {
    .code = "DISCONTIG_BG_REC_CORRUPT",
    .severity = Severity::loss,
    .found = "Piece {index} of the group at block {block} (allocator {inode}) has {found} clusters, but the "
             "others have all {expected} of the group already; {detail}.",
    .question = "Do that?",
    .refusal = "blocks may be given to two files",
    .explanation = "The same as DISCONTIG_BG_CORRUPT_LEAVES, when one piece is longer than the whole group.",
};

inline constexpr Problem DISCONTIG_BG_NEXT_FREE_REC = {
    .code = "DISCONTIG_BG_NEXT_FREE_REC",
    .unattended = Answer::yes,
    .found = "The group at block {block} (allocator {inode}) says that it has {found} pieces, but {expected} "
             "are the whole group.",
    .question = "Correct the number?",
    .explanation = "The pieces that are there make up the group exactly; only their number is wrong.",
};

inline constexpr Problem DISCONTIG_BG_LEAF_CLUSTERS = {
    .code = "DISCONTIG_BG_LEAF_CLUSTERS",
    .unattended = Answer::yes,
    .found = "Piece {index} of the group at block {block} (allocator {inode}) has {found} clusters, but the "
             "others leave {expected} for it.",
    .question = "Correct it?",
    .refusal = "blocks may be given to two files",
    .explanation = "The length of one piece of a scattered group is wrong, and follows from the others.",
};

inline constexpr Problem DISCONTIG_BG_CPOS = {
    .code = "DISCONTIG_BG_CPOS",
    .unattended = Answer::yes,
    .found = "Piece {index} of the group at block {block} (allocator {inode}) says that it begins with "
             "cluster {found} of the group, but it begins with cluster {expected}.",
    .question = "Correct it?",
    .refusal = "the kernel will take bits for the wrong blocks",
    .explanation =
        "Each piece of a scattered group records at which cluster of the group it begins: where the pieces "
        "before it end.",
};

inline constexpr const Problem* scattered_group_problems[] = {
    &DISCONTIG_BG_DEPTH,        &DISCONTIG_BG_COUNT,         &DISCONTIG_BG_REC_RANGE,
    &DISCONTIG_BG_CORRUPT_LEAVES, &DISCONTIG_BG_CLUSTERS,    &DISCONTIG_BG_LESS_CLUSTERS,
    &DISCONTIG_BG_LIST_CORRUPT, &DISCONTIG_BG_REC_CORRUPT,   &DISCONTIG_BG_NEXT_FREE_REC,
    &DISCONTIG_BG_LEAF_CLUSTERS, &DISCONTIG_BG_CPOS,
};

}  // namespace ocfs2::problem
