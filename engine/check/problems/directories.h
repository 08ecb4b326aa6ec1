// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with the entries of directories, the blocks that hold them, and their indexes.
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

// Areas of entries.

inline constexpr Problem DIRENT_LENGTH = {
    .code = "DIRENT_LENGTH",
    .severity = Severity::loss,
    .found = "Directory {inode}: what stands at byte {index} of block {block} is no entry (its length is "
             "{found}). Entries that can be made out in the rest of the block: {count}.",
    .question = "Keep these, and free what is left?",
    .refusal = "the directory cannot be listed beyond this place",
    .explanation =
        "The entries of a directory block follow one another by their lengths and fill the block exactly. "
        "One whose length is not a multiple of four, too small for its name, or beyond the end of the "
        "block breaks that chain. Everything behind it is searched for what can only be an entry: a name "
        "of legal characters for an inode that is in use and of the type the entry says. These are put in "
        "a row again. Files whose names are lost this way come back in lost+found.",
};

inline constexpr Problem DIRENT_DOT_EXCESS = {
    .code = "DIRENT_DOT_EXCESS",
    .unattended = Answer::yes,
    .found = "Directory {inode}: its entry \".\" takes {found} bytes instead of {expected}.",
    .question = "Shorten it?",
    .explanation =
        "The first entry of every directory is \".\", and takes 16 bytes, so that \"..\" follows there. "
        "This one is longer. It is cut to that length; what lies behind it is taken as entries where "
        "these lead on without a gap, else as free space.",
};

inline constexpr Problem DIRENT_NOT_DOTTY = {
    .code = "DIRENT_NOT_DOTTY",
    .found = "Directory {inode}: its entry {index} is \"{name}\" instead of \"{detail}\".",
    .question = "Rename it?",
    .refusal = "programs that walk directories may not find their way back",
    .explanation =
        "The first two entries of a directory are \".\" and \"..\". Another name stands in such a place. "
        "It gets the name that belongs there. If it was the name of a file, that file comes back in "
        "lost+found.",
};

inline constexpr Problem DIRENT_DOTTY_DUP = {
    .code = "DIRENT_DOTTY_DUP",
    .unattended = Answer::yes,
    .found = "Directory {inode}: entry {index} of block {block} is a second \"{name}\".",
    .question = "Remove it?",
    .explanation =
        "The names \".\" and \"..\" occur once in a directory, in its first two entries. Another one "
        "cannot be reached by anybody and is removed.",
};

inline constexpr Problem DIRENT_DOT_INODE = {
    .code = "DIRENT_DOT_INODE",
    .unattended = Answer::yes,
    .found = "Directory {inode}: its entry \".\" leads to inode {found} instead of itself.",
    .question = "Correct it?",
    .explanation = "The entry \".\" of a directory leads to that directory. This one leads elsewhere.",
};

// Single entries.

inline constexpr Problem DIRENT_ZERO = {
    .code = "DIRENT_ZERO",
    .severity = Severity::loss,
    .found = "Directory {inode}: entry {index} of block {block} leads to inode {found} but has no name.",
    .question = "Remove it?",
    .refusal = "nobody can use this entry",
    .explanation =
        "An entry in use must have a name of at least one byte. Nobody can open a file through an entry "
        "without a name, so it is removed; if it was the file's only one, the file comes back in "
        "lost+found.",
};

inline constexpr Problem DIRENT_NAME_CHARS = {
    .code = "DIRENT_NAME_CHARS",
    .found = "Directory {inode}: the name \"{name}\" (inode {other}) contains a slash or a NUL byte.",
    .question = "Put dots in their places?",
    .refusal = "the file cannot be opened by this name",
    .explanation =
        "A name may contain any byte but '/' and NUL. Programs cannot reach a file with such a name. Each "
        "of these bytes becomes a dot.",
};

inline constexpr Problem DIRENT_INODE_RANGE = {
    .code = "DIRENT_INODE_RANGE",
    .severity = Severity::loss,
    .found = "Directory {inode}: \"{name}\" leads to inode {found}, which lies outside the volume.",
    .question = "Remove the entry?",
    .refusal = "the kernel will report an error when the directory is listed",
    .explanation =
        "The number of an inode is the number of its block. This entry names a block that the volume does "
        "not have, so there is nothing that it could lead to.",
};

inline constexpr Problem DIRENT_INODE_FREE = {
    .code = "DIRENT_INODE_FREE",
    .severity = Severity::loss,
    .found = "Directory {inode}: \"{name}\" leads to inode {found}, which is not in use.",
    .question = "Remove the entry?",
    .refusal = "the name stays visible but cannot be opened",
    .explanation =
        "The inode that this entry leads to was deleted, was never there, or was cleared by an earlier "
        "pass of this check. Opening the name fails.",
};

inline constexpr Problem DIRENT_INODE_SYSTEM = {
    .code = "DIRENT_INODE_SYSTEM",
    .severity = Severity::loss,
    .found = "Directory {inode}: \"{name}\" leads to inode {found}, a system file.",
    .question = "Remove the entry?",
    .refusal = "whoever opens the name can damage the whole volume",
    .explanation =
        "The files that the file system keeps for itself have their names in the system directory, which "
        "nobody sees. An entry in an ordinary directory leads to such a file (or to the root directory). "
        "It is removed; the system file itself is not touched.",
};

inline constexpr Problem DIRENT_TYPE = {
    .code = "DIRENT_TYPE",
    .unattended = Answer::yes,
    .found = "Directory {inode}: the entry \"{name}\" says that inode {other} is of type {found}, but it is "
             "of type {expected}.",
    .question = "Correct the entry?",
    .explanation =
        "An entry repeats the type of the file that it leads to: 1 regular file, 2 directory, 3 character "
        "device, 4 block device, 5 FIFO, 6 socket, 7 symbolic link. Where the two differ, the inode is "
        "right.",
};

inline constexpr Problem DIRENT_DUPLICATE = {
    .code = "DIRENT_DUPLICATE",
    .severity = Severity::loss,
    .found = "Directory {inode}: the name \"{name}\" occurs again, there for inode {other}.",
    .question = "Rename the later one to \"{detail}\"?",
    .refusal = "the later one cannot be reached",
    .explanation =
        "A name leads to one file only. The second entry of the same name cannot be reached. It keeps its "
        "file and gets a name of its own: the old one with underscores added.",
};

inline constexpr Problem DIR_PARENT_DUP = {
    .code = "DIR_PARENT_DUP",
    .severity = Severity::loss,
    .found = "Directory {other} has a second name \"{name}\" in directory {inode}; the first is in "
             "directory {found}.",
    .question = "Remove the second name?",
    .refusal = "programs that walk directories may run in circles",
    .explanation =
        "A directory has exactly one name. Of several, the one in the directory that its own \"..\" leads "
        "to is kept, or when that is none of them, the one in the directory with the lowest inode number.",
};

// Trailers of directory blocks.

inline constexpr Problem DIR_TRAILER_SIGNATURE = {
    .code = "DIR_TRAILER_SIGNATURE",
    .found = "Directory {inode}: block {block} does not end in a trailer.",
    .question = "Write a new one?",
    .refusal = "the kernel will refuse to read this block",
    .explanation =
        "On volumes with metaecc, and in directories with an index, the last 64 bytes of every directory "
        "block are a trailer that begins like a free entry and carries a signature. All that it says "
        "follows from the block and the directory, so a new one is written.",
};

inline constexpr Problem DIR_TRAILER_INODE = {
    .code = "DIR_TRAILER_INODE",
    .unattended = Answer::yes,
    .found = "Directory {inode}: the trailer of block {block} looks like an entry for inode {found}.",
    .question = "Correct it?",
    .explanation =
        "Programs that do not know trailers take them for a free entry, because the inode number there is "
        "0.",
};

inline constexpr Problem DIR_TRAILER_NAME_LEN = {
    .code = "DIR_TRAILER_NAME_LEN",
    .unattended = Answer::yes,
    .found = "Directory {inode}: the trailer of block {block} claims a name of {found} bytes.",
    .question = "Correct it?",
    .explanation = "Seen as an entry, which is how older programs see it, a trailer has no name.",
};

inline constexpr Problem DIR_TRAILER_REC_LEN = {
    .code = "DIR_TRAILER_REC_LEN",
    .unattended = Answer::yes,
    .found = "Directory {inode}: the trailer of block {block} says it has {found} bytes, not {expected}.",
    .question = "Correct it?",
    .explanation = "Seen as an entry, a trailer fills the last 64 bytes of its block.",
};

inline constexpr Problem DIR_TRAILER_BLKNO = {
    .code = "DIR_TRAILER_BLKNO",
    .unattended = Answer::yes,
    .found = "Directory {inode}: the trailer of block {block} says that it lies at block {found}.",
    .question = "Correct it?",
    .explanation = "A directory block records its own place in its trailer, to tell misplaced writes.",
};

inline constexpr Problem DIR_TRAILER_PARENT_INODE = {
    .code = "DIR_TRAILER_PARENT_INODE",
    .unattended = Answer::yes,
    .found = "Directory {inode}: the trailer of block {block} says that it belongs to inode {found}.",
    .question = "Correct it?",
    .explanation =
        "A directory block records its directory in its trailer. The block is reached through the "
        "directory and nothing else claims it, so the record is put right.",
};

// Indexes.

inline constexpr Problem IV_DX_TREE = {
    .code = "IV_DX_TREE",
    .found = "Directory {inode} has an index although the volume has no indexed directories.",
    .question = "Remove the index?",
    .refusal = "the kernel may refuse to read the directory",
    .explanation =
        "The feature indexed-dirs is off, so no directory may have an index. The names are all in the "
        "entries of the directory; nothing is lost with the index.",
};

inline constexpr Problem DX_TREE_CORRUPT = {
    .code = "DX_TREE_CORRUPT",
    .unattended = Answer::yes,
    .found = "The index of directory {inode} (root at block {block}) is damaged: {detail}.",
    .question = "Build it anew?",
    .refusal = "files of the directory may not be found by their names",
    .explanation =
        "The index of a directory leads from the hash of a name to the block with its entry. Everything "
        "in it follows from the entries, so a damaged index is thrown away and made again from these.",
};

inline constexpr Problem DX_ROOT_BLKNO = {
    .code = "DX_ROOT_BLKNO",
    .unattended = Answer::yes,
    .found = "The index root of directory {inode} at block {block} says that it lies at block {found}.",
    .question = "Correct it?",
    .refusal = "the kernel will refuse to use the index",
    .explanation =
        "An index root records its own block, to tell misplaced writes.",
};

inline constexpr Problem DX_ROOT_GEN = {
    .code = "DX_ROOT_GEN",
    .unattended = Answer::yes,
    .found = "The index root of directory {inode} at block {block} has generation {found}, the volume has "
             "{expected}.",
    .question = "Correct it?",
    .refusal = "the kernel will refuse to use the index",
    .explanation =
        "Every block of metadata repeats the generation that the volume got when it was formatted. The "
        "rest of this block says that it is the index of this directory.",
};

inline constexpr Problem DX_ROOT_PARENT = {
    .code = "DX_ROOT_PARENT",
    .unattended = Answer::yes,
    .found = "The index root of directory {inode} at block {block} says that it belongs to inode {found}.",
    .question = "Correct it?",
    .refusal = "the kernel will refuse to use the index",
    .explanation =
        "An index root records its directory. This directory names the block, and nothing else does.",
};

inline constexpr Problem DX_ROOT_SUBALLOC = {
    .code = "DX_ROOT_SUBALLOC",
    .unattended = Answer::yes,
    .found = "The index root of directory {inode} at block {block} records a wrong place in the extent "
             "allocator ({detail}).",
    .question = "Correct it?",
    .refusal = "the kernel will refuse to use the index",
    .explanation =
        "An index root records which bit of which group of which extent allocator stands for it; that bit "
        "is cleared when the index goes. The place follows from where the block lies.",
};

inline constexpr Problem DX_CLUSTERS = {
    .code = "DX_CLUSTERS",
    .unattended = Answer::yes,
    .found = "The index of directory {inode} (root at block {block}) counts {found} clusters of leaves, but "
             "has {expected}.",
    .question = "Correct it?",
    .refusal = "the kernel will refuse to use the index",
    .explanation =
        "The root of an index counts the clusters of its leaves.",
};

inline constexpr Problem DX_LAST_EB = {
    .code = "DX_LAST_EB",
    .unattended = Answer::yes,
    .found = "The index of directory {inode} (root at block {block}) takes block {found} for its last "
             "extent block, but that is {expected}.",
    .question = "Correct it?",
    .refusal = "the kernel will refuse to use the index",
    .explanation =
        "The root of an index knows the rightmost leaf of its extent tree, or 0 when there are no extent "
        "blocks.",
};

inline constexpr Problem DX_TREE_KEYS = {
    .code = "DX_TREE_KEYS",
    .unattended = Answer::yes,
    .found = "The index of directory {inode} (root at block {block}): {detail}.",
    .question = "Build it anew?",
    .refusal = "files of the directory may not be found by their names",
    .explanation =
        "The extents of an index begin with the hash 0, so that every name has a leaf. The index is made "
        "again from the entries of the directory.",
};

inline constexpr Problem DX_LIST_COUNT = {
    .code = "DX_LIST_COUNT",
    .unattended = Answer::yes,
    .found = "The index of directory {inode} (root at block {block}): {detail}.",
    .question = "Build it anew?",
    .refusal = "files of the directory may not be found by their names",
    .explanation =
        "A list of index entries has exactly the room that its block has. This one claims another, so "
        "that it cannot be known which of its entries are real. The index is made again from the entries "
        "of the directory.",
};

inline constexpr Problem DX_LIST_USED = {
    .code = "DX_LIST_USED",
    .unattended = Answer::yes,
    .found = "The index of directory {inode} (root at block {block}): {detail}.",
    .question = "Build it anew?",
    .refusal = "files of the directory may not be found by their names",
    .explanation =
        "A list of index entries claims more entries than it has room for. The index is made again from "
        "the entries of the directory.",
};

inline constexpr Problem DX_LEAF_INVALID = {
    .code = "DX_LEAF_INVALID",
    .unattended = Answer::yes,
    .found = "The index of directory {inode} (root at block {block}): {detail}.",
    .question = "Build it anew?",
    .refusal = "files of the directory may not be found by their names",
    .explanation =
        "A block that should be a leaf of an index is not. The index is made again from the entries of "
        "the directory.",
};

inline constexpr Problem DX_LEAF_BLKNO = {
    .code = "DX_LEAF_BLKNO",
    .unattended = Answer::yes,
    .found = "The index of directory {inode} (root at block {block}): {detail}.",
    .question = "Build it anew?",
    .refusal = "files of the directory may not be found by their names",
    .explanation =
        "A leaf of an index records its own block. This one names another, so it may be the leaf of "
        "another index. The index is made again from the entries of the directory.",
};

inline constexpr Problem DX_LEAF_GEN = {
    .code = "DX_LEAF_GEN",
    .unattended = Answer::yes,
    .found = "The index of directory {inode} (root at block {block}): {detail}.",
    .question = "Build it anew?",
    .refusal = "files of the directory may not be found by their names",
    .explanation =
        "Every block of metadata repeats the generation of the volume. This leaf has another, so it may "
        "be left over from before. The index is made again from the entries of the directory.",
};

inline constexpr Problem DX_ENTRY_MISPLACED = {
    .code = "DX_ENTRY_MISPLACED",
    .unattended = Answer::yes,
    .found = "The index of directory {inode} (root at block {block}): {detail}.",
    .question = "Build it anew?",
    .refusal = "files of the directory may not be found by their names",
    .explanation =
        "Each leaf of an index serves a range of hashes. An entry in the wrong leaf is never found. The "
        "index is made again from the entries of the directory.",
};

inline constexpr Problem DX_ENTRY_WRONG = {
    .code = "DX_ENTRY_WRONG",
    .unattended = Answer::yes,
    .found = "The index of directory {inode} (root at block {block}): {detail}.",
    .question = "Build it anew?",
    .refusal = "files of the directory may not be found by their names",
    .explanation =
        "Entries of the index lead to blocks that do not hold a name with that hash, and the names that "
        "they were made for are not found. The index is made again from the entries of the directory.",
};

inline constexpr Problem DX_ENTRY_STRAY = {
    .code = "DX_ENTRY_STRAY",
    .unattended = Answer::yes,
    .found = "The index of directory {inode} (root at block {block}): {detail}.",
    .question = "Build it anew?",
    .refusal = "removing a file may fail, or leave the wrong entry behind",
    .explanation =
        "The index has entries for names that the directory does not have, or has them twice. The index "
        "is made again from the entries of the directory.",
};

inline constexpr Problem DX_LOOKUP_FAILED = {
    .code = "DX_LOOKUP_FAILED",
    .unattended = Answer::yes,
    .found = "The index of directory {inode} (root at block {block}): {detail}.",
    .question = "Build it anew?",
    .refusal = "files of the directory may not be found by their names",
    .explanation =
        "Every entry of a directory has one entry in the index, under the hash of its name. Where it is "
        "missing, a file is listed but cannot be opened, or a name may be given twice. The index is made "
        "again from the entries of the directory.",
};

inline constexpr Problem DX_ENTRY_COUNT = {
    .code = "DX_ENTRY_COUNT",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "The index of directory {inode} counts {found} entries, but there are {expected}.",
    .question = "Correct the count?",
    .explanation =
        "The root of an index counts the entries of the directory, \".\" and \"..\" included. The kernel "
        "takes the count to decide when a directory is empty.",
};

inline constexpr Problem DIR_TRAILER_FREE_LEN = {
    .code = "DIR_TRAILER_FREE_LEN",
    .unattended = Answer::yes,
    .found = "Directory {inode}: block {block} records a largest hole of {found} bytes, but has {expected} "
             "(wrong blocks of the directory: {count}).",
    .question = "Write them, and the list of blocks with room, anew?",
    .refusal = "the kernel stops with a bug report when it puts a name where there is no room",
    .explanation =
        "Every block of an indexed directory records how large its largest hole is, and the kernel relies "
        "on it when it looks for room. The holes follow from the entries, and are recorded again. "
        "(debugfs.ocfs2 and fsck.ocfs2 of ocfs2-tools do not maintain this.)",
};

inline constexpr Problem DIR_TRAILER_FREE_LIST = {
    .code = "DIR_TRAILER_FREE_LIST",
    .unattended = Answer::yes,
    .found = "Directory {inode}: its list of blocks with room is wrong: {detail}.",
    .question = "Write it anew?",
    .refusal = "the kernel may find no room where there is some, or some where there is none",
    .explanation =
        "An indexed directory links its blocks that have room for another entry, and no others. The list "
        "follows from the entries, and is written again. (debugfs.ocfs2 and fsck.ocfs2 of ocfs2-tools do "
        "not maintain it.)",
};

inline constexpr Problem DX_TREE_MISSING = {
    .code = "DX_TREE_MISSING",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "Directory {inode} has no index (entries: {count}).",
    .question = "Build one?",
    .refusal = "its names are searched one by one, as before",
    .explanation =
        "The volume has indexed directories and this one is large enough for an index but has none. That "
        "is no fault, only slow; it is asked with -D alone.",
};

inline constexpr const Problem* directory_problems[] = {
    &DIRENT_LENGTH,
    &DIRENT_DOT_EXCESS,
    &DIRENT_NOT_DOTTY,
    &DIRENT_DOTTY_DUP,
    &DIRENT_DOT_INODE,
    &DIRENT_ZERO,
    &DIRENT_NAME_CHARS,
    &DIRENT_INODE_RANGE,
    &DIRENT_INODE_FREE,
    &DIRENT_INODE_SYSTEM,
    &DIRENT_TYPE,
    &DIRENT_DUPLICATE,
    &DIR_PARENT_DUP,
    &DIR_TRAILER_SIGNATURE,
    &DIR_TRAILER_INODE,
    &DIR_TRAILER_NAME_LEN,
    &DIR_TRAILER_REC_LEN,
    &DIR_TRAILER_BLKNO,
    &DIR_TRAILER_PARENT_INODE,
    &IV_DX_TREE,
    &DX_TREE_CORRUPT,
    &DX_ROOT_BLKNO,
    &DX_ROOT_GEN,
    &DX_ROOT_PARENT,
    &DX_ROOT_SUBALLOC,
    &DX_CLUSTERS,
    &DX_LAST_EB,
    &DX_TREE_KEYS,
    &DX_LIST_COUNT,
    &DX_LIST_USED,
    &DX_LEAF_INVALID,
    &DX_LEAF_BLKNO,
    &DX_LEAF_GEN,
    &DX_ENTRY_MISPLACED,
    &DX_ENTRY_WRONG,
    &DX_ENTRY_STRAY,
    &DX_LOOKUP_FAILED,
    &DX_ENTRY_COUNT,
    &DIR_TRAILER_FREE_LEN,
    &DIR_TRAILER_FREE_LIST,
    &DX_TREE_MISSING,
};

}  // namespace ocfs2::problem
