// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with the files that the file system keeps for itself.
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem SYSTEM_INODE_INVALID = {
    .code = "SYSTEM_INODE_INVALID",
    .found = "Inode {inode} is the system file {name}, but {detail}.",
    .question = "Put it right?",
    .refusal = "the volume cannot be mounted, or what the file keeps track of is lost",
    .explanation =
        "The inodes of system files are marked in ways that are known beforehand. When one of these marks is "
        "damaged (signature, flags, type, generation, own number) while the rest shows that it is the inode, "
        "the mark is put right. When nothing is left of the inode of an allocator, it is made anew, and its "
        "groups are searched for and linked again; that of the system directory is made anew on its old "
        "block, or without one, and its names are put back.",
};

inline constexpr Problem SYSTEM_NAME_LOST = {
    .code = "SYSTEM_NAME_LOST",
    .found = "The system directory does not name {name}, which is inode {inode}.",
    .question = "Put the name back?",
    .refusal = "the volume cannot be mounted",
    .explanation =
        "System files are looked up by their names in the system directory. One of the names is not there or "
        "leads to something else, but an inode was found that can only be the file: by its marks, by the "
        "groups that name it as their allocator, or by its place in the order in which mkfs.ocfs2 makes "
        "system files.",
};

inline constexpr Problem SYSTEM_FILE_MISSING = {
    .code = "SYSTEM_FILE_MISSING",
    .found = "The system file {name} is missing.",
    .question = "Make a new one?",
    .refusal = "the volume cannot be mounted, or not by as many nodes as it has slots",
    .explanation =
        "A system file is not there, and no inode was found that could be it. A new one is made, in the "
        "state in which nobody has used it yet: an empty log, an allocator without groups, a journal as long "
        "as the others. What other blocks refer to in the lost file is put right by the checks that follow.",
};

inline constexpr Problem SYSTEM_FILE_SIZE = {
    .code = "SYSTEM_FILE_SIZE",
    .unattended = Answer::yes,
    .found =
        "The system file {name} (inode {inode}) has {found} bytes in one piece; it must have {expected}.",
    .question = "Give it new room?",
    .refusal = "nodes cannot mount the volume, or write beyond the end of the file",
    .explanation =
        "The slot map has a record for every slot, and the heartbeat file a block for every node that there "
        "can be, in one extent: nodes look for it only once. One that is too short gets new room in the "
        "state in which no node uses it.",
};

inline constexpr const Problem* system_file_problems[] = {
    &SYSTEM_INODE_INVALID,
    &SYSTEM_NAME_LOST,
    &SYSTEM_FILE_MISSING,
    &SYSTEM_FILE_SIZE,
};

}  // namespace ocfs2::problem
