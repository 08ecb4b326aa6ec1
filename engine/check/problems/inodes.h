// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with an inode: its head, local allocs, truncate logs (spec: fsck-checks.md B2).
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem INODE_SIGNATURE = {
    .code = "INODE_SIGNATURE",
    .found = "Block {block} is inode {inode} in all but its signature.",
    .question = "Restore the signature?",
    .refusal = "the inode counts as lost",
    .explanation =
        "The block is allocated as an inode, and its number, generation and flags are those of an"
        " inode in use; only the signature at its beginning is damaged. It is written anew.",
};

inline constexpr Problem INODE_GEN = {
    .code = "INODE_GEN",
    .severity = Severity::loss,
    .found = "Inode {inode} carries generation {found_hex}, the volume has {expected_hex}.",
    .question = "Take it for a relic of an older file system, and clear it?",
    .refusal = "you are asked whether to believe it",
    .explanation =
        "Every inode repeats the generation of its file system. Without -G inodes of another "
        "generation count as free, since they may be left over from an earlier file system on the"
        " same device. With -G each is asked about.",
};

inline constexpr Problem INODE_GEN_FIX = {
    .code = "INODE_GEN_FIX",
    .found = "Inode {inode} carries generation {found_hex} in place of {expected_hex}.",
    .question = "Believe the inode, and correct its generation?",
    .explanation =
        "Asked with -G after INODE_GEN was answered with no: the inode stays, and its generation "
        "is set to that of the volume.",
};

inline constexpr Problem INODE_BLKNO = {
    .code = "INODE_BLKNO",
    .unattended = Answer::yes,
    .found = "Inode {inode} says that it lies at block {found}.",
    .question = "Correct its recorded block?",
    .explanation = "An inode records its own place. The number is set to where it was found.",
};

inline constexpr Problem ROOT_NOTDIR = {
    .code = "ROOT_NOTDIR",
    .found = "The root inode {inode} is not a directory (mode {found_hex}).",
    .question = "Make it one again?",
    .refusal = "the volume cannot be mounted",
    .explanation =
        "The inode that the superblock names as root has lost its file type. When it still holds "
        "entries, the type is put back and nothing is lost; otherwise it is cleared, pass 3 makes"
        " a new root, and what was in it goes to lost+found.",
};

inline constexpr Problem ROOT_NOTDIR_EMPTY = {
    .code = "ROOT_NOTDIR",
    .severity = Severity::loss,
    .found = "The root inode {inode} is not a directory (mode {found_hex}), and holds no entries.",
    .question = "Clear it, to make a new one?",
    .refusal = "the volume cannot be mounted",
    .explanation =
        "The inode that the superblock names as root has lost its file type. When it still holds "
        "entries, the type is put back and nothing is lost; otherwise it is cleared, pass 3 makes"
        " a new root, and what was in it goes to lost+found.",
};

inline constexpr Problem INODE_MODE = {
    .code = "INODE_MODE",
    .found = "Inode {inode} has mode {found_hex}, which is no type of file.",
    .question = "Make it what its content says ({detail})?",
    .refusal = "the kernel refuses the inode",
    .explanation =
        "The upper bits of the mode tell what kind of file an inode is. These say nothing known. "
        "From what the inode holds follows whether it is a directory or a regular file.",
};

inline constexpr Problem INODE_NZ_DTIME = {
    .code = "INODE_NZ_DTIME",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "Inode {inode} is in use, but has a time of deletion.",
    .question = "Clear that time?",
    .explanation =
        "Only deleted inodes have a time of deletion. The inode is in use, so the time is "
        "cleared.",
};

inline constexpr Problem INODE_TIME = {
    .code = "INODE_TIME",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "A time of inode {inode} has {found} nanoseconds, more than a second.",
    .question = "Set them to 0?",
    .explanation = "The fraction of a second in one of the times is not less than a second. It is set to 0.",
};

inline constexpr Problem INODE_ID1 = {
    .code = "INODE_ID1",
    .found =
        "Inode {inode} has a value ({found_hex}) where only devices and system files have "
        "one.",
    .question = "Clear it?",
    .refusal = "newer kernels refuse the inode",
    .explanation =
        "Eight bytes of the inode mean something in devices, journals and allocators only, and "
        "are 0 in all others.",
};

inline constexpr Problem INODE_FLAGS = {
    .code = "INODE_FLAGS",
    .found = "Inode {inode} has flags {found_hex}; {expected_hex} would be right for what it is.",
    .question = "Correct them?",
    .explanation =
        "An inode outside of the system directory carries flags of a system file, which would "
        "make readers take its content for something else.",
};

inline constexpr Problem INODE_SUBALLOC = {
    .code = "INODE_SUBALLOC",
    .unattended = Answer::yes,
    .found = "Inode {inode} says that it comes from {name} {found}; it is {expected}.",
    .question = "Correct that?",
    .explanation =
        "An inode records which allocator it comes from: slot, group and bit. Deleting it would "
        "free somebody else's block. The values follow from where it lies.",
};

inline constexpr Problem ORPHAN_SLOT = {
    .code = "ORPHAN_SLOT",
    .found = "Inode {inode} is marked as an orphan of slot {found}, which does not exist.",
    .question = "Clear the mark?",
    .explanation =
        "An orphan names the slot in whose orphan directory it is. There is no such slot, so it "
        "is in none; whether it has a name elsewhere shows later.",
};

inline constexpr Problem INLINE_DATA_FLAG_INVALID = {
    .code = "INLINE_DATA_FLAG_INVALID",
    .found = "Inode {inode} says that its data is inside it, which this volume does not do.",
    .question = "Clear the mark?",
    .explanation = "The mark needs the feature inline-data. Without it the inode is read as having extents.",
};
/// The same on a volume that can have such inodes: this one is none.
inline constexpr Problem INLINE_DATA_FLAG_WRONG = {
    .code = "INLINE_DATA_FLAG_INVALID",
    .found = "Inode {inode} says that its data is inside it, but has clusters, and a list of its extents.",
    .question = "Clear the flag?",
    .explanation = INLINE_DATA_FLAG_INVALID.explanation,
};

inline constexpr Problem INLINE_DATA_FLAG_LOST = {
    .code = "INLINE_DATA_FLAG_LOST",
    .unattended = Answer::yes,
    .found = "Directory {inode} is not marked as having its entries inside, but they are there.",
    .question = "Mark it?",
    .refusal = "its entries are not found",
    .explanation = "Where the list of extents would be, there are the directory's own entries.",
};

inline constexpr Problem REFCOUNT_FLAG_INVALID = {
    .code = "REFCOUNT_FLAG_INVALID",
    .found = "Inode {inode} says that it shares clusters, but has no refcount tree.",
    .question = "Clear the mark?",
    .explanation =
        "The mark needs the feature refcount, and a refcount tree. Clusters that others use, too,"
        " are found later.",
};

inline constexpr Problem REFCOUNT_LOC_INVALID = {
    .code = "REFCOUNT_LOC_INVALID",
    .found =
        "Inode {inode} names block {found} as its refcount tree, but does not say that it "
        "shares clusters.",
    .question = "Forget the tree?",
    .explanation = "Only inodes that share clusters have a refcount tree.",
};

inline constexpr Problem REFCOUNT_FLAG_LOST = {
    .code = "REFCOUNT_LOC_INVALID",
    .found =
        "Inode {inode} has a refcount tree in block {found}, but does not say that it shares"
        " clusters.",
    .question = "Put the mark back?",
    .explanation = "Only inodes that share clusters have a refcount tree.",
};

inline constexpr Problem INDEX_FLAG = {
    .code = "INDEX_FLAG",
    .found =
        "Inode {inode} and its index (block {found}) disagree: only a directory with extents"
        " has an index, and says so.",
    .question = "Drop the index?",
    .explanation =
        "Either the mark or the place of the index is missing, or the inode is no directory at "
        "all. The index is forgotten; names are found without it, and -D makes a new one.",
};

inline constexpr Problem INODE_VALID_LOST = {
    .code = "INODE_ALLOC_REPAIR",
    .found = "Inode {inode} is allocated and was never deleted, but is not marked as in use.",
    .question = "Mark it?",
    .refusal = "it will be freed and its names removed",
    .explanation =
        "Whether a block of an inode group is in use is told by a bit of the group and by the "
        "inode itself. The inode is right.",
};

inline constexpr Problem LALLOC_SIZE = {
    .code = "LALLOC_SIZE",
    .unattended = Answer::yes,
    .found = "The local alloc in inode {inode} claims {found} bytes of bitmap; it has {expected}.",
    .question = "Correct the size?",
    .explanation = "How large the bitmap of a local alloc is follows from the block size.",
};

inline constexpr Problem LALLOC_NZ_USED = {
    .code = "LALLOC_NZ_USED",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "The local alloc in inode {inode} has no window, but {found} bits of it in use.",
    .question = "Set them to 0?",
    .explanation = "A local alloc without a window has nothing in use.",
};

inline constexpr Problem LALLOC_NZ_BM = {
    .code = "LALLOC_NZ_BM",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found =
        "The local alloc in inode {inode} has no window, but says that it begins at cluster "
        "{found}.",
    .question = "Set that to 0?",
    .explanation = "A local alloc without a window begins nowhere.",
};

inline constexpr Problem LALLOC_BM_OVERRUN = {
    .code = "LALLOC_BM_OVERRUN",
    .found =
        "The window of the local alloc in inode {inode} begins at cluster {found}, past the "
        "end of the volume.",
    .question = "Give the window up?",
    .explanation =
        "The window lies outside the volume. The local alloc is emptied; what it had set aside is"
        " found to be unused and freed.",
};

inline constexpr Problem LALLOC_BM_SIZE = {
    .code = "LALLOC_BM_SIZE",
    .found =
        "The window of the local alloc in inode {inode} has {found} bits; there is room for "
        "{expected}.",
    .question = "Give the window up?",
    .explanation =
        "A window cannot have more bits than the inode can hold. Where it ends is not known, so none of its "
        "clusters is taken to be reserved.",
};

inline constexpr Problem LALLOC_BM_STRADDLE = {
    .code = "LALLOC_BM_STRADDLE",
    .found =
        "The window of the local alloc in inode {inode} runs from cluster {found} past the "
        "end of the volume.",
    .question = "Give the window up?",
    .explanation =
        "The window lies partly outside the volume. The local alloc is emptied; what it had set "
        "aside is found to be unused and freed.",
};

inline constexpr Problem LALLOC_USED_OVERRUN = {
    .code = "LALLOC_USED_OVERRUN",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found =
        "The local alloc in inode {inode} has {found} bits in use, but only {expected} in "
        "all.",
    .question = "Correct that?",
    .explanation = "No more bits can be in use than the window has.",
};

inline constexpr Problem LALLOC_CLEAR = {
    .code = "LALLOC_CLEAR",
    .found = "The local alloc in inode {inode} stays damaged.",
    .question = "Empty it?",
    .refusal = "the volume cannot be mounted in that slot",
    .explanation =
        "Asked after one of the other problems of a local alloc was not to be mended: the window "
        "is given up as a whole.",
};

inline constexpr Problem DEALLOC_COUNT = {
    .code = "DEALLOC_COUNT",
    .unattended = Answer::yes,
    .found =
        "The truncate log in inode {inode} claims room for {found} records; it has "
        "{expected}.",
    .question = "Correct the count?",
    .explanation = "How many records a truncate log can hold follows from the block size.",
};

inline constexpr Problem DEALLOC_USED = {
    .code = "DEALLOC_USED",
    .found =
        "The truncate log in inode {inode} claims {found} records in use; it has room for "
        "{expected}.",
    .question = "Believe as many as there is room for?",
    .explanation = "More records are said to be in use than fit. Those that fit are looked at one by one.",
};

inline constexpr Problem TRUNCATE_REC_START_RANGE = {
    .code = "TRUNCATE_REC_START_RANGE",
    .found =
        "Record {index} of the truncate log in inode {inode} begins at cluster {found}, past"
        " the end of the volume.",
    .question = "Remove the record?",
    .explanation = "A truncate log lists clusters that are to be freed. There are no such clusters.",
};

inline constexpr Problem TRUNCATE_REC_WRAP = {
    .code = "TRUNCATE_REC_WRAP",
    .found =
        "Record {index} of the truncate log in inode {inode}: {clusters} end beyond any "
        "volume.",
    .question = "Remove the record?",
    .explanation = "A truncate log lists clusters that are to be freed. The record's end cannot be.",
};

inline constexpr Problem TRUNCATE_REC_RANGE = {
    .code = "TRUNCATE_REC_RANGE",
    .found =
        "Record {index} of the truncate log in inode {inode}: {clusters} end past the end of"
        " the volume.",
    .question = "Remove the record?",
    .explanation = "A truncate log lists clusters that are to be freed. Some of these do not exist.",
};

inline constexpr const Problem* inode_problems[] = {
    &INODE_SIGNATURE,
    &INODE_GEN,
    &INODE_GEN_FIX,
    &INODE_BLKNO,
    &ROOT_NOTDIR,
    &ROOT_NOTDIR_EMPTY,
    &INODE_MODE,
    &INODE_NZ_DTIME,
    &INODE_TIME,
    &INODE_ID1,
    &INODE_FLAGS,
    &INODE_SUBALLOC,
    &ORPHAN_SLOT,
    &INLINE_DATA_FLAG_INVALID,
    &INLINE_DATA_FLAG_WRONG,
    &INLINE_DATA_FLAG_LOST,
    &REFCOUNT_FLAG_INVALID,
    &REFCOUNT_LOC_INVALID,
    &REFCOUNT_FLAG_LOST,
    &INDEX_FLAG,
    &INODE_VALID_LOST,
    &LALLOC_SIZE,
    &LALLOC_NZ_USED,
    &LALLOC_NZ_BM,
    &LALLOC_BM_OVERRUN,
    &LALLOC_BM_SIZE,
    &LALLOC_BM_STRADDLE,
    &LALLOC_USED_OVERRUN,
    &LALLOC_CLEAR,
    &DEALLOC_COUNT,
    &DEALLOC_USED,
    &TRUNCATE_REC_START_RANGE,
    &TRUNCATE_REC_WRAP,
    &TRUNCATE_REC_RANGE,
};

}  // namespace ocfs2::problem
