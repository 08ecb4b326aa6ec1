// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/o2cb_live.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cmd/console.h"
#include "cmd/o2cb.h"
#include "cmd/o2cb_kernel.h"
#include "cmd/options.h"
#include "cmd/volume_guard.h"
#include "engine/cluster/region_handover.h"
#include "engine/error.h"
#include "engine/io/file_device.h"

namespace ocfs2 {
namespace {

/// Stages go to standard error: standard output belongs to what scripts read.
Console watching_console() { return Console("o2cb", {.dialogue_aside = true}); }

/// One of `known` that begins with `words`, in any of the spellings of a UUID. Throws Error(not_found) with
/// `what` that is.
std::string one_that_begins(const std::string& words, const std::set<std::string>& known,
                            std::string_view what) {
  const std::string digits = uuid_digits(words);
  std::vector<std::string> found;
  for (const std::string& name : known)
    if (!digits.empty() && name.starts_with(digits)) found.push_back(name);
  if (found.size() == 1) return found[0];
  fail(ErrorKind::not_found, "'{}' is {} {}; there {}", words, found.empty() ? "no" : "more than one", what,
       known.empty() ? "is none" : fmt::format("are: {}", fmt::join(known, ", ")));
}

/// The UUID of a volume of this host on which the cluster can beat.
std::string new_region(const std::string& words, const std::string& cluster) {
  std::set<std::string> known;
  if (words.find('/') == std::string::npos)
    find_volume([&](const Volume& volume) { return known.insert(volume.uuid()), false; });
  const std::string uuid = words.find('/') != std::string::npos
                               ? region_named(words)
                               : one_that_begins(words, known, "volume on a block device of this host");
  const auto device = find_volume_by_uuid(uuid);
  if (!device)
    fail(ErrorKind::invalid_argument, "{} is on no block device of this host: the kernel cannot beat there",
         words);
  const auto volume = look_into(*device);
  const ClusterIdentity identity = volume->cluster();
  if (!volume->has(feature::heartbeat_device) &&
      (identity.local || !identity.global_heartbeat || identity.cluster != cluster))
    fail(ErrorKind::invalid_argument,
         "the volume on {} is neither one of cluster '{}' with global heartbeat nor a heartbeat device, as "
         "mkfs.ocfs2 -H makes it",
         device->name(), cluster);
  return uuid;
}

struct Replacement {
  std::string cluster, old, fresh;
};

/// In the file both are there or none: who reads it in between sees a cluster that works.
void replace_in_conf(const O2cbRun& run, const Replacement& words) {
  change_conf(run, [&](ClusterConf& conf) {
    const auto regions = conf.regions(words.cluster);
    if (std::ranges::find(regions, words.fresh) == regions.end()) conf.add_region(words.cluster, words.fresh);
    conf.remove_region(words.cluster, words.old);
  });
}

std::string names_of(const std::set<u32>& numbers, const std::vector<ConfNode>& nodes) {
  NodeNames names;
  for (const ConfNode& node : nodes) names[node.number] = node.name;
  std::vector<std::string> texts;
  for (const u32 number : numbers) texts.push_back(node_text(number, names));
  return fmt::format("{}", fmt::join(texts, ", "));
}

/// The old region may fall silent here only when no node needs it any more to see this one.
void give_up(const KernelCluster& kernel, const Replacement& words, u64 wait_seconds) {
  const OpenRegions regions = open_regions(kernel, words.fresh);
  SystemClock clock;
  Console console = watching_console();
  const auto missing = nodes_missing_on_first(regions.watched, wait_seconds * 1000, clock, console);
  const std::string again =
      fmt::format("o2cb replace-heartbeat {} {} {}", words.cluster, words.old, words.fresh);
  if (!missing.empty())
    fail(ErrorKind::busy,
         "this host beats on {} now, and still on {}, because {} does not beat on the new region yet; run on "
         "every node, and then here again: {}",
         words.fresh, words.old, names_of(missing, kernel.nodes()), again);
  const auto refusal = end_heartbeat(kernel.folder(), words.old, BeatTerm::mount);
  if (refusal && refusal->number == EBUSY)
    fail(ErrorKind::busy,
         "this host beats on {} now, and still on {}: while volumes are mounted the kernel gives up a region "
         "only if it has more than three. Add some for the time being (on every node: o2cb add-heartbeat {} "
         "DEVICE; o2cb start-heartbeat {}), or unmount the cluster's volumes on all nodes; then run: {}",
         words.fresh, words.old, words.cluster, words.cluster, again);
  if (refusal) throw_refusal(*refusal, words.cluster);
}

}  // namespace

OpenRegions open_regions(const KernelCluster& kernel, const std::string& first) {
  std::vector<std::string> names = kernel.regions();
  std::ranges::stable_partition(names, [&](const std::string& name) { return name == first; });
  OpenRegions regions;
  for (const std::string& name : names) try {
      const auto place = kernel.place(name);
      if (!place) continue;  // a region that the kernel knows, and does not beat on
      auto device = FileDevice::open(place->device, Access::read_only);
      const HeartbeatRegion region{place->start_block * place->block_bytes, place->block_bytes,
                                   place->blocks};
      Heartbeat(*device, region).sample(0);
      regions.watched.push_back({device.get(), region});
      regions.devices.push_back(std::move(device));
    } catch (const Error& error) {
      if (name == first) throw;
      regions.unreadable.push_back(name);
    }
  return regions;
}

void require_gone(const KernelCluster& kernel, const std::string& cluster,
                  const std::vector<ConfNode>& nodes) {
  const OpenRegions regions = open_regions(kernel);
  if (!regions.unreadable.empty())
    fail(ErrorKind::io, "cannot see who beats on {}: its device cannot be read",
         fmt::join(regions.unreadable, ", "));
  SystemClock clock;
  Console console = watching_console();
  for (const ConfNode& node : nodes) {
    const auto evidence = watch_heartbeat(regions.watched, clock, console, {.node = node.number});
    const auto sign = evidence.nodes.find(node.number);
    if (sign == evidence.nodes.end() || sign->second.state == NodeSign::State::left || sign->second.dead())
      continue;
    fail(ErrorKind::busy,
         "{}; if the kernel forgot a node that lives, both would write the same volumes. On {}, unmount the "
         "cluster's volumes and run: o2cb offline {}",
         evidence.words({{node.number, node.name}}).front(), node.name, cluster);
  }
}

void require_removable(const std::string& cluster, const std::string& name) {
  SystemTree tree;
  const KernelCluster kernel(tree, cluster);
  if (!kernel.registered() || kernel.regions().empty()) return;
  if (name == kernel.local_node())
    fail(ErrorKind::busy, "node '{}' is this host, and it beats; run first: o2cb offline {}", name, cluster);
  std::vector<ConfNode> leaving = kernel.nodes();
  std::erase_if(leaving, [&](const ConfNode& node) { return node.name != name; });
  require_gone(kernel, cluster, leaving);
}

void add_to_running(const std::string& cluster, const ConfNode& node) {
  SystemTree tree;
  KernelCluster kernel(tree, cluster);
  const std::vector<ConfNode> known = kernel.nodes();
  if (!kernel.registered() || std::ranges::find(known, node) != known.end()) return;
  if (const auto refusal = kernel.add_node(node, false)) throw_refusal(*refusal, cluster);
}

void remove_from_running(const std::string& cluster, const std::string& name) {
  SystemTree tree;
  KernelCluster kernel(tree, cluster);
  const std::vector<ConfNode> known = kernel.nodes();
  if (!kernel.registered() || name == kernel.local_node() ||
      std::ranges::find(known, name, &ConfNode::name) == known.end())
    return;
  if (const auto refusal = kernel.remove_node(name)) throw_refusal(*refusal, cluster);
}

int o2cb_replace_heartbeat(const O2cbRun& run, std::span<char*> arguments) {
  Replacement words;
  u64 wait_seconds = 120;
  Options options(arguments,
                  "Put another heartbeat region in the place of one, in the configuration and, when the "
                  "cluster runs, in the kernel. Run it on every node, one after the other or at a time.");
  options.number(
      "--wait=SECONDS", wait_seconds, {10, 3600},
      "How long the old region is kept for nodes that do not beat on the new one, 120 unless said");
  options.positional("CLUSTER", words.cluster, "The cluster's name");
  options.positional("OLD", words.old, "The region that goes: its UUID, or as much of it as is clear");
  options.positional("NEW", words.fresh, "The one that comes: a device, a UUID, or as much of it");
  if (const auto status = options.parse()) return *status;
  const ClusterConf conf = usable_conf(run);
  require_cluster(conf, run, words.cluster);
  if (!conf.global_heartbeat(words.cluster))
    fail(ErrorKind::invalid_argument,
         "cluster '{}' has no regions of its own: it beats on each volume (local heartbeat)", words.cluster);
  SystemTree tree;
  const KernelCluster kernel(tree, words.cluster);
  std::set<std::string> known;
  for (const auto& names : {conf.regions(words.cluster), kernel.regions()})
    known.insert(names.begin(), names.end());
  words.old = one_that_begins(words.old, known, "heartbeat region of the cluster");
  words.fresh = new_region(words.fresh, words.cluster);
  if (words.old == words.fresh) fail(ErrorKind::invalid_argument, "{} cannot replace itself", words.old);
  const auto beating = kernel.regions();
  const auto beats = [&](const std::string& region) {
    return std::ranges::find(beating, region) != beating.end();
  };
  if (!beating.empty() && !beats(words.fresh)) start_region(kernel, words.cluster, words.fresh);
  replace_in_conf(run, words);
  if (beats(words.old)) give_up(kernel, words, wait_seconds);
  fmt::print("Heartbeat region {} replaced by {}\n", words.old, words.fresh);
  return 0;
}

}  // namespace ocfs2
