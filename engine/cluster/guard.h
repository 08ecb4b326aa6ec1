// SPDX-License-Identifier: GPL-2.0-or-later
//
// "Nobody else has this volume." Whoever changes a volume from outside the kernel holds a ClusterGuard, and
// there are these ways to one:
//
//   local    the volume has no cluster: that the device was opened exclusively is enough;
//   lock     this host is in the volume's cluster. It joins the volume's lock domain and takes the superblock
//            lock for itself; then nobody can mount. Trying the lock of every slot's journal shows that
//            nobody has (spec: cluster.md I3). The reference's tools take the same locks;
//   silence  no lock, only evidence: nobody beats. Good enough to read, since a reader harms nobody;
//   beside   nodes have it mounted and keep it: only other tools are kept away, by a lock among tools;
//   claim    the administrator asserts that the nodes are off, and nothing that can be seen speaks against
//   it; force    the user took the cluster check off.
//
// Evidence of life beats every claim: a node whose heartbeat block changes while we look is alive, whatever
// anybody says, and what we wrote would destroy its volume. What was looked at is handed back as data, for
// the front end to show.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "engine/cluster/heartbeat.h"
#include "engine/volume/volume.h"
#include "net/dlm_domain.h"

namespace ocfs2 {

class HeartbeatService;

/// What the administrator asserts: that all nodes are off, or these. Those are then all that may have left a
/// trace on the volume.
struct OfflineClaim {
  bool all = false;
  std::set<u32> nodes{};
  bool covers(u32 node) const { return all || nodes.contains(node); }
};

struct GuardWish {
  bool writing = true;  ///< false: only to look
  bool force = false;   ///< no lock, and silence is enough to write
  std::optional<OfflineClaim> offline{};
};

/// Where to look, and with which clock. Tests have their own.
struct GuardWorld {
  Clock& clock;
  std::string root{};  ///< in front of /sys and /etc
  DlmfsPlace dlmfs{};
  /// The device that holds the volume with this UUID (32 upper-case digits), or nothing: where the nodes of a
  /// cluster with global heartbeat beat.
  std::function<std::unique_ptr<BlockDevice>(const std::string&)> find_volume{};
};

/// What a slot of the volume says.
struct SlotSign {
  u32 slot;
  std::optional<u32> node;  ///< that the slot map names
  bool dirty = false;       ///< its journal was not emptied
};

/// All that speaks for or against somebody using the volume.
struct GuardEvidence {
  bool visible = false;  ///< at least one place where its nodes beat could be watched
  HeartbeatEvidence heartbeat;
  std::vector<SlotSign> slots;        ///< without those that say nothing
  std::vector<std::string> troubles;  ///< what could not be looked at, and why
  NodeNames names;                    ///< from the running cluster, else cluster.conf

  std::vector<u32> living() const;
  /// Nodes that may have the volume: named by a slot, or gone without a goodbye.
  std::set<u32> suspects() const;
  /// Nothing speaks against writing: whoever was here said goodbye.
  bool all_left() const;
  /// "slot 0 says node 3 (kvm3), no beat for 62 s", a line for each fact.
  std::vector<std::string> words() const;
};

class ClusterGuard {
 public:
  enum class Basis { local, lock, silence, beside, claim, force };

  explicit ClusterGuard(Basis basis);
  ~ClusterGuard();  ///< gives the locks back, and stops beating
  Basis basis() const { return basis_; }

 private:
  friend class LockTaker;
  Basis basis_;
  // The domain is left before the heartbeat stops.
  std::unique_ptr<HeartbeatService> heartbeat_;
  std::unique_ptr<LockDomain> domain_;
};

struct GuardOutcome {
  std::unique_ptr<ClusterGuard> guard;  ///< nothing: refused
  std::string refusal;                  ///< why, and what to do; for an Error(busy)
  std::string no_lock;  ///< why the cluster's lock could not be had; empty when it was not tried
  bool mounted_elsewhere = false;  ///< a lock is held that only a node holds that has the volume mounted
  /// The named o2cb cluster that runs on this host, when it is another than the volume's.
  std::optional<ClusterIdentity> other_cluster;
  GuardEvidence evidence;  ///< empty for local volumes and when the lock was had
};

/// Takes hold of `volume` as far as `wish` needs it. The device is open exclusively when `wish` is to write.
/// Without the cluster's lock it watches the heartbeat: as long as a silent node may still be alive, or ten
/// seconds when somebody answers for it. Throws Error(interrupted).
GuardOutcome guard_volume(Volume& volume, const GuardWish& wish, const GuardWorld& world, Reporter& reporter);

/// What can be seen of who uses a volume of a cluster, without any lock; watched as long as `policy` says.
/// Throws Error(interrupted).
GuardEvidence evidence_of_use(Volume& volume, const GuardWorld& world, Reporter& reporter,
                              const WatchPolicy& policy);

/// For what may be done while nodes have the volume mounted: keeps other tools from doing such at the same
/// time. Refused when one does, or when the lock cannot be asked for.
GuardOutcome guard_beside(Volume& volume, const GuardWorld& world);

}  // namespace ocfs2
