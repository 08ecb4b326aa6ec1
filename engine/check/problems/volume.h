// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with the superblock and its backups.
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem RECOVER_BACKUP_SUPERBLOCK = {
    .code = "RECOVER_BACKUP_SUPERBLOCK",
    .usual = Answer::no,
    .found =
        "The superblock in block 2 is not to be used: {detail}. {name} is intact, and the volume agrees "
        "with it.",
    .question = "Copy it to block 2?",
    .refusal = "the volume is checked by the backup, but nobody can mount it",
    .explanation =
        "Everything on a volume is found through its superblock in block 2. Copies of it lie at 1 GiB, 4 "
        "GiB, 16 GiB and so on, as far as the volume reaches. When the superblock cannot be read or "
        "contradicts itself, the first copy that is intact and that the volume's own inodes and groups "
        "agree with is used in its place. Option -r names one of the copies instead. Settings that were "
        "changed by something that did not bring the copies up to date (label, slots, size) fall back to "
        "what they were.",
};

inline constexpr Problem SUPERBLOCK_FIELD = {
    .code = "SUPERBLOCK_FIELD",
    .unattended = Answer::yes,
    .found =
        "The superblock's {name} is {found}, but the rest of the volume shows that it is {expected}.",
    .question = "Correct it?",
    .refusal = "the volume is checked as if it were right, but nobody can mount it",
    .explanation =
        "A field of the superblock is wrong, and what it must be follows from where the superblock lies, "
        "from the volume's first group of clusters, or from the system directory.",
};

inline constexpr Problem SUPERBLOCK_IN_PROGRESS = {
    .code = "SUPERBLOCK_IN_PROGRESS",
    .unattended = Answer::yes,
    .found = "The superblock says that {detail} was cut off.",
    .question = "Take back the mark, once everything has been checked?",
    .refusal = "nobody can mount the volume",
    .explanation =
        "A program that resizes the volume, adds or removes slots or rewrites all directories marks the "
        "superblock while it is at work, and nobody mounts such a volume. What it left half done is found "
        "and mended by the passes; when nothing is left, the mark is taken back.",
};

inline constexpr Problem BACKUP_SUPERBLOCK = {
    .code = "BACKUP_SUPERBLOCK",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "Backup superblock {index} in block {block} {detail}.",
    .question = "Write it anew?",
    .refusal = "it cannot help when the superblock is lost",
    .explanation =
        "The volume says that it has backup superblocks (feature backup-super), but this one is damaged, "
        "belongs to another volume, or describes a different one than the superblock does. It is written "
        "anew from the superblock.",
};

inline constexpr Problem DEVICE_TOO_SMALL = {
    .code = "DEVICE_TOO_SMALL",
    .severity = Severity::loss,
    .found = "The volume has {expected} clusters, but the device ends after {found}: the rest is missing.",
    .question = {},
    .explanation =
        "The superblock and the global bitmap agree on the size of the volume, and the device is smaller: a "
        "copy that was cut off, a partition table that changed, a logical volume that was shrunk. All that "
        "lies behind the end of the device would be taken for lost, so nothing is repaired before the "
        "device has its size again. With -n, what is left of the volume can be looked at; nearly all other "
        "findings follow from this one.",
};

inline constexpr const Problem* volume_problems[] = {
    &RECOVER_BACKUP_SUPERBLOCK, &SUPERBLOCK_FIELD, &SUPERBLOCK_IN_PROGRESS,
    &BACKUP_SUPERBLOCK,         &DEVICE_TOO_SMALL,
};

}  // namespace ocfs2::problem
