// SPDX-License-Identifier: GPL-2.0-or-later
//
// Block 2 as a whole: an inode whose body is the superblock (spec: ondisk.md 1.2, 2). It has a signature and
// a kind of its own, since it is judged before anything else is known of the volume. Backup superblocks are
// of this kind, too; they differ in their own block number and check only.
#pragma once

#include <optional>

#include "ondisk/inode.h"

namespace ocfs2 {

struct SuperInode : Inode {
  static constexpr char signature_text[8] = "OCFSV2\0";
  static const BlockKind kind;
};

/// Judges a superblock of which nothing is known but where it was read (`at`, in blocks of `block_size`
/// bytes, which are the bytes given): for probing. Its checksum is not looked at.
void judge_super(ConstBytes block, BlockNo at, u32 block_size, Judgement& judgement);

/// What the superblock says about its volume. Nothing when it is not one that judge_super calls clean in the
/// fields that measure the volume (block and cluster size, clusters, slots).
std::optional<VolumeFacts> facts_from(const Inode& super);

template <>
struct FieldTable<SuperInode> : FieldTable<Inode> {};

}  // namespace ocfs2
