// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cluster's own way of saying that nobody else has a volume: its locks. The part of ClusterGuard that
// needs a running cluster.
#pragma once

#include "engine/cluster/guard.h"
#include "net/running_cluster.h"

namespace ocfs2 {

/// The name of the lock that a mount takes while it joins or leaves: the superblock's (spec: cluster.md G1).
std::string super_lock_name();
/// The name of the lock that a mounted node holds on its slot's journal.
std::string journal_lock_name(InodeNo journal, u32 fs_generation);

class LockTaker {
 public:
  LockTaker(Volume& volume, const GuardWorld& world, const std::optional<RunningCluster>& running)
      : volume_(volume), world_(world), running_(running) {}

  /// A guard that holds the volume, or nothing; then one of these says why:
  std::unique_ptr<ClusterGuard> take();
  /// The same for a guard that only keeps other tools away from a volume that nodes have mounted.
  std::unique_ptr<ClusterGuard> take_beside();
  bool mounted() const { return mounted_; }  ///< a journal's lock was held
  const std::string& no_cluster() const { return no_cluster_; }  ///< the locks could not be asked for
  const std::string& in_use() const { return in_use_; }          ///< somebody has one of them

 private:
  bool right_cluster();
  bool is_own_region();
  bool beat(ClusterGuard& guard);
  bool join(ClusterGuard& guard);
  bool lock(LockDomain& domain, const std::string& name, std::string_view holder);
  bool try_journals(LockDomain& domain);
  bool refused(const std::optional<Refusal>& refusal);

  Volume& volume_;
  const GuardWorld& world_;
  const std::optional<RunningCluster>& running_;
  std::string no_cluster_, in_use_;
  bool mounted_ = false;
};

}  // namespace ocfs2
