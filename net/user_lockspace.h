// SPDX-License-Identifier: GPL-2.0-or-later
//
// A lockspace of the kernel's fs/dlm, whose members dlm_controld knows through corosync; asked for through
// the device dlm-control (the kernel's linux/dlm_device.h). dlmfs is no way to it: the kernel compares the
// name of the cluster, and dlmfs gives none.
//
// A volume's lockspace is named by its UUID. The kernel's own, of a mounted volume, has larger lock values
// than programs may have, and one lockspace cannot have two sizes: as long as any node has the volume mounted
// no program on another node can join, and while a program is a member no node can mount. On the node that
// has it mounted a program is let in.
#pragma once

#include <map>

#include "net/lock_domain.h"

namespace ocfs2 {

class UserLockspace final : public LockDomain {
 public:
  explicit UserLockspace(std::string name) : name_(std::move(name)) {}
  ~UserLockspace() override;

  std::optional<Refusal> join() override;
  std::optional<Refusal> lock_exclusive(const std::string& lock) override;
  void unlock(const std::string& lock) override;

 private:
  int control(unsigned char command, unsigned minor) const;
  int answer(unsigned& lock_id) const;

  std::string name_;
  int minor_ = -1;                          ///< of the lockspace's device; none until joined
  int device_ = -1;                         ///< through which its locks are asked for
  std::map<std::string, unsigned> held_{};  ///< the kernel's numbers by lock
};

}  // namespace ocfs2
