// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/volume_guard.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <linux/fs.h>
#include <strings.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <limits>

#include "cmd/mounted_devices.h"
#include "cmd/options.h"
#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/io/open_file.h"
#include "net/cluster_conf.h"
#include "net/running_cluster.h"

namespace ocfs2 {
namespace {

/// Numbers of all nodes that have this name in any cluster known here.
std::optional<u32> node_named(std::string_view name) {
  const ClusterConf conf = read_cluster_conf();
  for (const std::string& cluster : conf.clusters())
    for (const ConfNode& node : conf.nodes(cluster))
      if (node.name == name) return node.number;
  if (const auto running = running_cluster())
    for (const auto& [number, node] : running->nodes)
      if (node == name) return number;
  return std::nullopt;
}

}  // namespace

OfflineClaim offline_claim(const std::string& nodes) {
  OfflineClaim claim{.all = nodes.empty()};
  for (std::string_view rest = nodes; !rest.empty();) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string_view word = rest.substr(0, end);
    const std::optional<u64> number = number_from(word);
    const std::optional<u32> node = number && *number < nodes_max ? static_cast<u32>(*number)
                                    : number                      ? std::nullopt
                                                                  : node_named(word);
    if (!node)
      throw Misuse(
          fmt::format("'{}' is no node: give numbers from 0 to {}, or names that "
                      "/etc/ocfs2/cluster.conf knows, with commas between them",
                      word, nodes_max - 1));
    claim.nodes.insert(*node);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return claim;
}

std::unique_ptr<Volume> look_into(BlockDevice& device) {
  OpenOptions options;
  options.heartbeat_device = options.unknown_features = options.unfinished_change = true;
  return Volume::open(device, options);
}

bool write_protected(const std::string& path) {
  const OpenFile file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (file.get() < 0) return errno == EROFS || errno == EACCES || errno == EPERM;
  int read_only = 0;  // the kernel lets root open such a device, and refuses to write
  return ioctl(file.get(), BLKROGET, &read_only) == 0 && read_only != 0;
}

std::unique_ptr<BlockDevice> find_volume(const std::function<bool(Volume&)>& wanted) {
  for (const std::string& path : candidate_devices("/")) try {
      auto device = FileDevice::open(path, Access::read_only);
      if (wanted(*look_into(*device))) return device;
    } catch (const Error&) {  // no OCFS2 on it, or it cannot be read
    }
  return nullptr;
}

std::unique_ptr<BlockDevice> find_volume_by_uuid(const std::string& uuid) {
  return find_volume(
      [&](const Volume& volume) { return strcasecmp(volume.uuid().c_str(), uuid.c_str()) == 0; });
}

GuardOutcome look_for_others(Volume& volume, const GuardWish& wish, Reporter& reporter) {
  SystemClock clock;
  const GuardWorld world{.clock = clock, .find_volume = find_volume_by_uuid};
  GuardOutcome outcome = guard_volume(volume, wish, world, reporter);
  for (const std::string& line : outcome.evidence.words()) reporter.note(line);
  return outcome;
}

GuardEvidence look_at_users(Volume& volume, u64 watch_ms, Reporter& reporter) {
  SystemClock clock;
  WatchPolicy policy;
  policy.proof_changes = std::numeric_limits<u32>::max();  // one living node says nothing of the others
  policy.longest_ms = watch_ms;
  return evidence_of_use(volume, {.clock = clock, .find_volume = find_volume_by_uuid}, reporter, policy);
}

GuardOutcome keep_tools_away(Volume& volume) {
  SystemClock clock;
  return guard_beside(volume, {.clock = clock, .find_volume = find_volume_by_uuid});
}

}  // namespace ocfs2
