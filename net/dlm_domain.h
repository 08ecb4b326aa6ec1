// SPDX-License-Identifier: GPL-2.0-or-later
//
// A lock domain of the kernel's o2dlm, joined through the file system dlmfs: a folder is a domain, a file in
// it a lock, opening it takes the lock (spec: cluster.md I1, I2). The domain of a volume is named by its UUID
// and is the very one that mounts use, so whoever holds a lock here keeps kernel nodes and the reference's
// tools away, and the other way round.
#pragma once

#include <map>

#include "net/lock_domain.h"

namespace ocfs2 {

/// Where dlmfs is mounted, and the number by which the kernel tells it from other file systems.
struct DlmfsPlace {
  std::string path = "/dlm";
  long magic = 0x76a9f425;
};

class DlmDomain final : public LockDomain {
 public:
  DlmDomain(DlmfsPlace place, std::string name);
  ~DlmDomain() override;

  /// ENODEV: `place` is no dlmfs.
  std::optional<Refusal> join() override;
  std::optional<Refusal> lock_exclusive(const std::string& lock) override;
  void unlock(const std::string& lock) override;

 private:
  std::optional<Refusal> open_lock(const std::string& lock, int flags);
  void forget_lock_files();

  DlmfsPlace place_;
  std::string folder_;
  bool joined_ = false;
  std::map<std::string, int> held_;  ///< descriptors by lock
};

}  // namespace ocfs2
