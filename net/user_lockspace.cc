// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/user_lockspace.h"

#include <fcntl.h>
#include <linux/dlm.h>
#include <linux/dlm_device.h>
#include <linux/dlmconstants.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace ocfs2 {
namespace {

/// A request with a name behind it.
class Request {
 public:
  Request(unsigned char command, std::size_t name_bytes)
      : bytes_(sizeof(dlm_write_request) + name_bytes + 1, '\0') {
    dlm_write_request& request = get();
    request.version[0] = DLM_DEVICE_VERSION_MAJOR;
    request.version[1] = DLM_DEVICE_VERSION_MINOR;
    request.version[2] = DLM_DEVICE_VERSION_PATCH;
    request.cmd = command;
    request.is64bit = sizeof(long) == 8;
  }
  dlm_write_request& get() { return *reinterpret_cast<dlm_write_request*>(bytes_.data()); }
  void put_name(std::size_t offset, const std::string& name) {
    std::memcpy(bytes_.data() + offset, name.data(), name.size());
  }
  /// What the kernel answers, or -errno.
  int send(int file) const {
    const ssize_t result = write(file, bytes_.data(), bytes_.size());
    return result < 0 ? -errno : static_cast<int>(result);
  }

 private:
  std::vector<char> bytes_;
};

/// udev may put the devices of dlm into a folder of their own.
int open_device(const std::string& name) {
  const int file = open(("/dev/" + name).c_str(), O_RDWR | O_CLOEXEC);
  return file >= 0 || errno != ENOENT ? file : open(("/dev/misc/" + name).c_str(), O_RDWR | O_CLOEXEC);
}

}  // namespace

int UserLockspace::control(unsigned char command, unsigned minor) const {
  const int file = open_device("dlm-control");
  if (file < 0) return -errno;
  Request request(command, name_.size());
  request.get().i.lspace.minor = minor;
  request.get().i.lspace.flags = command == DLM_USER_REMOVE_LOCKSPACE ? DLM_USER_LSFLG_FORCEFREE : 0;
  request.put_name(offsetof(dlm_write_request, i.lspace.name), name_);
  const int result = request.send(file);
  close(file);
  return result;
}

UserLockspace::~UserLockspace() {
  if (device_ >= 0) close(device_);  // that gives the locks back
  if (minor_ >= 0) control(DLM_USER_REMOVE_LOCKSPACE, static_cast<unsigned>(minor_));
}

std::optional<Refusal> UserLockspace::join() {
  const int minor = control(DLM_USER_CREATE_LOCKSPACE, 0);
  if (minor < 0) return Refusal{-minor, "join the lockspace " + name_ + " through dlm-control"};
  minor_ = minor;
  device_ = open_device("dlm_" + name_);
  if (device_ < 0) return Refusal{errno, "open the device dlm_" + name_};
  return std::nullopt;
}

/// Waits for the outcome of a request: 0 or an errno value.
int UserLockspace::answer(unsigned& lock_id) const {
  dlm_lock_result result{};
  ssize_t bytes = 0;
  do bytes = read(device_, &result, sizeof result);
  while (bytes < 0 && errno == EINTR);
  if (bytes < static_cast<ssize_t>(sizeof result)) return bytes < 0 ? errno : EIO;
  lock_id = result.lksb.sb_lkid;
  return std::abs(static_cast<int>(result.lksb.sb_status));
}

std::optional<Refusal> UserLockspace::lock_exclusive(const std::string& lock) {
  Request request(DLM_USER_LOCK, lock.size());
  dlm_lksb outcome{};
  dlm_lock_params& wish = request.get().i.lock;
  wish.mode = DLM_LOCK_EX;
  wish.flags = DLM_LKF_NOQUEUE;
  wish.namelen = static_cast<unsigned char>(lock.size());
  wish.castaddr = wish.lksb = &outcome;  // not followed by the kernel, but wanted
  request.put_name(offsetof(dlm_write_request, i.lock.name), lock);
  unsigned id = 0;
  int number = request.send(device_);
  number = number < 0 ? -number : answer(id);
  if (number != 0) return Refusal{number == EAGAIN ? ETXTBSY : number, "take the lock " + lock};
  held_[lock] = id;
  return std::nullopt;
}

void UserLockspace::unlock(const std::string& lock) {
  const auto found = held_.find(lock);
  if (found == held_.end()) return;
  Request request(DLM_USER_UNLOCK, 0);
  dlm_lksb outcome{};
  request.get().i.lock.lkid = found->second;
  request.get().i.lock.castaddr = request.get().i.lock.lksb = &outcome;
  unsigned id = 0;
  if (request.send(device_) >= 0) answer(id);
  held_.erase(found);
}

}  // namespace ocfs2
