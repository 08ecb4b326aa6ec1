// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is wrong with a cluster.conf: its form, as the reader saw it, and its meaning (spec: cluster.md A1.8
// to A1.11, B3). An error keeps the cluster, or one of its nodes, from working; a warning is about what some
// other tool would refuse, or what is hardly meant.
#pragma once

#include "net/cluster_conf.h"

namespace ocfs2 {

/// All complaints, by line.
std::vector<ConfComplaint> check_cluster_conf(const ClusterConf& conf);
/// The same about two nodes' copies of what should be one file: `theirs` is called `name`. Lines are those of
/// `ours`; 0 where it has none.
std::vector<ConfComplaint> compare_cluster_confs(const ClusterConf& ours, const ClusterConf& theirs,
                                                 std::string_view name);

}  // namespace ocfs2
