// SPDX-License-Identifier: GPL-2.0-or-later
//
// Features that say who may mount a volume: local, clusterinfo, and the extended slot map.
#include "engine/error.h"
#include "engine/tune/cluster_record.h"
#include "engine/tune/feature_change.h"

namespace ocfs2 {
namespace {

/// Records `cluster` in `form`, when it is the change's turn.
std::function<void()> recording(Tuning& tuning, const ClusterIdentity& cluster, ClusterForm form) {
  return [&tuning, cluster, form] {
    tuning.change([&](Transaction& transaction) {
      record_cluster(transaction, tuning, cluster, features_for(tuning.volume().features(), cluster, form));
    });
  };
}

std::vector<std::string> remarks_on(const ClusterIdentity& cluster, const Features& features) {
  if (!features.has(feature::clusterinfo) && !features.has(feature::userspace_stack))
    return {"Cluster stack: classic o2cb"};
  return {fmt::format("Cluster stack: {}", cluster.stack), fmt::format("Cluster name: {}", cluster.cluster)};
}

/// The cluster that the volume names, whether or not it is local for now.
ClusterIdentity recorded_cluster(const Tuning& tuning) {
  SuperBlock super = tuning.volume().super();
  super.set_features(super.features().without(feature::local));
  return cluster_identity(super);
}

FeatureChange change_slotmap(Tuning& tuning, const Features& features) {
  return {.features = features, .carry_out = [&tuning, on = features.has(feature::extended_slotmap)] {
            tuning.change([&](Transaction& transaction) {
              const Features now = tuning.volume().features();
              record_features(transaction, tuning,
                              on ? now | feature::extended_slotmap : now.without(feature::extended_slotmap));
            });
          }};
}

}  // namespace

FeatureChange enable_extended_slotmap(Tuning& tuning, const FeatureRow&) {
  return change_slotmap(tuning, tuning.prospect.features | feature::extended_slotmap);
}

FeatureChange disable_extended_slotmap(Tuning& tuning, const FeatureRow&) {
  if (tuning.has(feature::userspace_stack) || tuning.has(feature::clusterinfo))
    fail(ErrorKind::invalid_argument,
         "Device \"{}\" names its cluster ({}), which needs the extended slot map; it cannot be disabled",
         tuning.name(), cluster_words(recorded_cluster(tuning)));
  return change_slotmap(tuning, tuning.prospect.features.without(feature::extended_slotmap));
}

FeatureChange enable_local(Tuning& tuning, const FeatureRow&) {
  const Features gone = feature::userspace_stack;
  const Features features = tuning.prospect.features.without(gone) | feature::local;
  return {.features = features,
          .carry_out =
              [&tuning, gone] {
                tuning.change_super([&](SuperBlock& super) {
                  super.set_features(super.features().without(gone) | feature::local);
                });
              },
          .from = cluster_words(tuning.volume().cluster()),
          .to = "none (local)"};
}

FeatureChange disable_local(Tuning& tuning, const FeatureRow&) {
  const ClusterIdentity running = require_running_cluster(
      tuning, fmt::format("Unable to disable the local mount feature on device \"{}\"", tuning.name()));
  const Features features = features_for(tuning.prospect.features, running, ClusterForm::as_is);
  return {.features = features,
          .carry_out = recording(tuning, running, ClusterForm::as_is),
          .from = "none (local)",
          .to = cluster_words(running),
          .remarks = remarks_on(running, features)};
}

FeatureChange enable_clusterinfo(Tuning& tuning, const FeatureRow&) {
  if (tuning.has(feature::local))
    fail(
        ErrorKind::invalid_argument,
        "Device \"{}\" is a single-node filesystem, which belongs to no cluster; \"-M cluster\" changes that",
        tuning.name());
  ClusterIdentity cluster = recorded_cluster(tuning);
  if (cluster.cluster.empty())
    cluster = require_running_cluster(
        tuning, fmt::format("Unable to enable the clusterinfo feature on device \"{}\"", tuning.name()));
  if (cluster.cluster.empty())
    fail(ErrorKind::not_found,
         "Unable to enable the clusterinfo feature on device \"{}\": the name of the cluster that runs here "
         "is "
         "not known",
         tuning.name());
  const Features features = features_for(tuning.prospect.features, cluster, ClusterForm::info);
  return {.features = features,
          .carry_out = recording(tuning, cluster, ClusterForm::info),
          .to = fmt::format("on ({})", cluster_words(cluster)),
          .remarks = remarks_on(cluster, features)};
}

/// Back to the form that came before: any o2cb cluster, or the name of another stack's.
FeatureChange disable_clusterinfo(Tuning& tuning, const FeatureRow&) {
  const ClusterIdentity cluster = recorded_cluster(tuning);
  const bool local = tuning.has(feature::local);
  const auto wanted = [cluster, local](const Features& features) {
    const Features bare = features.without(feature::clusterinfo);
    return cluster.stack == "o2cb" || cluster.stack.empty() || local ? bare : bare | feature::userspace_stack;
  };
  return {.features = wanted(tuning.prospect.features),
          .carry_out =
              [&tuning, cluster, wanted] {
                tuning.change([&](Transaction& transaction) {
                  record_cluster(transaction, tuning, cluster, wanted(tuning.volume().features()));
                });
              },
          .from = fmt::format("on ({})", cluster_words(cluster))};
}

}  // namespace ocfs2
