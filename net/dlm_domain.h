// SPDX-License-Identifier: GPL-2.0-or-later
//
// A lock domain of the kernel, joined through the file system dlmfs: a folder is a domain, a file in it a
// lock, opening it takes the lock (spec: cluster.md I1, I2). The domain of a volume is named by its UUID and
// is the very one that mounts use, so whoever holds a lock here keeps kernel nodes and the reference's tools
// away, and the other way round.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "net/kernel_files.h"

namespace ocfs2 {

/// Where dlmfs is mounted, and the number by which the kernel tells it from other file systems.
struct DlmfsPlace {
  std::string path = "/dlm";
  long magic = 0x76a9f425;
};

class DlmDomain {
 public:
  DlmDomain(DlmfsPlace place, std::string name);
  /// Gives all locks back and leaves the domain, unless others on this host still use it.
  ~DlmDomain();
  DlmDomain(const DlmDomain&) = delete;
  DlmDomain& operator=(const DlmDomain&) = delete;

  /// Takes part in the domain from now on. This may take seconds. ENODEV: `place` is no dlmfs.
  std::optional<Refusal> join();
  /// Takes a lock for ourselves alone. Does not wait: ETXTBSY says that somebody has it.
  std::optional<Refusal> lock_exclusive(const std::string& lock);
  void unlock(const std::string& lock);

 private:
  std::optional<Refusal> open_lock(const std::string& lock, int flags);
  void forget_lock_files();

  DlmfsPlace place_;
  std::string folder_;
  bool joined_ = false;
  std::map<std::string, int> held_;  ///< descriptors by lock
};

}  // namespace ocfs2
