// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/lock_states.h"

#include <algorithm>

#include "net/kernel_numbers.h"

namespace ocfs2 {
namespace {

/// Version 2 has the waits, but the longest ones in nanoseconds; version 4 has when they were last.
void read_waits(KernelNumbers& numbers, FileSystemLock& lock) {
  LockWaits &shared = lock.shared, &exclusive = lock.exclusive;
  numbers.read_all(shared.gets, exclusive.gets, shared.fails, exclusive.fails, shared.total_ns,
                   exclusive.total_ns, shared.longest_us, exclusive.longest_us, lock.refreshes);
  if (lock.version == 2) shared.longest_us /= 1000, exclusive.longest_us /= 1000;
  if (lock.version >= 4) numbers.read_all(shared.last_us, exclusive.last_us, lock.first_wait_us);
}

/// Bytes in the order of the network.
template <class Number>
Number number_at(const LockValue& value, std::size_t offset) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number = static_cast<Number>(number << 8 | value[offset + i]);
  return number;
}

/// The head of a line is its version: nothing when there is no such, or it is too new.
bool known_version(KernelNumbers& numbers) {
  unsigned version = 0;
  numbers.read(version);
  return numbers.good() && version >= 1 && version <= DlmResource::newest;
}

bool read_resource(std::string_view line, DlmResource& resource) {
  KernelNumbers numbers(line, ',');
  if (!known_version(numbers)) return false;
  unsigned purge = 0, dirty = 0, recovering = 0, migration = 0;
  numbers.read_all(resource.owner, resource.state, resource.last_used, purge, dirty, recovering,
                   resource.inflight, migration, resource.asts_reserved, resource.references);
  resource.on_purge_list = purge != 0;
  resource.on_dirty_list = dirty != 0;
  resource.on_recovery_list = recovering != 0;
  resource.migration_pending = migration != 0;
  return numbers.good();
}

bool read_lock(std::string_view line, DlmLock& lock) {
  KernelNumbers numbers(line, ',');
  if (!known_version(numbers)) return false;
  unsigned flags[8] = {};
  numbers.read_all(lock.queue, lock.mode, lock.wanted, lock.node);
  KernelNumbers cookie(numbers.word(), ':');
  cookie.read_all(lock.cookie_node, lock.cookie_number);
  for (unsigned& flag : flags) numbers.read(flag);
  numbers.read(lock.references);
  lock.ast_listed = flags[0] != 0, lock.bast_listed = flags[1] != 0;
  lock.ast_pending = flags[2] != 0, lock.bast_pending = flags[3] != 0;
  lock.convert_pending = flags[4] != 0, lock.lock_pending = flags[5] != 0;
  lock.cancel_pending = flags[6] != 0, lock.unlock_pending = flags[7] != 0;
  return numbers.good() && cookie.good() && lock.queue < std::size(DlmLock::queues);
}

/// The next line. The kernel has a page for a resource: where its locks do not fit, the line ends in the
/// middle, and the next resource begins there.
std::string_view take_line(std::string_view& text) {
  std::string_view line = text.substr(0, text.find('\n'));
  const std::size_t next = line.find("NAME:", 1);
  line = line.substr(0, next);
  text.remove_prefix(std::min(line.size() + (next == line.npos ? 1 : 0), text.size()));
  return line;
}

/// One line of a resource. False when it makes no sense; lines of kinds that are not known are none of ours.
bool read_line(std::string_view line, DlmResource& resource) {
  const std::string_view kind = line.substr(0, 5);
  line.remove_prefix(kind.size());
  if (kind == "NAME:") {
    resource = {.name = std::string(line)};
    return !line.empty();
  }
  if (kind == "LRES:") return read_resource(line, resource);
  if (kind == "RMAP:") resource.nodes = line;
  if (kind == "LVBX:") resource.value = line.substr(0, 2 * lock_value_bytes);
  if (kind != "LOCK:") return true;
  DlmLock lock;
  const bool good = read_lock(line, lock);
  if (good) resource.locks.push_back(lock);
  return good;
}

}  // namespace

std::optional<FileSystemLock> parse_file_system_lock(std::string_view line) {
  FileSystemLock lock;
  KernelNumbers numbers(line, '\t');
  numbers.read(lock.version);
  lock.name = numbers.word();
  numbers.read_all(lock.mode, lock.flags, lock.action, lock.unlock_action, lock.readers, lock.writers,
                   lock.requested, lock.blocking);
  for (std::uint8_t& byte : lock.value) {
    std::uint32_t number = 0;  // a signed byte, widened
    numbers.read(number);
    byte = static_cast<std::uint8_t>(number);
  }
  if (lock.version >= 2) read_waits(numbers, lock);
  if (!numbers.good() || lock.version == 0 || lock.version > FileSystemLock::newest) return std::nullopt;
  return lock;
}

/// The first layout began with a number that was never used. Since then the fields lie where they are; the
/// version was four bytes long once and is one now, with the inode's dynamic features behind it.
std::optional<InodeLockValue> inode_lock_value(const LockValue& value) {
  const auto word = [&](std::size_t offset) { return number_at<std::uint32_t>(value, offset); };
  const auto wide = [&](std::size_t offset) { return number_at<std::uint64_t>(value, offset); };
  const auto half = [&](std::size_t offset) { return number_at<std::uint16_t>(value, offset); };
  const bool first = word(0) == 0 && word(4) == 1;
  if (!first && word(0) != 2 && (value[0] < 3 || value[0] > InodeLockValue::newest)) return std::nullopt;
  const std::size_t ids = first ? 8 : 4, times = first ? 24 : 16, mode = first ? 20 : 48;
  return InodeLockValue{.version = first          ? 1u
                                   : word(0) == 2 ? 2u
                                                  : value[0],
                        .clusters = word(ids),
                        .uid = word(ids + 4),
                        .gid = word(ids + 8),
                        .size = wide(times + 24),
                        .atime_packed = wide(times),
                        .ctime_packed = wide(times + 8),
                        .mtime_packed = wide(times + 16),
                        .mode = half(mode),
                        .links = half(mode + 2)};
}

std::size_t each_dlm_resource(std::string_view text, const std::function<bool(const DlmResource&)>& use) {
  DlmResource resource;
  std::size_t bad = 0;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if ((line.empty() || line.starts_with("NAME:")) && !resource.name.empty()) {
      if (!use(resource)) return bad;
      resource = {};
    }
    if (!line.empty() && !read_line(line, resource)) ++bad;
  }
  if (!resource.name.empty()) use(resource);
  return bad;
}

}  // namespace ocfs2
