// SPDX-License-Identifier: GPL-2.0-or-later
//
// What stands against formatting a device (spec: commands.md 1.5): that somebody uses it, here or on another
// host, and that there is something on it which might be missed. Whether other hosts use it needs no cluster
// to be running: a node that has a volume mounted writes its heartbeat into it every two seconds, and that
// can be watched.
#include <fmt/format.h>

#include "cmd/mkfs.h"
#include "engine/cluster/heartbeat.h"
#include "engine/error.h"
#include "engine/io/in_use.h"
#include "engine/io/probe.h"
#include "engine/volume/volume.h"

namespace ocfs2 {
namespace {

constexpr std::string_view advice =
    "If you are sure that no host uses it, skip this check with --force or -F";

void check_uses(const MkfsWords& words, Console& console) {
  const std::vector<Use> uses = uses_of(words.device);
  if (uses.empty()) return;
  const bool mounted = uses.front().what == Use::What::mounted;
  if (words.force) {
    for (const Use& use : uses)
      console.warn(use_text(use) + (mounted ? "; overwriting anyway" : "; format forced anyway"));
    return;
  }
  std::string message =
      mounted ? fmt::format("{} is mounted; will not make a ocfs2 volume here!", words.device)
              : fmt::format("{} is apparently in use by the system; will not make a ocfs2 volume here!",
                            words.device);
  for (const Use& use : uses) message += "\n" + use_text(use);
  throw Error(ErrorKind::busy, message);
}

/// "0 and 3" for the nodes that the slot map names; empty for none.
std::string nodes_in(const std::vector<std::optional<u32>>& slots) {
  std::string text;
  for (const std::optional<u32>& node : slots)
    if (node) text += fmt::format("{}{}", text.empty() ? "" : ", ", *node);
  return text;
}

/// Refuses when there is any sign that a node has the old volume mounted.
void check_cluster(Volume& volume, Console& console) {
  const ClusterIdentity cluster = volume.cluster();
  if (cluster.local) return;
  const std::string nodes = nodes_in(volume.slot_map());
  const bool beats_here = !cluster.global_heartbeat && cluster.stack == "o2cb";
  if (!beats_here && !nodes.empty())
    fail(ErrorKind::busy,
         "This volume appears to be in use in the cluster: the slot map of {} names node {}, and its nodes' "
         "heartbeat "
         "cannot be seen on the volume itself. {}",
         volume.name(), nodes, advice);
  if (!beats_here) return;

  SystemClock clock;
  const HeartbeatEvidence evidence = watch_heartbeat(volume, clock, console);
  for (const std::string& line : evidence.words()) console.note(line);
  if (evidence.anyone_alive())
    fail(ErrorKind::busy,
         "This volume appears to be in use in the cluster: {} is mounted by a living node. Unmount it "
         "there first. {}",
         volume.name(), advice);
  if (!nodes.empty())
    console.note(
        fmt::format("The slot map names node {}, but no heartbeat was seen: it is taken for dead.", nodes));
}

/// `/dev/sdb holds ext4 file system "books", UUID 1111…`.
std::string finding(const MkfsWords& words, const FoundContent& content) {
  const std::string uuid = content.uuid.empty() ? "" : ", UUID " + content.uuid;
  return fmt::format("{} holds {}{}", words.device, content_text(content), uuid);
}

/// True when an OCFS2 volume is there that can be looked into, and nobody is found to use it.
bool check_old_volume(const MkfsWords& words, const MkfsRequest& request, Console& console) {
  const std::unique_ptr<BlockDevice> device = open_target(words, request, Access::read_only);
  std::unique_ptr<Volume> volume;
  try {
    volume = Volume::open(*device, {.heartbeat_device = true, .unfinished_change = true});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unsupported) return false;  // no volume, or none that a node could mount
    if (words.force) return console.warn("Cluster check disabled."), true;
    fail(ErrorKind::busy,
         "{}\nAs this is an existing volume that this program cannot read, it cannot tell whether a node "
         "uses it. {}",
         error.what(), advice);
  }
  console.note("Overwriting existing ocfs2 partition.");
  if (words.force)
    console.warn("Cluster check disabled.");
  else
    check_cluster(*volume, console);
  return true;
}

}  // namespace

void check_target(const MkfsWords& words, const MkfsRequest& request, Console& console) {
  check_uses(words, console);
  const bool old_volume = check_old_volume(words, request, console);
  const std::vector<FoundContent> contents = probe_content(words.device, request.offset);
  for (const FoundContent& content : contents)
    if (content.type == "ocfs")
      console.note("Overwriting existing ocfs partition.");
    else
      console.note(finding(words, content));
  if ((!old_volume && contents.empty()) || words.force || words.no_questions) return;
  if (words.quiet || words.json)  // the question needs to say what it is about
    for (const FoundContent& content : contents) console.warn(finding(words, content));
  if (words.source == "-")
    throw Error(ErrorKind::interrupted,
                fmt::format("{} is not empty, and nobody can be asked: standard input is the archive. To "
                            "overwrite without a question, give -x",
                            words.device));
  if (!console.confirm("Proceed (y/N): "))
    throw Error(ErrorKind::interrupted, "Aborting operation. To overwrite without a question, give -x");
}

}  // namespace ocfs2
