// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with an extent tree (spec: fsck-checks.md B3; ondisk.md 4.4, 14.41 to 48).
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem EB_BLKNO = {
    .code = "EB_BLKNO",
    .unattended = Answer::yes,
    .found = "Extent block {block} of inode {inode} says that it lies at block {found}.",
    .question = "Correct its recorded block?",
    .explanation =
        "An extent block records its own place. This one is where the tree expects it, but says that "
        "it is elsewhere. The number is set right.",
};

inline constexpr Problem EB_GEN = {
    .code = "EB_GEN",
    .severity = Severity::loss,
    .found =
        "Extent block {block} of inode {inode} carries generation {found_hex}, the volume has "
        "{expected_hex}; it "
        "may be a relic of an older file system.",
    .question = "Take it out of the tree?",
    .refusal = "you are asked whether to believe it",
    .explanation =
        "Every metadata block repeats the generation of its file system. A block with another one may be "
        "left "
        "over from an earlier file system on the same device. When everything else about the block fits the "
        "tree, only the generation is corrected; otherwise the block can be taken out of the tree, which "
        "loses the part of the file that it describes.",
};
/// The same finding when everything else about the block shows that it belongs here.
inline constexpr Problem EB_GEN_BELONGS = {
    .code = "EB_GEN",
    .found =
        "Extent block {block} of inode {inode} carries generation {found_hex}, the volume has "
        "{expected_hex}; all "
        "else shows that it belongs here.",
    .question = "Correct its generation?",
    .explanation = EB_GEN.explanation,
};
inline constexpr Problem EB_GEN_FIX = {
    .code = "EB_GEN_FIX",
    .found =
        "Extent block {block} of inode {inode} carries generation {found_hex} in place of {expected_hex}.",
    .question = "Believe the block, and correct its generation?",
    .explanation =
        "Asked after EB_GEN was answered with no: the block stays in the tree, and its generation is "
        "set to that of the volume.",
};

inline constexpr Problem EB_NEXT_LEAF = {
    .code = "EB_NEXT_LEAF",
    .unattended = Answer::yes,
    .found = "Extent block {block} of inode {inode} names block {found} as the next leaf; it is {expected}.",
    .question = "Correct the link?",
    .explanation =
        "The leaves of an extent tree are linked from left to right. The link disagrees with the order "
        "in the tree, which is what counts, and is set right.",
};

inline constexpr Problem EXTENT_EB_INVALID = {
    .code = "EXTENT_EB_INVALID",
    .severity = Severity::loss,
    .found = "Inode {inode} refers to block {block} as an extent block, but that is none.",
    .question = "Remove the reference?",
    .refusal = "that part of the file stays unreadable",
    .explanation =
        "A record of the tree leads to a block that is no extent block. What part of the file it "
        "described cannot be told any more; the reference is removed, and that part becomes a hole.",
};
inline constexpr Problem EXTENT_EB_ELSEWHERE = {
    .code = "EXTENT_EB_SHARED",
    .severity = Severity::loss,
    .found = "The extent tree of inode {inode} leads to extent block {block}, whose place is elsewhere.",
    .question = "Remove this reference?",
    .refusal = "that part of the file stays unreadable",
    .explanation =
        "An extent block has one place in one tree. This reference leads to one that the tree has had "
        "already, or that describes quite another part of a file: it would make the same clusters "
        "appear twice, or the tree endless. It is removed, and what it should have led to becomes a hole.",
};

inline constexpr Problem EXTENT_LIST_DEPTH = {
    .code = "EXTENT_LIST_DEPTH",
    .unattended = Answer::yes,
    .found =
        "The extent list in block {block} of inode {inode} says that it is at depth {found}; it is at "
        "{expected}.",
    .question = "Correct its depth?",
    .explanation =
        "Each level of an extent tree is one less deep than the one above. The depth is set to what "
        "follows from the level above, or for a root from what its records lead to.",
};
inline constexpr Problem EXTENT_LIST_COUNT = {
    .code = "EXTENT_LIST_COUNT",
    .unattended = Answer::yes,
    .found =
        "The extent list in block {block} of inode {inode} claims room for {found} records; it has "
        "{expected}.",
    .question = "Correct the count?",
    .explanation = "How many records a list can hold follows from where it is. The number is set right.",
};
inline constexpr Problem EXTENT_LIST_FREE = {
    .code = "EXTENT_LIST_FREE",
    .found =
        "The extent list in block {block} of inode {inode} claims {found} records in use; it has room for "
        "{expected}.",
    .question = "Believe as many as there is room for?",
    .explanation =
        "More records are said to be in use than fit. All that fit are looked at; those that cannot be "
        "extents are asked about one by one.",
};

inline constexpr Problem NO_HOLES = {
    .code = "NO_HOLES",
    .found = "Directory {inode} has a hole before its cluster {found} (extent list in block {block}).",
    .question = "Close the hole?",
    .refusal = "the directory cannot be read beyond the hole",
    .explanation =
        "Directories have no holes. The extents behind the hole move up to its place; no entry is lost.",
};
inline constexpr Problem EXTENT_OVERLAP = {
    .code = "EXTENT_OVERLAP",
    .severity = Severity::loss,
    .found =
        "An extent of inode {inode} (block {block}, record {index}) begins at cluster {found}, before the "
        "one "
        "ahead of it ends at {expected}.",
    .question = "Move it behind, as all such extents of this list?",
    .explanation =
        "Two extents claim the same part of the file. The second is moved to where the first ends.",
};
/// The same when it is the first of the two that is wrong.
inline constexpr Problem EXTENT_MISPLACED = {
    .code = "EXTENT_OVERLAP",
    .severity = Severity::loss,
    .found =
        "An extent of inode {inode} (block {block}, record {index}) begins at cluster {found}, behind those "
        "that follow it; there is room for it at {expected}.",
    .question = "Move it there, as all such extents of this list where there is room?",
    .explanation = EXTENT_OVERLAP.explanation,
};
inline constexpr Problem EXTENT_TOO_LONG = {
    .code = "EXTENT_OVERLAP",
    .severity = Severity::loss,
    .found =
        "An extent of inode {inode} (block {block}, record {index}) is {found} clusters long and runs into "
        "the "
        "next one.",
    .question = "Shorten it to {expected}, as all such extents of this list?",
    .explanation = EXTENT_OVERLAP.explanation,
};
inline constexpr Problem EXTENT_NO_ROOM = {
    .code = "EXTENT_OVERLAP",
    .severity = Severity::loss,
    .found =
        "An extent of inode {inode} (block {block}, record {index}) begins at cluster {found}, and its "
        "neighbours "
        "leave no room for it.",
    .question = "Remove the record, as all such records of this list?",
    .explanation = EXTENT_OVERLAP.explanation,
};
inline constexpr Problem EXTENT_ORDER = {
    .code = "EXTENT_ORDER",
    .found = "The extents of inode {inode} in block {block} are out of order.",
    .question = "Sort them?",
    .explanation =
        "Records of a list are sorted by where in the file they begin. Sorted, these do not overlap: "
        "only their order is wrong.",
};
inline constexpr Problem EXTENT_EMPTY = {
    .code = "EXTENT_EMPTY",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found =
        "{count} records of the extent list in block {block} of inode {inode}, the first of them record "
        "{index}, are empty.",
    .question = "Remove them?",
    .explanation =
        "Only the first record of a leaf may be empty. An empty record describes nothing and is removed.",
};
inline constexpr Problem EXTENT_LEAF_NOT_FULL = {
    .code = "EXTENT_LEAF_NOT_FULL",
    .found =
        "Extent block {block} of inode {inode} holds {found} records of {expected}, and is not the last "
        "leaf.",
    .question = "Make the tree dense?",
    .refusal = "the kernel stops writing to the volume when the file grows in the middle",
    .explanation =
        "The kernel keeps all leaves of an extent tree full but the last one, and takes anything else "
        "for damage when it inserts an extent. The records are distributed anew.",
};
inline constexpr Problem EXTENT_SPAN = {
    .code = "EXTENT_SPAN",
    .unattended = Answer::yes,
    .found =
        "Record {index} of the extent list in block {block} of inode {inode} spans clusters from {found}; "
        "what "
        "lies below begins at {expected}.",
    .question = "Correct what it spans?",
    .explanation =
        "Records above the leaves say which part of the file lies below them. They are set to what "
        "really lies there.",
};
inline constexpr Problem EXTENT_BLKNO_UNALIGNED = {
    .code = "EXTENT_BLKNO_UNALIGNED",
    .found =
        "An extent of inode {inode} (block {block}, record {index}) begins at block {found}, inside a "
        "cluster.",
    .question = "Let it begin with the cluster, at block {expected}, as all such extents of this list?",
    .explanation = "Extents consist of whole clusters. The beginning is rounded down to that of its cluster.",
};
inline constexpr Problem EXTENT_CLUSTERS_OVERRUN = {
    .code = "EXTENT_CLUSTERS_OVERRUN",
    .severity = Severity::loss,
    .found =
        "An extent of inode {inode} (block {block}, record {index}) is {found} clusters long and runs past "
        "the "
        "end of the volume.",
    .question = "Shorten it to {expected}, as all such extents of this list?",
    .explanation = "No file can have clusters that the volume does not have.",
};
inline constexpr Problem EXTENT_PAST_COUNT = {
    .code = "EXTENT_CLUSTERS_OVERRUN",
    .severity = Severity::loss,
    .found =
        "An extent of inode {inode} (block {block}, record {index}) is {found} clusters long, more than the "
        "inode's count of clusters leaves for it.",
    .question = "Shorten it to {expected}, as all such extents of this list?",
    .explanation = "A record that is damaged anyway is believed less than the count of the inode.",
};
inline constexpr Problem EXTENT_BLKNO_RANGE = {
    .code = "EXTENT_BLKNO_RANGE",
    .severity = Severity::loss,
    .found =
        "Record {index} of the extent list in block {block} of inode {inode} leads to block {found}, where "
        "no "
        "extent can be.",
    .question = "Remove the record?",
    .refusal = "that part of the file stays unreadable",
    .explanation =
        "The record leads outside the volume or to the superblock. That part of the file is lost and "
        "becomes a hole.",
};
inline constexpr Problem EXTENT_MARKED_UNWRITTEN = {
    .code = "EXTENT_MARKED_UNWRITTEN",
    .found =
        "{count} extents of inode {inode} (in block {block}) are marked unwritten, which they cannot be.",
    .question = "Clear the mark?",
    .explanation =
        "Only volumes with the feature unwritten, and only file data, have such extents. The clusters "
        "become readable with what is in them.",
};
inline constexpr Problem EXTENT_MARKED_REFCOUNTED = {
    .code = "EXTENT_MARKED_REFCOUNTED",
    .found =
        "{count} extents of inode {inode} (in block {block}) are marked shared, but the inode shares "
        "nothing.",
    .question = "Clear the mark?",
    .explanation =
        "Only inodes with a refcount tree have shared extents. Without the mark the clusters belong to "
        "this inode alone; if others use them, too, that is found later.",
};
inline constexpr Problem EXTENT_FLAGS = {
    .code = "EXTENT_FLAGS",
    .unattended = Answer::yes,
    .found =
        "{count} extents of inode {inode} (in block {block}) have flags without a meaning ({found_hex}).",
    .question = "Clear these?",
    .explanation = "Bits without a meaning are cleared.",
};

inline constexpr const Problem* extent_problems[] = {
    &EB_BLKNO,
    &EB_GEN,
    &EB_GEN_BELONGS,
    &EB_GEN_FIX,
    &EB_NEXT_LEAF,
    &EXTENT_EB_INVALID,
    &EXTENT_EB_ELSEWHERE,
    &EXTENT_LIST_DEPTH,
    &EXTENT_LIST_COUNT,
    &EXTENT_LIST_FREE,
    &NO_HOLES,
    &EXTENT_OVERLAP,
    &EXTENT_MISPLACED,
    &EXTENT_TOO_LONG,
    &EXTENT_PAST_COUNT,
    &EXTENT_NO_ROOM,
    &EXTENT_ORDER,
    &EXTENT_EMPTY,
    &EXTENT_LEAF_NOT_FULL,
    &EXTENT_SPAN,
    &EXTENT_BLKNO_UNALIGNED,
    &EXTENT_CLUSTERS_OVERRUN,
    &EXTENT_BLKNO_RANGE,
    &EXTENT_MARKED_UNWRITTEN,
    &EXTENT_MARKED_REFCOUNTED,
    &EXTENT_FLAGS,
};

}  // namespace ocfs2::problem
