// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with refcount trees (spec: fsck-checks.md B4, ondisk.md 14.71 to 74).
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem RB_BLKNO = {
    .code = "RB_BLKNO",
    .unattended = Answer::yes,
    .found = "Refcount block {block} (inode {inode}) says that it lies at block {found}.",
    .question = "Correct its recorded block?",
    .refusal = "the kernel will refuse to use this tree, and files that share through it cannot be written",
    .explanation =
        "A refcount block carries its own number, and this one carries another. All else in it says "
        "that it belongs where it was found.",
};

inline constexpr Problem RB_GEN = {
    .code = "RB_GEN",
    .severity = Severity::loss,
    .found =
        "Refcount block {block} (inode {inode}) carries generation {found_hex}, the volume has "
        "{expected_hex}; it may be a relic of an older file system.",
    .question = "Take it for lost?",
    .refusal = "you are asked whether to believe it",
    .explanation =
        "Every metadata block repeats the generation of its file system. A refcount block with another one "
        "may "
        "be left over from an earlier file system on the same device. When everything else about it fits, "
        "only the generation is corrected; otherwise the counts are made anew from the files that share.",
};
/// The same finding when everything else about the block shows that it belongs here.
inline constexpr Problem RB_GEN_BELONGS = {
    .code = "RB_GEN",
    .found =
        "Refcount block {block} (inode {inode}) carries generation {found_hex}, the volume has "
        "{expected_hex}; all else shows that it belongs here.",
    .question = "Correct its generation?",
    .refusal = "the kernel will refuse to use this tree",
    .explanation = RB_GEN.explanation,
};
inline constexpr Problem RB_GEN_FIX = {
    .code = "RB_GEN_FIX",
    .found = RB_GEN.found,
    .question = "Believe it, and correct its generation?",
    .refusal = "the kernel will refuse to use this tree",
    .explanation = "Asked when a refcount block of another generation is not to be taken for lost (RB_GEN).",
};

inline constexpr Problem RB_PARENT = {
    .code = "RB_PARENT",
    .unattended = Answer::yes,
    .found =
        "Refcount block {block} (inode {inode}) names block {found} as the root above it; it should be "
        "{expected}.",
    .question = "Correct it?",
    .refusal = "the kernel will refuse to use this tree",
    .explanation =
        "A leaf of a refcount tree names the tree's root; the root itself has nothing above it (0).",
};

inline constexpr Problem REFCOUNT_FLAGS = {
    .code = "REFCOUNT_FLAGS",
    .unattended = Answer::yes,
    .found =
        "Refcount block {block} (inode {inode}) has the flags {found_hex}; what it holds asks for "
        "{expected_hex}.",
    .question = "Correct its flags?",
    .refusal = "the kernel misreads the block, or refuses it",
    .explanation =
        "The flags of a refcount block tell whether it is a leaf, a root with leaves below it, or a root "
        "that "
        "holds the counts itself. They do not agree with the block's place and content.",
};

inline constexpr Problem REFCOUNT_GENERATION = {
    .code = "REFCOUNT_GENERATION",
    .unattended = Answer::yes,
    .found =
        "Leaf {block} of a refcount tree (inode {inode}) has the tree generation {found_hex}, its root "
        "has {expected_hex}.",
    .question = "Correct it?",
    .explanation =
        "All blocks of a refcount tree carry the same random number, which names the tree's cluster "
        "lock.",
};

inline constexpr Problem REFCOUNT_LEAF_KEY = {
    .code = "REFCOUNT_LEAF_KEY",
    .unattended = Answer::yes,
    .found =
        "Leaf {block} of a refcount tree (inode {inode}) says that it begins at cluster {found}; its tree "
        "has it at {expected}.",
    .question = "Correct it?",
    .explanation = "A leaf of a refcount tree repeats the key under which the tree's root refers to it.",
};

inline constexpr Problem REFCOUNT_LEAF_RANGE = {
    .code = "REFCOUNT_LEAF_RANGE",
    .unattended = Answer::yes,
    .found =
        "Leaf {block} of a refcount tree (inode {inode}) counts cluster {found}, which belongs to another "
        "leaf.",
    .question = "Build the tree anew from the files that share?",
    .refusal = "counts are not found although they are there",
    .explanation =
        "Each leaf of a refcount tree holds the clusters from its key up to the next leaf's. A count "
        "in another leaf is never found.",
};

inline constexpr Problem REFCOUNT_LEAF_LENGTH = {
    .code = "REFCOUNT_LEAF_LENGTH",
    .unattended = Answer::yes,
    .found =
        "The root of a refcount tree at block {block} (inode {inode}) says that leaf {index} has {found} "
        "blocks.",
    .question = "Correct it to 1?",
    .explanation = "A record of a refcount tree's root always stands for a single leaf block.",
};

inline constexpr Problem REFCOUNT_CLUSTERS = {
    .code = "REFCOUNT_CLUSTERS",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "The refcount tree at block {block} (inode {inode}) counts {found} leaves, but has {expected}.",
    .question = "Correct the count?",
    .explanation = "The root of a refcount tree counts its leaf blocks. The count does not agree with them.",
};

inline constexpr Problem REFCOUNT_LAST_LEAF = {
    .code = "REFCOUNT_LAST_LEAF",
    .unattended = Answer::yes,
    .found =
        "The refcount tree at block {block} (inode {inode}) names block {found} as its last extent block; "
        "it is {expected}.",
    .question = "Correct it?",
    .explanation =
        "The root of a tree names the rightmost block of the lowest level between it and the "
        "leaves, 0 when there is no such level. This one names another block.",
};

inline constexpr Problem REFCOUNT_LIST_COUNT = {
    .code = "REFCOUNT_LIST_COUNT",
    .unattended = Answer::yes,
    .found =
        "Refcount block {block} (inode {inode}) claims room for {found} records; it has room for "
        "{expected}.",
    .question = "Correct it?",
    .refusal = "the kernel writes beyond the block, or refuses it",
    .explanation = "The number of records that a refcount block can hold follows from the block size.",
};

inline constexpr Problem REFCOUNT_LIST_USED = {
    .code = "REFCOUNT_LIST_USED",
    .found = "Refcount block {block} (inode {inode}) claims {found} records; {expected} can be seen.",
    .question = "Correct the number?",
    .refusal = "the counts of the files that share through this tree stay wrong",
    .explanation =
        "The number of records in use in a refcount block is more than there are. Counts that are "
        "missing then are made anew from the files that share.",
};

inline constexpr Problem REFCOUNT_CLUSTER_RANGE = {
    .code = "REFCOUNT_CLUSTER_RANGE",
    .unattended = Answer::yes,
    .found =
        "Record {index} of refcount block {block} (inode {inode}) counts {clusters}, outside the volume.",
    .question = "Remove the record?",
    .explanation =
        "A record of a refcount tree is about clusters that do not exist. Counts that are missing "
        "without it are made anew from the files that share.",
};

inline constexpr Problem REFCOUNT_REC_EMPTY = {
    .code = "REFCOUNT_REC_EMPTY",
    .unattended = Answer::yes,
    .found =
        "Record {index} of refcount block {block} (inode {inode}) says nothing: {count} clusters from "
        "cluster {found} on with {expected} references.",
    .question = "Remove the record?",
    .explanation =
        "A record of a refcount tree is about one cluster or more, and counts one reference or "
        "more. Counts that are missing without it are made anew from the files that share.",
};

inline constexpr Problem REFCOUNT_CLUSTER_COLLISION = {
    .code = "REFCOUNT_CLUSTER_COLLISION",
    .unattended = Answer::yes,
    .found =
        "Record {index} of refcount block {block} (inode {inode}) counts {clusters}, which do not lie behind "
        "those of the record before.",
    .question = "Remove the record?",
    .refusal = "the kernel may use either of the two counts",
    .explanation =
        "The records of a refcount tree are sorted by clusters and do not overlap. Counts that are "
        "missing without the record are made anew from the files that share.",
};

inline constexpr Problem REFCOUNT_LIST_EMPTY = {
    .code = "REFCOUNT_LIST_EMPTY",
    .unattended = Answer::yes,
    .found = "Leaf {block} of a refcount tree (inode {inode}) is empty.",
    .question = "Remove the leaf?",
    .refusal = "the kernel may stop when it next uses this tree",
    .explanation = "A leaf of a refcount tree that holds no record is removed from its tree.",
};

inline constexpr Problem REFCOUNT_BLOCK_INVALID = {
    .code = "REFCOUNT_BLOCK_INVALID",
    .unattended = Answer::yes,
    .found = "A refcount tree of inode {inode} refers to a leaf at block {block}, which is none.",
    .question = "Build the tree anew from the files that share?",
    .refusal = "files that share through this tree cannot be written or deleted",
    .explanation =
        "What a refcount tree refers to as a leaf is something else, or is referred to twice. The "
        "counts are made anew from the extents that are marked as shared.",
};

inline constexpr Problem REFCOUNT_ROOT_BLOCK_INVALID = {
    .code = "REFCOUNT_ROOT_BLOCK_INVALID",
    .severity = Severity::loss,
    .found = "Inode {inode} shares clusters through a refcount tree at block {block}, where there is none.",
    .question = "Let it, and {count} more with the same tree, share no longer?",
    .refusal = "files that share through this tree cannot be written or deleted",
    .explanation =
        "An inode refers to a refcount tree, and what lies there is none. When the clusters that it shares "
        "are "
        "counted in another tree, the inode is led there. Otherwise the tree is built anew in its place from "
        "the extents that are marked as shared; and where something else uses the place, the marks are "
        "removed, "
        "and clusters that several files then own are resolved as such.",
};
/// The same finding when the extents tell what the counts must be.
inline constexpr Problem REFCOUNT_ROOT_REBUILD = {
    .code = "REFCOUNT_ROOT_BLOCK_INVALID",
    .unattended = Answer::yes,
    .found =
        "Inode {inode} shares clusters through a refcount tree at block {block}, which is damaged: {detail}.",
    .question = "Build the tree anew from the files that share?",
    .refusal = REFCOUNT_ROOT_BLOCK_INVALID.refusal,
    .explanation = REFCOUNT_ROOT_BLOCK_INVALID.explanation,
};
/// The same finding when another tree counts the inode's clusters.
inline constexpr Problem REFCOUNT_ROOT_MOVED = {
    .code = "REFCOUNT_ROOT_BLOCK_INVALID",
    .unattended = Answer::yes,
    .found =
        "Inode {inode} shares clusters through a refcount tree at block {block}, where there is none; "
        "the tree at block {expected} counts the same clusters.",
    .question = "Let it use that tree?",
    .refusal = REFCOUNT_ROOT_BLOCK_INVALID.refusal,
    .explanation = REFCOUNT_ROOT_BLOCK_INVALID.explanation,
};

inline constexpr Problem REFCOUNT_COUNT = {
    .code = "REFCOUNT_COUNT",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "The refcount tree at block {block} counts {found} inodes that use it; there are {expected}.",
    .question = "Correct the count?",
    .refusal = "the tree is freed too early, or never",
    .explanation =
        "The root of a refcount tree counts the inodes that refer to it. The count does not agree "
        "with those that were found.",
};

inline constexpr Problem REFCOUNT_REC_REDUNDANT = {
    .code = "REFCOUNT_REC_REDUNDANT",
    .found =
        "The refcount tree at block {block} counts {clusters} with {found} references, but no file marks "
        "them as shared{detail}.",
    .question = "Remove what it says about them?",
    .refusal = "the clusters are lost, or counted wrongly when a file begins to share them",
    .explanation = "A refcount tree has a record about clusters that no extent refers to as shared.",
};

inline constexpr Problem REFCOUNT_REC_MISSING = {
    .code = "REFCOUNT_REC_MISSING",
    .unattended = Answer::yes,
    .found =
        "The refcount tree at block {block} does not know {clusters}, which files mark as shared with "
        "{expected} references{detail}.",
    .question = "Enter the right count?",
    .refusal = "writing to these files, or deleting them, stops the kernel",
    .explanation =
        "Extents are marked as shared, and the refcount tree of their inodes has no record of their "
        "clusters. The right count is known from all the extents.",
};

inline constexpr Problem REFCOUNT_COUNT_INVALID = {
    .code = "REFCOUNT_COUNT_INVALID",
    .unattended = Answer::yes,
    .found =
        "The refcount tree at block {block} counts {found} references to {clusters}; there are {expected}"
        "{detail}.",
    .question = "Enter the right count?",
    .refusal = "clusters are freed while somebody uses them, or never",
    .explanation =
        "A refcount tree counts how many extents refer to shared clusters. The count does not agree "
        "with the extents that were found.",
};

inline constexpr const Problem* refcount_problems[] = {
    &RB_BLKNO,
    &RB_GEN,
    &RB_GEN_BELONGS,
    &RB_GEN_FIX,
    &RB_PARENT,
    &REFCOUNT_FLAGS,
    &REFCOUNT_GENERATION,
    &REFCOUNT_LEAF_KEY,
    &REFCOUNT_LEAF_RANGE,
    &REFCOUNT_LEAF_LENGTH,
    &REFCOUNT_CLUSTERS,
    &REFCOUNT_LAST_LEAF,
    &REFCOUNT_LIST_COUNT,
    &REFCOUNT_LIST_USED,
    &REFCOUNT_CLUSTER_RANGE,
    &REFCOUNT_REC_EMPTY,
    &REFCOUNT_CLUSTER_COLLISION,
    &REFCOUNT_LIST_EMPTY,
    &REFCOUNT_BLOCK_INVALID,
    &REFCOUNT_ROOT_BLOCK_INVALID,
    &REFCOUNT_ROOT_REBUILD,
    &REFCOUNT_ROOT_MOVED,
    &REFCOUNT_COUNT,
    &REFCOUNT_REC_REDUNDANT,
    &REFCOUNT_REC_MISSING,
    &REFCOUNT_COUNT_INVALID,
};

}  // namespace ocfs2::problem
