// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/heartbeat_service.h"

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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
  /// One user more or less; false when it cannot be. A program's own part is taken back when it dies.
  bool count(short change, BeatTerm term) {
    const int undo = term == BeatTerm::program ? SEM_UNDO : 0;
    sembuf step{users, change, static_cast<short>(undo | IPC_NOWAIT)};
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

/// The order matters: with the device the region is complete, and the write returns when it beats steadily.
std::optional<Refusal> describe_region(const std::string& folder, const BeatPlace& place) {
  const std::pair<const char*, std::uint64_t> attributes[] = {
      {"/block_bytes", place.block_bytes}, {"/start_block", place.start_block}, {"/blocks", place.blocks}};
  for (const auto& [file, value] : attributes)
    if (auto refusal = tell_kernel(folder + file, std::to_string(value))) return refusal;
  const int device = open(place.device.c_str(), O_RDWR | O_CLOEXEC);
  if (device < 0) return Refusal{errno, "open " + place.device + " for its heartbeat"};
  auto refusal = tell_kernel(folder + "/dev", std::to_string(device));
  close(device);
  return refusal;
}

/// EEXIST: it is there already.
std::optional<Refusal> make_region(const std::string& folder, const BeatPlace& place) {
  if (mkdir(folder.c_str(), 0755) != 0) return Refusal{errno, "make " + folder};
  auto refusal = describe_region(folder, place);
  if (refusal) rmdir(folder.c_str());
  return refusal;
}

std::string region_folder(const std::string& cluster_folder, const std::string& region) {
  return cluster_folder + "/heartbeat/" + region;
}

}  // namespace

std::int32_t region_key(const std::string& name) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char letter : name) {
    crc ^= static_cast<unsigned char>(letter);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return static_cast<std::int32_t>(~crc);
}

std::optional<Refusal> begin_heartbeat(const std::string& cluster_folder, const BeatPlace& place,
                                       BeatTerm term, bool global) {
  const std::string folder = region_folder(cluster_folder, place.name);
  RegionLock lock(place.name);
  if (lock.error() != 0) return Refusal{lock.error(), "lock the heartbeat region " + place.name};
  const auto refusal = make_region(folder, place);
  if (refusal && refusal->number != EEXIST) return refusal;
  if (refusal && global) return std::nullopt;
  if (lock.count(1, term)) return std::nullopt;
  const int number = errno;
  if (lock.count() == 0) rmdir(folder.c_str());
  return Refusal{number, "be counted in the heartbeat region " + place.name};
}

std::optional<Refusal> end_heartbeat(const std::string& cluster_folder, const std::string& region,
                                     BeatTerm term) {
  const std::string folder = region_folder(cluster_folder, region);
  RegionLock lock(region);
  if (lock.error() != 0) return Refusal{lock.error(), "lock the heartbeat region " + region};
  if (lock.count() > 0) lock.count(-1, term);
  if (lock.count() > 0) return std::nullopt;
  if (rmdir(folder.c_str()) != 0 && errno != ENOENT) {
    const Refusal refusal{errno == ENOTEMPTY ? EBUSY : errno, "end the heartbeat of region " + region};
    lock.count(1, term);
    return refusal;
  }
  lock.destroy();
  return std::nullopt;
}

int heartbeat_users(const std::string& region) {
  const int set = semget(region_key(region), 2, 0);
  return set < 0 ? 0 : std::max(semctl(set, users, GETVAL), 0);
}

HeartbeatService::~HeartbeatService() {
  if (started_) end_heartbeat(cluster_folder_, place_.name, BeatTerm::program);
}

std::optional<Refusal> HeartbeatService::start() {
  auto refusal = begin_heartbeat(cluster_folder_, place_, BeatTerm::program);
  started_ = !refusal;
  return refusal;
}

}  // namespace ocfs2
