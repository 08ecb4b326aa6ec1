// SPDX-License-Identifier: GPL-2.0-or-later
//
// Locks that the nodes of a cluster share (spec: cluster.md G). A node that changes a volume takes them by
// name, keeps them when it is done, for it may soon want them again, and gives them up when another node
// asks. Who takes part decides how: nobody else, other engines in a test, the kernel's own lock manager.
#pragma once

#include <functional>

#include "net/lock_name.h"

namespace ocfs2 {

enum class LockLevel : unsigned char {
  none,
  shared,     ///< "PR": others may have it so, too
  exclusive,  ///< "EX": nobody else has it
};

class LockSpace {
 public:
  virtual ~LockSpace() = default;

  /// False when there is nobody else: then no lock need be taken.
  virtual bool has_others() const = 0;
  /// Has the lock at `level` from now on; waits until the others have given it up. Throws Error(busy) when
  /// they do not, Error(io) when the cluster is lost.
  virtual void take(const LockName& lock, LockLevel level) = 0;
  /// The same without waiting: false when another node has it.
  virtual bool try_take(const LockName& lock, LockLevel level) = 0;
  /// Has it at a lower level from now on.
  virtual void lower(const LockName& lock, LockLevel level) = 0;
  /// Who is told that another node waits for a lock of ours: it is to be lowered, at once or as soon as
  /// its use ends, so far that the other one can have it at `wanted`.
  virtual void when_wanted(std::function<void(const LockName& lock, LockLevel wanted)> use) = 0;
};

/// Nobody else has the volume: it is local, or held against the whole cluster (ClusterGuard).
class Alone final : public LockSpace {
 public:
  bool has_others() const override { return false; }
  void take(const LockName&, LockLevel) override {}
  bool try_take(const LockName&, LockLevel) override { return true; }
  void lower(const LockName&, LockLevel) override {}
  void when_wanted(std::function<void(const LockName&, LockLevel)>) override {}
};

}  // namespace ocfs2
