// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may be wrong with the cluster that a volume says it belongs to.
#pragma once

#include "engine/check/problem.h"

namespace ocfs2::problem {

inline constexpr Problem RECOVER_CLUSTER_INFO = {
    .code = "RECOVER_CLUSTER_INFO",
    .usual = Answer::no,
    .found = "The volume belongs to {name}, but this host runs {detail}, so it cannot be locked.",
    .question = "Make it a volume of the cluster that runs here?",
    .refusal = "it is not checked, unless --assume-offline says that its nodes are off",
    .explanation =
        "The superblock names the cluster whose nodes may mount the volume, and how they beat. It is another "
        "one than runs on this host, as after a move to a new cluster or a change of its name. Locks of one "
        "cluster tell nothing about the nodes of another, so this is asked only after the volume's heartbeat "
        "was watched and nobody was seen. Say yes only when no node of the old cluster will ever mount the "
        "volume again.",
};

inline constexpr const Problem* cluster_problems[] = {&RECOVER_CLUSTER_INFO};

}  // namespace ocfs2::problem
