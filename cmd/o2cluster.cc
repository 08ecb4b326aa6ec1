// SPDX-License-Identifier: GPL-2.0-or-later
//
// o2cluster: which cluster a volume belongs to, as it says itself, and changing that (spec: commands.md 10).
// The volume's old cluster need not be there to be asked: clean journals and a heartbeat area in which nobody
// beats are what it goes by.
#include <fmt/format.h>

#include "cmd/applets.h"
#include "cmd/options.h"
#include "cmd/tunefs.h"
#include "cmd/volume_guard.h"
#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/volume/volume.h"
#include "net/cluster_conf.h"
#include "net/running_cluster.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

struct ClusterWords {
  bool running = false, on_disk = false;
  std::optional<std::string> update;
  std::optional<std::string> device;
  TuneWords tune;
};

/// "default", or "o2cb,prod,global".
std::string cluster_text(const ClusterIdentity& cluster) {
  if (cluster.classic()) return "default";
  const char* const mode = cluster.stack != "o2cb" ? "none" : cluster.global_heartbeat ? "global" : "local";
  return fmt::format("{},{},{}", cluster.stack, cluster.cluster, mode);
}

ClusterIdentity running_identity() {
  const auto running = running_cluster();
  if (!running || running->name.empty())
    fail(ErrorKind::not_found, "no cluster runs on this host; run: o2cb online");
  return {false, running->stack, running->name, running->global_heartbeat};
}

/// What people write for a cluster; nothing: the one that runs here.
ClusterIdentity identity_from(const std::string& text) {
  if (text.empty()) return running_identity();
  if (text == "default") return {false, "o2cb", "", false};
  const std::vector<std::string> words = pieces(text, ",");
  const bool o2cb = words.size() == 3 && words[0] == "o2cb" && (words[2] == "local" || words[2] == "global");
  const bool other = words.size() == 3 && (words[0] == "pcmk" || words[0] == "cman") && words[2] == "none";
  if (!o2cb && !other)
    fail(ErrorKind::invalid_argument,
         "Cluster details should be in the format \"<stack>,<cluster>,<hbmode>\": o2cb,NAME,local or "
         "o2cb,NAME,global or pcmk,NAME,none; not \"{}\"",
         text);
  if (const auto fault = cluster_name_fault(words[1]); !fault.empty())
    fail(ErrorKind::invalid_argument, "Cluster name is invalid ; {}", fault);
  return {false, words[0], words[1], words[2] == "global"};
}

ClusterIdentity identity_on(const std::string& path) {
  const auto device = FileDevice::open(path, Access::read_only);
  const ClusterIdentity cluster = look_into(*device)->cluster();
  if (cluster.local)
    fail(ErrorKind::invalid_argument,
         "Clustering is not enabled on device '{}'. To have it in a cluster, run: tunefs.ocfs2 -M cluster {}",
         path, path);
  return cluster;
}

/// The change of tunefs.ocfs2, asked in the words of this command.
Operation change_to(const ClusterIdentity& from, const ClusterIdentity& to) {
  Operation operation = change_cluster(to);
  operation.plan = [plan = operation.plan, from, to](Tuning& tuning) {
    Plan made = plan(tuning);
    if (made.change)
      made.change->question = fmt::format("Changing the clusterstack from {} to {}. Continue? ",
                                          cluster_text(from), cluster_text(to));
    return made;
  };
  return operation;
}

int update(ClusterWords& words, const std::string& program) {
  const ClusterIdentity from = identity_on(*words.device), to = identity_from(*words.update);
  if (cluster_text(from) == cluster_text(to)) return fmt::print("New cluster stack is already on disk.\n"), 0;
  words.tune.device = *words.device;
  words.tune.operations.push_back(change_to(from, to));
  words.tune.offline = OfflineClaim{.all = true};
  const std::vector<TuneStep> steps = run_operations(words.tune, program);
  if (steps.front().state == TuneStep::State::declined) return fmt::print("Aborting.\n"), 1;
  fmt::print("Updated successfully.\n");
  return 0;
}

}  // namespace

int run_o2cluster(std::span<char*> arguments) {
  ClusterWords words;
  Options options(arguments, "Show which cluster a volume belongs to, or change that.");
  options.flag("-r, --show-running", words.running, "Show the cluster that runs on this host");
  options.flag("-o, --show-ondisk", words.on_disk, "Show the cluster that the volume names");
  options.text(
      "-u, --update[=CLUSTER]", words.update,
      "Move the volume to a cluster: default, or STACK,NAME,MODE; without: to the one that runs here");
  options.flag("-y, --yes", words.tune.yes, "Answer yes to the question");
  options.flag("-n, --no", words.tune.no, "Answer no to the question");
  options.count("-v, --verbose", words.tune.verbosity, "Say what is done");
  options.positional("DEVICE", words.device, "Device or image file");
  if (const auto status = options.parse()) return *status;
  if (words.running + words.on_disk + words.update.has_value() != 1)
    options.misuse("one of --show-running, --show-ondisk and --update is needed, and one only");
  if (words.running) return fmt::print("{}\n", cluster_text(running_identity())), 0;
  if (!words.device) options.misuse("DEVICE is missing");
  if (words.on_disk) return fmt::print("{}\n", cluster_text(identity_on(*words.device))), 0;
  return update(words, options.program());
}

}  // namespace ocfs2
