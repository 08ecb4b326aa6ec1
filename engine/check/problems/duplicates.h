// SPDX-License-Identifier: GPL-2.0-or-later
//
// Clusters that more than one inode claims (spec: fsck-checks.md B6).
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem DUP_CLUSTERS_ADD_REFCOUNT = {
    .code = "DUP_CLUSTERS_ADD_REFCOUNT",
    .found = "There are {count} claims on {clusters}: {detail}.",
    .question = "Let them share the clusters (each gets its own copy when it writes)?",
    .refusal = "each can get a copy of its own",
    .explanation =
        "Several inodes claim the same clusters. On a volume with the feature refcount they can "
        "be made to share them: nothing is copied, and whoever writes first gets a copy.",
};

inline constexpr Problem DUP_CLUSTERS_SYSFILE_CLONE = {
    .code = "DUP_CLUSTERS_SYSFILE_CLONE",
    .found = "There are {count} claims on {clusters}, one of them a system file's: {detail}.",
    .question = "Give inode {inode} a copy of its own?",
    .refusal = "both keep writing to the same place",
    .explanation =
        "A system file and a user's file claim the same clusters. The other file gets a copy of "
        "what is there now.",
};

inline constexpr Problem DUP_CLUSTERS_CLONE = {
    .code = "DUP_CLUSTERS_CLONE",
    .found = "There are {count} claims on {clusters}: {detail}.",
    .question = "Give inode {inode} a copy of its own?",
    .refusal = "it can be deleted instead",
    .explanation =
        "Several inodes claim the same clusters, or one inode claims them twice; only one claim can be "
        "right. The first that is named keeps the clusters: inodes that had to be mended come behind sound "
        "ones. Each other gets a copy of what is there, so that nothing is lost; which of them has the "
        "right content is for somebody who knows it to say.",
};

inline constexpr Problem DUP_CLUSTERS_DELETE = {
    .code = "DUP_CLUSTERS_DELETE",
    .severity = Severity::loss,
    .usual = Answer::no,
    .found = "There are {count} claims on {clusters}: {detail}.",
    .question = "Delete inode {inode}?",
    .refusal = "they keep sharing the clusters, and writing to one damages the other",
    .explanation =
        "Asked after DUP_CLUSTERS_CLONE was answered with no, but not of directories: the inode is deleted, "
        "with all its names. What others claim, too, stays with these.",
};

inline constexpr Problem DUP_CLUSTERS_ALLOCATOR = {
    .code = "DUP_CLUSTERS_ALLOCATOR",
    .found = "An allocator, or the volume itself, has {clusters}, and inode {inode} claims the same.",
    .question = "Give inode {inode} a copy of its own?",
    .refusal = "metadata and data keep overwriting each other",
    .explanation =
        "A file claims clusters that hold metadata: groups, inodes, superblock copies. The file "
        "gets a copy of what is there; the metadata stays where it must be.",
};

inline constexpr Problem DUP_CLUSTERS_ATTACHED = {
    .code = "DUP_CLUSTERS_ATTACHED",
    .severity = Severity::loss,
    .found = "There are {count} claims on {clusters}: {detail}.",
    .question = "Let it go without its attributes there?",
    .refusal = "changing one of them damages the other",
    .explanation =
        "Attributes of an inode lie in clusters that belong to somebody else. The inode forgets them.",
};

inline constexpr Problem DUP_CLUSTERS_DETACH = {
    .code = "DUP_CLUSTERS_DETACH",
    .severity = Severity::loss,
    .usual = Answer::no,
    .wholesale = Answer::no,
    .found = "There are {count} claims on {clusters}: {detail}; and there is no room for a copy.",
    .question = "Let inode {inode} go without them?",
    .refusal = "writing to one of them damages the other",
    .explanation =
        "Asked when clusters that several inodes claim were to be copied, but the volume is too full. "
        "After a no all stays as it is, and the message says how much room to make before the next check; "
        "-y does not answer yes to this, since that loses what a copy would save: the file whose claim is "
        "weaker gets a hole there. Nothing is freed or overwritten. Directories, system files and files of "
        "volumes without holes (feature sparse) are left as they are in any case.",
};

inline constexpr Problem DUP_CLUSTERS_LOG = {
    .code = "DUP_CLUSTERS_LOG",
    .unattended = Answer::yes,
    .found = "There are {count} claims on {clusters}, one of them a log's: {detail}.",
    .question = "Take them out of inode {inode}?",
    .refusal = "they are freed, or given to somebody else, while they are in use",
    .explanation =
        "A truncate log names clusters that are to be freed, a local alloc those that its slot gives out "
        "next. Some of them belong to a file, or stand in another log, too. They are taken out of the log; "
        "whoever has them keeps them.",
};

inline constexpr Problem DUP_METADATA = {
    .code = "DUP_METADATA",
    .found = "Inodes {inode} and {other} both refer to extent block {block}.",
    .question = "Give the first extent blocks of its own?",
    .refusal = "changing one of them damages the other",
    .explanation =
        "An extent block can belong to one inode only. The one whose claim is weaker (it had to be "
        "mended, or has the higher number) gets a tree of its own over the same clusters; these are "
        "dealt with next.",
};

inline constexpr Problem DUP_METADATA_ATTACHED = {
    .code = "DUP_METADATA",
    .severity = Severity::loss,
    .found = "Inodes {inode} and {other} both refer to block {block}, which holds attributes.",
    .question = "Let the first go without?",
    .refusal = "changing one of them damages the other",
    .explanation = DUP_METADATA.explanation,
};

inline constexpr const Problem* duplicate_problems[] = {
    &DUP_CLUSTERS_ADD_REFCOUNT, &DUP_CLUSTERS_SYSFILE_CLONE, &DUP_CLUSTERS_CLONE,
    &DUP_CLUSTERS_DELETE,       &DUP_CLUSTERS_ALLOCATOR,     &DUP_CLUSTERS_ATTACHED,
    &DUP_CLUSTERS_DETACH,       &DUP_CLUSTERS_LOG,           &DUP_METADATA,
    &DUP_METADATA_ATTACHED,
};

}  // namespace ocfs2::problem
