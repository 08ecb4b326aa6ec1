// SPDX-License-Identifier: GPL-2.0-or-later
//
// ocfs2_hb_ctl: the heartbeat of one volume (spec: cluster.md B8, commands.md 9). mount.ocfs2 counts a mount
// in, and the kernel runs this when it is unmounted, to count it out: the last one ends the heartbeat. The
// count is the one that the reference keeps, so both may be installed. A cluster that beats on regions of its
// own, or that corosync runs, has nothing to be done here.
#include <fmt/format.h>

#include <cerrno>

#include "cmd/applets.h"
#include "cmd/hb_priority.h"
#include "cmd/o2cb.h"
#include "cmd/o2cb_kernel.h"
#include "cmd/options.h"
#include "cmd/volume_guard.h"
#include "engine/cluster/beat_place.h"
#include "engine/error.h"
#include "engine/io/file_device.h"
#include "net/heartbeat_service.h"
#include "net/kernel_cluster.h"
#include "net/running_cluster.h"

namespace ocfs2 {
namespace {

struct HbCtlWords {
  bool start = false, stop = false, count = false, priority = false;
  std::string device, uuid;
  u64 level = 0;
  std::optional<std::string> service;

  std::string region() const { return uuid.empty() ? region_named(device) : region_named(uuid); }
};

void start(const KernelCluster& cluster, const HbCtlWords& words) {
  const auto device = words.device.empty() ? find_volume_by_uuid(words.region())
                                           : FileDevice::open(words.device, Access::read_only);
  if (!device) fail(ErrorKind::not_found, "no block device of this host holds the volume {}", words.uuid);
  const auto volume = look_into(*device);
  if (const auto refusal = begin_heartbeat(cluster.folder(), beat_place(*volume), BeatTerm::mount))
    throw_refusal(*refusal, cluster.active());
}

int act(const HbCtlWords& words) {
  if (words.count) {
    const std::string region = words.region();
    fmt::print("{}: {} refs\n", region, heartbeat_users(region));
    return 0;
  }
  const auto running = running_cluster();
  if (running && (running->stack != "o2cb" || running->global_heartbeat)) return 0;
  if (!running) fail(ErrorKind::not_found, "no cluster is registered on this host; run: o2cb online");
  SystemTree tree;
  const KernelCluster cluster(tree, running->name);
  if (words.priority) {
    const std::string region = words.region();
    if (!raise_heartbeat_priority(cluster.folder(), region, static_cast<int>(words.level)))
      fail_errno(errno, "could not raise the I/O priority of the heartbeat on volume {}", region);
  } else if (words.start) {
    start(cluster, words);
  } else if (const auto refusal = end_heartbeat(cluster.folder(), words.region(), BeatTerm::mount)) {
    throw_refusal(*refusal, running->name);
  }
  return 0;
}

}  // namespace

int run_hb_ctl(std::span<char*> arguments) {
  HbCtlWords words;
  Options options(arguments,
                  "Count users of a volume's heartbeat in and out. The kernel runs this at each unmount.");
  options.flag("-S", words.start, "Count one more in; the first one starts the heartbeat");
  options.flag("-K", words.stop, "Count one out; the last one stops the heartbeat");
  options.flag("-I", words.count, "Print how many count on it");
  options.flag("-P", words.priority, "Give the heartbeat's thread real-time I/O priority");
  options.text("-d DEVICE", words.device, "The volume on this device");
  options.text("-u UUID", words.uuid, "The volume with this UUID");
  options.number("-n LEVEL", words.level, {0, 7}, "With -P: the level, 0 (the highest, unless said) to 7");
  options.positional("SERVICE", words.service, "Who counts; for the record only");
  if (const auto status = options.parse()) return *status;
  if (words.start + words.stop + words.count + words.priority != 1)
    options.misuse("one of -S, -K, -I and -P is needed, and one only");
  if (words.device.empty() == words.uuid.empty()) options.misuse("one of -d and -u is needed, and one only");
  return act(words);
}

}  // namespace ocfs2
