// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with allocators: the sizes they agree on, their chains, and the descriptors of their
// groups. What their bitmaps say lies in bitmaps.h, scattered groups in scattered_groups.h.
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

// How large the volume is.

inline constexpr Problem SUPERBLOCK_CLUSTERS = {
    .code = "SUPERBLOCK_CLUSTERS",
    .found = "The superblock says that the volume has {found} clusters, but its global bitmap covers "
             "{expected}.",
    .question = "Make the superblock say {expected}?",
    .refusal = "the volume cannot be mounted safely, and is checked as one of the bitmap's size",
    .explanation =
        "The superblock and the global bitmap must agree about the size of the volume. Usually they differ "
        "after a resize that was cut off. The superblock is made to say what the bitmap and its groups say, "
        "as long as the device has room for that.",
};

inline constexpr Problem FIXED_CHAIN_CLUSTERS = {
    .code = "FIXED_CHAIN_CLUSTERS",
    .found = "The superblock says that the volume has {found} clusters, the inode of the global bitmap says "
             "{count}, and its groups cover {expected}.",
    .question = "Make the volume as large as its groups?",
    .refusal = "the volume is checked as one of the size that its groups have",
    .explanation =
        "Three places tell how large the volume is, and each says something else. The groups of the global "
        "bitmap lie at places that are known beforehand, so counting them is the best evidence. Superblock "
        "and bitmap inode are made to agree with them, never beyond the end of the device.",
};

// The allocator's inode.

inline constexpr Problem CHAIN_COUNT = {
    .code = "CHAIN_COUNT",
    .unattended = Answer::yes,
    .found = "Allocator {inode} says that there is room for {found} chains, but it is for {expected}.",
    .question = "Correct it?",
    .refusal = "the kernel will refuse to use this allocator",
    .explanation =
        "How many chains the inode of an allocator can hold follows from the block size. The kernel checks "
        "the number.",
};

inline constexpr Problem CHAIN_NEXT_FREE = {
    .code = "CHAIN_NEXT_FREE",
    .unattended = Answer::yes,
    .found = "Allocator {inode} says that {found} of its chains are in use, but {expected} are.",
    .question = "Correct it?",
    .refusal = "groups may stay out of reach",
    .explanation =
        "The records of chains in use come first, and the inode counts them. The number is more than there "
        "is room for, or leaves out records that lead to groups.",
};

inline constexpr Problem CHAIN_CPG = {
    .code = "CHAIN_CPG",
    .unattended = Answer::yes,
    .found = "Allocator {inode} says that its groups have {found} clusters, but they have {expected}.",
    .question = "Correct it?",
    .refusal = "new groups would get a wrong size",
    .explanation =
        "The inode of an allocator records how many clusters a group has. In the global bitmap this follows "
        "from the block size; in other allocators all groups that there are show it.",
};

inline constexpr Problem CHAIN_BPC = {
    .code = "CHAIN_BPC",
    .unattended = Answer::yes,
    .found = "Allocator {inode} says that a cluster has {found} bits in its groups, but it has {expected}.",
    .question = "Correct it?",
    .refusal = "the kernel may take bits for the wrong blocks",
    .explanation =
        "In the global bitmap a bit stands for a cluster, in all other allocators for a block. The inode "
        "records how many bits a cluster has.",
};

inline constexpr Problem CHAIN_EMPTY = {
    .code = "CHAIN_EMPTY",
    .found = "Chain {index} of allocator {inode} is in use but leads to no group; {detail}.",
    .question = "Repair it?",
    .refusal = "what the missing groups hold stays out of reach",
    .explanation =
        "A chain in use must begin with a group. When the record shows that there were groups, they are "
        "searched for in the clusters that nobody else uses, and linked again. When there are none, the last "
        "chain moves to the place of the empty one.",
};

inline constexpr Problem CHAIN_HEAD_LINK_RANGE = {
    .code = "CHAIN_HEAD_LINK_RANGE",
    .found = "Chain {index} of allocator {inode} begins at block {found}, where no group can be.",
    .question = "Cut it off there, and link the groups of this chain that can be found?",
    .refusal = "the groups of this chain stay out of reach",
    .explanation =
        "A chain is a list of group descriptors; its beginning lies outside the volume. The link is removed. "
        "Groups that were only reached through it are found by what they are, and linked again.",
};

inline constexpr Problem CHAIN_LINK_RANGE = {
    .code = "CHAIN_LINK_RANGE",
    .found = "In chain {index} of allocator {inode}, the group at block {block} links to block {found}, "
             "where no group can be.",
    .question = "Cut the chain there, and link the groups behind it that can be found?",
    .refusal = "the groups behind it stay out of reach",
    .explanation =
        "A group descriptor names the next one of its chain; this one names a block outside the volume. The "
        "link is removed. Groups that were only reached through it are found by what they are, and linked "
        "again.",
};

inline constexpr Problem CHAIN_LINK_MAGIC = {
    .code = "CHAIN_LINK_MAGIC",
    .found = "Chain {index} of allocator {inode} leads to block {block}, which does not have the signature "
             "of a group descriptor; {detail}.",
    .question = "Repair it?",
    .refusal = "the kernel will stop using the volume when it comes to this group",
    .explanation =
        "When everything else in the block says that it is the descriptor, only its signature is damaged, "
        "and put right. Otherwise the descriptor is lost, and made anew from what is in use: blocks from a "
        "group record that they come from there. Where no block does, the chain is cut. Groups behind it are "
        "found by what they are, and linked again.",
};

inline constexpr Problem CHAIN_LINK_GEN = {
    .code = "CHAIN_LINK_GEN",
    .found = "Chain {index} of allocator {inode} leads to the group at block {block}, whose generation "
             "{found_hex} is not the volume's ({expected_hex}); {detail}.",
    .question = "Repair it?",
    .refusal = "the kernel will stop using the volume when it comes to this group",
    .explanation =
        "Every block of metadata repeats the generation of its volume, so that nothing of an earlier volume "
        "is ever believed. When everything else says that the group belongs here, its generation is put "
        "right, and its bits are compared with what is in use like all others. Otherwise it is treated as "
        "lost, as with CHAIN_LINK_MAGIC.",
};

inline constexpr Problem GROUP_CHAIN_LOOP = {
    .code = "GROUP_CHAIN_LOOP",
    .found = "Chain {index} of allocator {inode} comes to the group at block {block}, which has its place "
             "elsewhere: {detail}.",
    .question = "Cut the chain before it, and link the groups behind it that can be found?",
    .refusal = "groups may stay out of reach, and the kernel may go in circles",
    .explanation =
        "A chain must end, and no group can be in two chains. The link that leads to a group where it "
        "already was, or to a group of another chain, is removed. Groups that were only reached through a "
        "right link in its place are found by what they are, and linked again.",
};

inline constexpr Problem GROUP_UNEXPECTED_DESC = {
    .code = "GROUP_UNEXPECTED_DESC",
    .found = "Chain {index} of the global bitmap leads to block {block}, where no group of it can be.",
    .question = "Cut the chain there, and link the groups behind it that can be found?",
    .refusal = "the kernel would allocate clusters that do not exist, or belong to somebody",
    .explanation =
        "The groups of the global bitmap lie at places that follow from the size of the volume. A group at "
        "any other place is none. The link to it is removed; the groups behind it are known by their places, "
        "and linked again.",
};

inline constexpr Problem GROUP_EXPECTED_DESC = {
    .code = "GROUP_EXPECTED_DESC",
    .found = "{count} of the global bitmap's groups are on none of its chains: {detail}.",
    .question = "Link them again?",
    .refusal = "the kernel will stop using the volume when it comes to the clusters of these groups",
    .explanation =
        "The groups of the global bitmap lie at places that follow from the size of the volume, and each "
        "must be on a chain. Descriptors that are still there are linked again as they are. What is no "
        "descriptor any more is made anew, with a bitmap that shows what the files of the volume use.",
};

inline constexpr Problem GROUP_LOST = {
    .code = "GROUP_LOST",
    .found = "{count} groups of allocator {inode} are on none of its chains: {detail}.",
    .question = "Link them again?",
    .refusal = "the files whose inodes or extent blocks they hold stay out of reach",
    .explanation =
        "The totals of an allocator show that it had more groups than can be reached through its chains. "
        "They were found among the clusters that are allocated for nobody, by their signature, place, "
        "generation and owner.",
};

inline constexpr Problem CHAIN_BITS = {
    .code = "CHAIN_BITS",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "The groups of chain {index} of allocator {inode} have {expected} bits, but {detail}.",
    .question = "Correct the chain's numbers?",
    .refusal = "free space is reported, and searched for, where there is none, or not where there is",
    .explanation =
        "The record of a chain repeats how many bits its groups have together, and how many of these are "
        "free.",
};

inline constexpr Problem CHAIN_GROUP_BITS = {
    .code = "CHAIN_GROUP_BITS",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "The inode of allocator {inode} says that {found} bits are {name}, but in its groups {expected} "
             "are.",
    .question = "Correct it?",
    .refusal = "free space is reported wrong",
    .explanation =
        "The inode of an allocator repeats how many bits all its groups have together, and how many of them "
        "are in use.",
};

inline constexpr Problem CHAIN_I_CLUSTERS = {
    .code = "CHAIN_I_CLUSTERS",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "The inode of allocator {inode} says that it has {found} clusters, but its groups have "
             "{expected}.",
    .question = "Correct it?",
    .refusal = "the kernel may refuse to use this allocator, or part of it",
    .explanation = "The inode of an allocator records how many clusters all its groups have together.",
};

inline constexpr Problem CHAIN_I_SIZE = {
    .code = "CHAIN_I_SIZE",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "The inode of allocator {inode} has a size of {found} bytes, but its groups have {expected}.",
    .question = "Correct it?",
    .explanation = "The size of an allocator's inode is that of all its clusters in bytes.",
};

// Single groups.

inline constexpr Problem GROUP_GEN = {
    .code = "GROUP_GEN",
    .found = "Chain {index} of allocator {inode} begins with the group at block {block}, whose generation "
             "{found_hex} is not the volume's ({expected_hex}); {detail}.",
    .question = "Repair it?",
    .refusal = "the kernel will stop using the volume when it comes to this group",
    .explanation = "The same as CHAIN_LINK_GEN, in the first group of a chain.",
};

inline constexpr Problem GROUP_DUPLICATE = {
    .code = "GROUP_DUPLICATE",
    .found = "Chain {index} of allocator {inode} comes to the group at block {block}, which belongs to "
             "allocator {other}.",
    .question = "Cut the chain before it?",
    .refusal = "the same blocks may be given to two files",
    .explanation =
        "A group belongs to the allocator that it names, and that one has it on a chain, too. Removing a "
        "slot moves groups from one allocator to another; when that is cut off, the one that gave them up "
        "still links to them.",
};

inline constexpr Problem GROUP_PARENT = {
    .code = "GROUP_PARENT",
    .unattended = Answer::yes,
    .found = "The group at block {block}, on a chain of allocator {inode}, says that it belongs to inode "
             "{found}.",
    .question = "Make it say {expected}?",
    .refusal = "the kernel will stop using the volume when it comes to this group",
    .explanation =
        "A group names the inode of its allocator. This one is on a chain of its allocator and of no other, "
        "so its record is wrong.",
};

inline constexpr Problem GROUP_BLKNO = {
    .code = "GROUP_BLKNO",
    .unattended = Answer::yes,
    .found = "The group at block {block} of allocator {inode} says that it lies at block {found}.",
    .question = "Correct its recorded block?",
    .refusal = "the kernel will stop using the volume when it comes to this group",
    .explanation = "A group descriptor records the block in which it lies.",
};

inline constexpr Problem GROUP_CHAIN = {
    .code = "GROUP_CHAIN",
    .unattended = Answer::yes,
    .found = "The group at block {block} is on chain {expected} of allocator {inode} but says chain {found}.",
    .question = "Correct its recorded chain?",
    .refusal = "the kernel counts what it takes from this group in the wrong chain",
    .explanation = "A group descriptor records on which chain of its allocator it is.",
};

inline constexpr Problem GROUP_BITS = {
    .code = "GROUP_BITS",
    .unattended = Answer::yes,
    .found = "The group at block {block} of allocator {inode} says that it has {found} bits, but it has "
             "{expected}.",
    .question = "Correct it?",
    .refusal = "the kernel may allocate what does not exist",
    .explanation =
        "How many bits a group has follows from its allocator; the last group of the global bitmap has as "
        "many as clusters are left for it.",
};

inline constexpr Problem GROUP_SIZE = {
    .code = "GROUP_SIZE",
    .unattended = Answer::yes,
    .found = "The group at block {block} of allocator {inode} says that its bitmap has {found} bytes, but it "
             "has {expected}.",
    .question = "Correct it?",
    .refusal = "the kernel will stop using the volume when it comes to this group",
    .explanation =
        "The room for a group's bitmap follows from the block size, and is 256 bytes in all allocators but "
        "the global bitmap on volumes with discontig-bg. Older versions of tunefs.ocfs2 did not change it "
        "when they enabled that feature.",
};

inline constexpr Problem GROUP_FREE_BITS = {
    .code = "GROUP_FREE_BITS",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "The group at block {block} of allocator {inode} says that {found} bits are free, but its "
             "bitmap has {expected}.",
    .question = "Correct it?",
    .refusal = "the kernel may stop using the volume when it allocates from this group",
    .explanation = "A group descriptor counts the clear bits of its bitmap.",
};

inline constexpr Problem GROUP_CONTIG_FREE = {
    .code = "GROUP_CONTIG_FREE",
    .severity = Severity::accounting,
    .unattended = Answer::yes,
    .found = "The group at block {block} of allocator {inode} says that its longest free run has {found} "
             "bits, which is not so.",
    .question = "Reset it?",
    .refusal = "the kernel may pass over free space",
    .explanation =
        "Newer kernels note how long the longest run of free bits in a group is. Zero means that it is not "
        "known; the kernel finds out by itself.",
};

inline constexpr const Problem* allocator_problems[] = {
    &SUPERBLOCK_CLUSTERS, &FIXED_CHAIN_CLUSTERS, &CHAIN_COUNT,          &CHAIN_NEXT_FREE,
    &CHAIN_CPG,           &CHAIN_BPC,            &CHAIN_EMPTY,          &CHAIN_HEAD_LINK_RANGE,
    &CHAIN_LINK_RANGE,    &CHAIN_LINK_MAGIC,     &CHAIN_LINK_GEN,       &GROUP_CHAIN_LOOP,
    &GROUP_UNEXPECTED_DESC, &GROUP_EXPECTED_DESC, &GROUP_LOST,          &CHAIN_BITS,
    &CHAIN_GROUP_BITS,    &CHAIN_I_CLUSTERS,     &CHAIN_I_SIZE,         &GROUP_GEN,
    &GROUP_DUPLICATE,     &GROUP_PARENT,         &GROUP_BLKNO,          &GROUP_CHAIN,
    &GROUP_BITS,          &GROUP_SIZE,           &GROUP_FREE_BITS,      &GROUP_CONTIG_FREE,
};

}  // namespace ocfs2::problem
