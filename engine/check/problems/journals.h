// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with the journals of the slots.
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem JOURNAL_FILE_INVALID = {
    .code = "JOURNAL_FILE_INVALID",
    .unattended = Answer::yes,
    .found = "The journal of slot {slot} (inode {inode}) cannot be used: {detail}.",
    .question = "Make a new, empty log?",
    .refusal = "no node can mount in this slot",
    .explanation =
        "A journal's log must begin with a superblock of its own, and lie in clusters that are inside the "
        "volume and belong to no other journal. This one is not marked as holding changes, so nothing is "
        "lost when it begins anew. That happens after pass 1, in the clusters that the journal has, or in "
        "new ones when these cannot be kept.",
};

inline constexpr Problem JOURNAL_LOST = {
    .code = "JOURNAL_LOST",
    .severity = Severity::loss,
    .found =
        "The journal of slot {slot} (inode {inode}) may hold changes, but cannot be used: {detail}.",
    .question = "Give them up and make a new, empty log?",
    .refusal = "no node can mount in this slot",
    .explanation =
        "The journal is marked as holding changes that were not all in place when its node died, but its "
        "log cannot be read. What the node had committed last is lost; the other passes make the volume "
        "consistent without it.",
};

inline constexpr Problem JOURNAL_DAMAGED = {
    .code = "JOURNAL_DAMAGED",
    .severity = Severity::loss,
    .found = "The log of slot {slot} is damaged after {count} whole transactions: {detail}.",
    .question = "Replay these, and give up what follows?",
    .refusal = "nothing of this log is replayed, and no node can mount in this slot",
    .explanation =
        "A log is replayed up to its first incomplete transaction: that is where the node died. Here "
        "something complete follows what cannot be believed, a wrong checksum or a block that no "
        "transaction may change. The transactions before it are sound and can be replayed.",
};

inline constexpr Problem JOURNAL_UNKNOWN_FEATURE = {
    .code = "JOURNAL_UNKNOWN_FEATURE",
    .severity = Severity::loss,
    .usual = Answer::no,
    .found = "The journal of slot {slot} (inode {inode}) has a log of an unknown kind: {detail}.",
    .question = "Give its content up and make a new, empty log?",
    .refusal = "the log is left as it is, and no node can mount in this slot",
    .explanation =
        "The log claims features that OCFS2 never uses, or that a system newer than this program wrote. "
        "In the latter case mount and unmount the volume there first.",
};

inline constexpr Problem JOURNAL_MISSING_FEATURE = {
    .code = "JOURNAL_MISSING_FEATURE",
    .unattended = Answer::yes,
    .found = "The journal of slot {slot} (inode {inode}) cannot hold 64-bit block numbers, {detail}.",
    .question = "Give its log this feature?",
    .refusal = "a node cannot mount a volume of more than 2^32 blocks in this slot",
    .explanation =
        "Volumes of more than 2^32 blocks need logs with 64-bit block numbers (tunefs.ocfs2 -J block64), "
        "and all journals of a volume are to be of the same kind. The feature is set while the log is "
        "empty. Features that each mount sets by itself (checksums, async commit) may differ.",
};

inline constexpr Problem JOURNAL_TOO_SMALL = {
    .code = "JOURNAL_TOO_SMALL",
    .unattended = Answer::yes,
    .found =
        "The journal of slot {slot} (inode {inode}) has {found} clusters where {expected} are right: "
        "{detail}.",
    .question = "Bring it to that size?",
    .refusal = "a node may not be able to mount in this slot",
    .explanation =
        "All journals of a volume have the same size. A journal inode that says less than what its "
        "extents hold is corrected; one that holds less than the largest journal gets more clusters and a "
        "new log, after its own was replayed.",
};

inline constexpr const Problem* journal_problems[] = {&JOURNAL_FILE_INVALID,    &JOURNAL_LOST,
                                                      &JOURNAL_DAMAGED,         &JOURNAL_UNKNOWN_FEATURE,
                                                      &JOURNAL_MISSING_FEATURE, &JOURNAL_TOO_SMALL};

}  // namespace ocfs2::problem
