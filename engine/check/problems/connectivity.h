// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with how files hang together: ways from the root, orphans, link counts.
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem ROOT_DIR_MISSING = {
    .code = "ROOT_DIR_MISSING",
    .severity = Severity::loss,
    .found = "Inode {inode}, which should be the root directory, is not a directory in use.",
    .question = "Make a new root directory?",
    .refusal = "the volume cannot be mounted, and nothing on it can be reached",
    .explanation =
        "Without a root directory there is no way to any file. A new, empty one is made. Directories that "
        "had their names in the old one come back in lost+found under their inode numbers, with all that "
        "is in them.",
};

inline constexpr Problem LOSTFOUND_MISSING = {
    .code = "LOSTFOUND_MISSING",
    .severity = Severity::metadata,
    .unattended = Answer::yes,
    .found = "There is no directory lost+found in the root directory.",
    .question = "Make it?",
    .refusal = "files that lost their names cannot be put anywhere",
    .explanation =
        "Files and directories that have lost their names are put into /lost+found. It is made by "
        "mkfs.ocfs2 and should be there before it is needed.",
};

inline constexpr Problem DIR_NOT_CONNECTED = {
    .code = "DIR_NOT_CONNECTED",
    .severity = Severity::loss,
    .unattended = Answer::yes,
    .found = "Directory {inode} cannot be reached from the root: {detail}.",
    .question = "Give it a name in lost+found?",
    .refusal = "the directory and all that is in it stay out of reach, and take space",
    .explanation =
        "No directory has an entry for this one, or those that have are themselves only reached through "
        "it. It gets the name \"#\" and its inode number in lost+found; everything in it becomes "
        "reachable with it.",
};

inline constexpr Problem DIR_DOTDOT = {
    .code = "DIR_DOTDOT",
    .unattended = Answer::yes,
    .found = "Directory {inode} has its name in directory {expected} but its \"..\" leads to inode {found}.",
    .question = "Correct its \"..\"?",
    .explanation =
        "The entry \"..\" of a directory leads to the directory in which it has its name; that of the "
        "root to itself.",
};

inline constexpr Problem ORPHAN_DIR_MISSING = {
    .code = "ORPHAN_DIR_MISSING",
    .found = "The orphan directory of slot {slot} ({name}) is missing.",
    .question = "Make it?",
    .refusal = "the slot cannot be mounted",
    .explanation =
        "Each slot has a directory in which files wait that were deleted while somebody had them open. A "
        "new, empty one is made. Files that waited in the lost one come back in lost+found, or are "
        "deleted when they are marked as orphans.",
};

inline constexpr Problem INODE_ORPHANED = {
    .code = "INODE_ORPHANED",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "Inode {inode} is an orphan of slot {slot}: {detail}.",
    .question = "Finish that?",
    .refusal = "it takes space until the slot is mounted and recovered",
    .explanation =
        "A file that is deleted while somebody has it open waits in the orphan directory of a slot until "
        "it is closed. The node died first, so it is deleted now. Names that begin with \"dio-\" are "
        "files that were being appended to by direct I/O: these stay as they are, only the space beyond "
        "their end is given back.",
};

/// The same of a file that does not say so itself.
inline constexpr Problem INODE_ORPHANED_UNMARKED = {
    .code = "INODE_ORPHANED",
    .severity = Severity::loss,
    .found = "Inode {inode} has no name but \"{name}\" in the orphan directory of slot {slot}, without "
             "being marked as an orphan.",
    .question = "Delete it?",
    .refusal = "it takes space and cannot be reached",
    .explanation =
        "A file in an orphan directory is one that was deleted while it was open. This one has no other "
        "name, but it is not marked as an orphan, as it should be. It is deleted like one.",
};

inline constexpr Problem ORPHAN_NAME = {
    .code = "ORPHAN_NAME",
    .severity = Severity::loss,
    .found = "The orphan directory of slot {slot} knows the orphan {inode} by the name \"{name}\".",
    .question = "Delete the orphan?",
    .refusal = "it takes space, and recovery of the slot will not find it",
    .explanation =
        "An orphan has its inode number, in 16 hexadecimal digits, as its name. This one is marked as an "
        "orphan and has no other name, so it is deleted like one.",
};

/// An orphan that no orphan directory knows.
inline constexpr Problem ORPHAN_LOST = {
    .code = "ORPHAN_ENTRY_MISSING",
    .severity = Severity::loss,
    .found = "Inode {inode} is marked as an orphan of slot {slot}, but is in no orphan directory and has no "
             "name.",
    .question = "Delete it?",
    .refusal = "it takes space, and nobody will ever give that back",
    .explanation =
        "A file that is deleted while somebody has it open waits in the orphan directory of a slot. This "
        "one is marked so but is not there. Nobody can reach it; it is deleted.",
};

inline constexpr Problem ORPHAN_FLAG_MISSING = {
    .code = "ORPHAN_FLAG_MISSING",
    .unattended = Answer::yes,
    .found = "The orphan directory of slot {slot} names inode {inode} as \"{name}\": {detail}.",
    .question = "Remove the entry?",
    .refusal = "the file may be deleted when the slot is recovered",
    .explanation =
        "Every entry of an orphan directory names a file that is marked as an orphan of that slot, by its "
        "inode number in hexadecimal. This one does not. The entry is removed, the file stays.",
};

inline constexpr Problem ORPHAN_ENTRY_MISSING = {
    .code = "ORPHAN_ENTRY_MISSING",
    .unattended = Answer::yes,
    .found = "Inode {inode} is marked as {detail} but is in no orphan directory.",
    .question = "Take the mark off?",
    .refusal = "the kernel may treat the file as one that is being deleted",
    .explanation =
        "An inode that is marked as an orphan has an entry in the orphan directory of its slot. This one "
        "has none, but it has an ordinary name, so it is in use and loses the mark.",
};

inline constexpr Problem INODE_NOT_CONNECTED = {
    .code = "INODE_NOT_CONNECTED",
    .severity = Severity::loss,
    .unattended = Answer::yes,
    .found = "Inode {inode} is in use but has no name.",
    .question = "Give it a name in lost+found?",
    .refusal = "its content stays out of reach, and takes space",
    .explanation =
        "No directory has an entry for this file. It gets the name \"#\" and its inode number in "
        "lost+found, where somebody can look what it is.",
};

inline constexpr Problem INODE_COUNT = {
    .code = "INODE_COUNT",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "Inode {inode} says that it has {found} links, but it has {expected}.",
    .question = "Correct the count?",
    .refusal = "when names are removed, the file may be deleted too early or never",
    .explanation =
        "An inode counts the entries that lead to it: a file its names, a directory its name, its own "
        "\".\" and the \"..\" of each directory in it.",
};

inline constexpr const Problem* connectivity_problems[] = {
    &ROOT_DIR_MISSING,
    &LOSTFOUND_MISSING,
    &DIR_NOT_CONNECTED,
    &DIR_DOTDOT,
    &ORPHAN_DIR_MISSING,
    &INODE_ORPHANED,
    &INODE_ORPHANED_UNMARKED,
    &ORPHAN_NAME,
    &ORPHAN_LOST,
    &ORPHAN_FLAG_MISSING,
    &ORPHAN_ENTRY_MISSING,
    &INODE_NOT_CONNECTED,
    &INODE_COUNT,
};

}  // namespace ocfs2::problem
