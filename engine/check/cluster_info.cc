// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/cluster_info.h"

#include "engine/check/problems/cluster.h"
#include "engine/error.h"

namespace ocfs2 {
namespace {

std::string words_of(const ClusterIdentity& cluster) {
  const std::string name =
      cluster.cluster.empty() ? "any cluster" : fmt::format("the cluster \"{}\"", cluster.cluster);
  return fmt::format("{} (stack {}, {} heartbeat)", name, cluster.stack,
                     cluster.global_heartbeat ? "global" : "local");
}

}  // namespace

bool resolve_cluster(Volume& volume, const ClusterIdentity& running, Examiner& examiner, Mender& mender) {
  require(running.stack == "o2cb" && !running.cluster.empty());
  const std::string was = words_of(volume.cluster());
  const std::string will_be = words_of(running);
  if (!examiner.resolve(problem::RECOVER_CLUSTER_INFO, {.name = was, .detail = will_be})) return false;
  SuperBlock& super = mender.transaction().edit<SuperInode>(super_block_no).super;
  super.set_features(super.features().without(feature::userspace_stack) | feature::clusterinfo);
  set_text(super.cluster_stack, running.stack);
  set_text(super.cluster_name, running.cluster);
  super.stack_flags = running.global_heartbeat ? SuperBlock::stack_global_heartbeat : u8{0};
  mender.commit();
  return true;
}

}  // namespace ocfs2
