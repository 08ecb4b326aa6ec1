// SPDX-License-Identifier: GPL-2.0-or-later
//
// A set of locks that the nodes of a cluster share, named by the UUID of a volume. Each kind of cluster has
// its own way to it: DlmDomain for o2cb, UserLockspace for clusters of corosync and dlm_controld.
#pragma once

#include <optional>
#include <string>

#include "net/kernel_files.h"

namespace ocfs2 {

class LockDomain {
 public:
  /// Gives all locks back and leaves the domain, unless others on this host still use it.
  virtual ~LockDomain() = default;
  LockDomain() = default;
  LockDomain(const LockDomain&) = delete;
  LockDomain& operator=(const LockDomain&) = delete;

  /// Takes part in the domain from now on. This may take seconds. EPROTO: a kernel has the volume mounted.
  virtual std::optional<Refusal> join() = 0;
  /// Takes a lock for ourselves alone. Does not wait: ETXTBSY says that somebody has it.
  virtual std::optional<Refusal> lock_exclusive(const std::string& lock) = 0;
  virtual void unlock(const std::string& lock) = 0;
};

}  // namespace ocfs2
