// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with quota files (spec: fsck-checks.md B8, ondisk.md 14.81 to 83).
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem QMAGIC_INVALID = {
    .code = "QMAGIC_INVALID",
    .unattended = Answer::yes,
    .found = "The head of quota file {name} (inode {inode}, block {block}) is damaged: {detail}.",
    .question = "Make the file anew, with the limits that can be read?",
    .refusal = "quotas of this kind cannot be used",
    .explanation =
        "The first block of a quota file says what it is and how long grace times are. It does not look like "
        "one. The file is written anew: limits come from its entries, usage from the inodes, and grace times "
        "from the head where they are plausible (one week else).",
};

inline constexpr Problem QTREE_BLK_INVALID = {
    .code = "QTREE_BLK_INVALID",
    .found = "Block {block} in the tree of quota file {name} (inode {inode}) is damaged: {detail}.",
    .question = "Make the file anew, with the limits that can be read?",
    .refusal = "limits of some users or groups are not enforced",
    .explanation =
        "A quota file finds the entry of a user or group through a tree of blocks. One of these has a wrong "
        "checksum or leads to where no entries can be. All blocks of the file are searched for entries then, "
        "and the file is written anew.",
};

inline constexpr Problem DQBLK_INVALID = {
    .code = "DQBLK_INVALID",
    .severity = Severity::loss,
    .found =
        "Block {block} of quota file {name} (inode {inode}), with {count} entries, is damaged: {detail}.",
    .question = "Use the limits in it all the same?",
    .refusal = "limits that stand only there are forgotten when the file is written anew",
    .explanation =
        "A block with entries of a quota file has a wrong checksum, or counts more entries than it holds. "
        "Limits "
        "in it may be right or not. The file is written anew with or without them; usage comes from the "
        "inodes.",
};

inline constexpr Problem DUP_DQBLK_INVALID = {
    .code = "DUP_DQBLK_INVALID",
    .severity = Severity::loss,
    .usual = Answer::no,
    .found =
        "Quota file {name} (inode {inode}) has an entry for id {found} twice; the second stands in the "
        "damaged "
        "block {block}.",
    .question = "Use the limits of the second?",
    .refusal = "those of the first stay",
    .explanation =
        "Two entries of a quota file are for the same user or group, one of them in a block that is "
        "damaged.",
};

inline constexpr Problem DUP_DQBLK_VALID = {
    .code = "DUP_DQBLK_VALID",
    .severity = Severity::loss,
    .found =
        "Quota file {name} (inode {inode}) has an entry for id {found} twice; the second stands in block "
        "{block}.",
    .question = "Keep one of them, with the higher limits?",
    .refusal = "which limits are enforced depends on where the kernel looks first",
    .explanation =
        "Two entries of a quota file are for the same user or group. One is kept, with the higher of the two "
        "limits each (no limit counts as the highest), so that nobody is locked out.",
};

inline constexpr Problem QUOTA_LOOKUP = {
    .code = "QUOTA_LOOKUP",
    .unattended = Answer::yes,
    .found =
        "The tree of quota file {name} (inode {inode}) does not lead to the entry of id {found}{detail}.",
    .question = "Make the file anew?",
    .refusal = "the kernel reports errors for these users or groups",
    .explanation =
        "An entry of a quota file is found by following its id through the tree. For some ids the tree "
        "leads nowhere, or to a block that has no entry for them. The file is written anew; nothing is lost.",
};

inline constexpr Problem QUOTA_LISTS = {
    .code = "QUOTA_LISTS",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "Quota file {name} (inode {inode}) keeps wrong books of its free blocks and entries: {detail}.",
    .question = "Make the file anew?",
    .refusal = "new entries may overwrite others",
    .explanation =
        "A quota file chains its free blocks and the blocks with room for more entries, counts entries, and "
        "records its size in blocks. Some of this is wrong. The file is written anew; nothing is lost.",
};

inline constexpr Problem QUOTA_USAGE = {
    .code = "QUOTA_USAGE",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "Quota file {name} (inode {inode}) has the wrong usage for {count} ids: {detail}.",
    .question = "Enter the right usage?",
    .refusal = "limits are enforced too early or too late",
    .explanation =
        "What users and groups use is known from the inodes. The quota file says otherwise. (Clusters of "
        "directory "
        "indexes and attributes may be counted or not, as kernels and tools differ about them.) Limits and "
        "grace "
        "times stay.",
};

inline constexpr Problem QUOTA_LOCAL_INVALID = {
    .code = "QUOTA_LOCAL_INVALID",
    .unattended = Answer::yes,
    .found = "The quota file {name} of slot {slot} (inode {inode}) is damaged: {detail}.",
    .question = "Make it anew, empty?",
    .refusal = "the node that gets this slot cannot use quotas",
    .explanation =
        "Each slot keeps the changes that its node has not entered in the global quota file yet. Since usage "
        "is counted from the inodes, nothing in a slot's file is needed, and a damaged one is made anew.",
};

inline constexpr Problem QUOTA_LOCAL_UNCLEAN = {
    .code = "QUOTA_LOCAL_UNCLEAN",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found =
        "The quota file {name} of slot {slot} (inode {inode}) holds {count} changes that were never entered "
        "in the "
        "global file.",
    .question = "Enter them, and empty it?",
    .refusal = "the next mount of the slot does it",
    .explanation =
        "A node that dies leaves changes of usage in its slot's quota file. Since usage is counted from the "
        "inodes, they are taken care of, and the file is emptied.",
};

inline constexpr const Problem* quota_problems[] = {
    &QMAGIC_INVALID, &QTREE_BLK_INVALID, &DQBLK_INVALID, &DUP_DQBLK_INVALID,   &DUP_DQBLK_VALID,
    &QUOTA_LOOKUP,   &QUOTA_LISTS,       &QUOTA_USAGE,   &QUOTA_LOCAL_INVALID, &QUOTA_LOCAL_UNCLEAN,
};

}  // namespace ocfs2::problem
