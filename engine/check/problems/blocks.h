// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with any block.
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem BAD_CRC32 = {
    .code = "BAD_CRC32",
    .unattended = Answer::yes,
    .found = "The checksum of the {name} at block {block} (inode {inode}) is wrong: {detail}.",
    .question = "Compute it anew?",
    .refusal = "the kernel will refuse to read this block",
    .explanation =
        "On volumes with metaecc every block of metadata carries a checksum and a code that can correct one "
        "bit. The checksum of this block does not agree with its bytes. What the other checks say about the "
        "block tells whether its content can be trusted; the checksum itself is made right again.",
};

inline constexpr Problem BLOCK_UNREADABLE = {
    .code = "BLOCK_UNREADABLE",
    .severity = Severity::loss,
    .found = "Block {block}, which belongs to inode {inode}, cannot be read.",
    .question = "",
    .explanation =
        "The device reports an error for this block. Nothing is changed; the device should be looked at. "
        "Copy it to a sound one first (ddrescue) and check the copy if it holds something that matters.",
};

inline constexpr const Problem* block_problems[] = {&BAD_CRC32, &BLOCK_UNREADABLE};

}  // namespace ocfs2::problem
