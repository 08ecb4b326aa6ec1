// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/dlm_domain.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <vector>

namespace ocfs2 {
namespace {

/// A lock of our own that keeps the domain alive while we are in it: a dot and 16 random hex digits.
std::string pin_name() {
  std::random_device source;
  const std::uint64_t number = std::uint64_t{source()} << 32 | source();
  char text[20];
  std::snprintf(text, sizeof text, ".%016llx", static_cast<unsigned long long>(number));
  return text;
}

}  // namespace

DlmDomain::DlmDomain(DlmfsPlace place, std::string name)
    : place_(std::move(place)), folder_(place_.path + "/" + std::move(name)) {}

DlmDomain::~DlmDomain() {
  if (!joined_) return;
  for (const auto& [lock, file] : held_) close(file);
  forget_lock_files();
  rmdir(folder_.c_str());  // refused while others on this host are in it
}

std::optional<Refusal> DlmDomain::join() {
  struct statfs kind {};
  if (statfs(place_.path.c_str(), &kind) != 0) return Refusal{errno, "find dlmfs at " + place_.path};
  if (kind.f_type != place_.magic) return Refusal{ENODEV, "find dlmfs at " + place_.path};
  if (mkdir(folder_.c_str(), 0755) != 0 && errno != EEXIST)
    return Refusal{errno, "join the lock domain " + folder_};
  joined_ = true;
  return open_lock(pin_name(), O_RDONLY);
}

std::optional<Refusal> DlmDomain::lock_exclusive(const std::string& lock) {
  return open_lock(lock, O_RDWR | O_NONBLOCK);
}

std::optional<Refusal> DlmDomain::open_lock(const std::string& lock, int flags) {
  const std::string path = folder_ + "/" + lock;
  const int file = open(path.c_str(), flags | O_CREAT | O_CLOEXEC, 0664);
  if (file < 0) return Refusal{errno, "take the lock " + path};
  held_[lock] = file;
  return std::nullopt;
}

void DlmDomain::unlock(const std::string& lock) {
  const auto found = held_.find(lock);
  if (found == held_.end()) return;
  close(found->second);
  held_.erase(found);
}

/// Lock files in use by somebody else on this host cannot be removed, and need not be.
void DlmDomain::forget_lock_files() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(folder_.c_str()), closedir);
  std::vector<std::string> names;
  while (const dirent* entry = folder ? readdir(folder.get()) : nullptr) names.emplace_back(entry->d_name);
  for (const std::string& name : names)
    if (name != "." && name != "..") unlink((folder_ + "/" + name).c_str());
}

}  // namespace ocfs2
