// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/heartbeat_service.h"

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace ocfs2 {
namespace {

constexpr unsigned short mutex = 0;  // the two semaphores of a set
constexpr unsigned short users = 1;

/// One program at a time works on a region. Held while this lives; the kernel gives it back if we die.
class RegionLock {
 public:
  explicit RegionLock(const std::string& name) {
    do {  // whoever destroys the set wakes us with EIDRM: then there is a new one to be made
      set_ = semget(region_key(name), 2, IPC_CREAT);
      if (set_ < 0) break;
      sembuf steps[] = {{mutex, 0, SEM_UNDO}, {mutex, 1, SEM_UNDO}};
      locked_ = semop(set_, steps, 2) == 0;
    } while (!locked_ && errno == EIDRM);
    if (!locked_) number_ = errno;
  }
  ~RegionLock() {
    sembuf step{mutex, -1, SEM_UNDO};
    if (locked_) semop(set_, &step, 1);
  }
  RegionLock(const RegionLock&) = delete;
  RegionLock& operator=(const RegionLock&) = delete;

  int error() const { return number_; }
  /// One user more or less; false when it cannot be. Our own part is taken back if we die.
  bool count(short change) {
    sembuf step{users, change, static_cast<short>(SEM_UNDO | IPC_NOWAIT)};
    return semop(set_, &step, 1) == 0;
  }
  int count() const { return semctl(set_, users, GETVAL); }
  void destroy() {
    semctl(set_, 0, IPC_RMID);
    locked_ = false;
  }

 private:
  int set_ = -1;
  bool locked_ = false;
  int number_ = 0;
};

}  // namespace

std::int32_t region_key(const std::string& name) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char letter : name) {
    crc ^= static_cast<unsigned char>(letter);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return static_cast<std::int32_t>(~crc);
}

HeartbeatService::HeartbeatService(std::string cluster_folder, BeatPlace place)
    : folder_(std::move(cluster_folder) + "/heartbeat/" + place.name), place_(std::move(place)) {}

HeartbeatService::~HeartbeatService() {
  if (!started_) return;
  RegionLock lock(place_.name);
  if (lock.error() != 0) return;
  lock.count(-1);
  if (lock.count() == 0 && (rmdir(folder_.c_str()) == 0 || errno == ENOENT)) lock.destroy();
}

std::optional<Refusal> HeartbeatService::start() {
  RegionLock lock(place_.name);
  if (lock.error() != 0) return Refusal{lock.error(), "lock the heartbeat region " + place_.name};
  if (const auto refusal = make_region()) return refusal;
  started_ = lock.count(1);
  if (started_) return std::nullopt;
  const int number = errno;
  if (lock.count() == 0) rmdir(folder_.c_str());
  return Refusal{number, "be counted in the heartbeat region " + place_.name};
}

std::optional<Refusal> HeartbeatService::make_region() {
  if (mkdir(folder_.c_str(), 0755) != 0)
    return errno == EEXIST ? std::nullopt : std::optional(Refusal{errno, "make " + folder_});
  auto refusal = describe_region();
  if (refusal) rmdir(folder_.c_str());
  return refusal;
}

/// The order matters: with the device the region is complete, and the write returns when it beats steadily.
std::optional<Refusal> HeartbeatService::describe_region() {
  const std::pair<const char*, std::uint64_t> attributes[] = {
      {"/block_bytes", place_.block_bytes}, {"/start_block", place_.start_block}, {"/blocks", place_.blocks}};
  for (const auto& [file, value] : attributes)
    if (auto refusal = tell_kernel(folder_ + file, std::to_string(value))) return refusal;
  const int device = open(place_.device.c_str(), O_RDWR | O_CLOEXEC);
  if (device < 0) return Refusal{errno, "open " + place_.device + " for its heartbeat"};
  auto refusal = tell_kernel(folder_ + "/dev", std::to_string(device));
  close(device);
  return refusal;
}

}  // namespace ocfs2
