// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a volume records of its cluster, and the slot map, whose form goes with that (spec: ondisk.md 2.2,
// 6.1).
#pragma once

#include "engine/tune/operation.h"

namespace ocfs2 {

/// The form in which a volume records a cluster.
enum class ClusterForm {
  as_is,  ///< as it does now: by clusterinfo if it has that
  info    ///< by clusterinfo, whatever the cluster
};

/// "none (local)", "any o2cb cluster", "o2cb,prod,global"
std::string cluster_words(const ClusterIdentity& cluster);

/// The feature bits that say which cluster a volume of `features` belongs to. A plain o2cb cluster is
/// recorded only where the volume names clusters already; naming one asks for the extended slot map.
Features features_for(const Features& features, const ClusterIdentity& cluster, ClusterForm form);

/// Records `cluster` with these features, and gives the slot map the form that goes with them. Nobody has the
/// volume, so the map is empty.
void record_cluster(Transaction& transaction, Tuning& tuning, const ClusterIdentity& cluster,
                    const Features& features);
/// The same for the features alone.
void record_features(Transaction& transaction, Tuning& tuning, const Features& features);

/// Makes the slot map one of `slots` free slots; larger if it must be.
void clear_slots(Transaction& transaction, Tuning& tuning, bool extended, u32 slots);

/// The cluster that runs here. Throws Error(not_found) when none does, beginning with `trouble`.
ClusterIdentity require_running_cluster(const Tuning& tuning, std::string_view trouble);

}  // namespace ocfs2
