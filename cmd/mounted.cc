// SPDX-License-Identifier: GPL-2.0-or-later
//
// mounted.ocfs2: which devices hold OCFS2 volumes, and which nodes have them mounted (spec: commands.md 6).
//
// It takes no lock and reads only: a node that crashed stands in the slot map until somebody recovers it.
// Whoever wants to know whether it lives asks for its heartbeat, too: the time of its last beat stands in its
// block, by the node's own clock; only watching proves more.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "cmd/applets.h"
#include "cmd/console.h"
#include "cmd/json.h"
#include "cmd/mounted_devices.h"
#include "cmd/options.h"
#include "cmd/volume_guard.h"
#include "engine/error.h"
#include "engine/io/open_image.h"
#include "engine/volume/volume.h"

namespace ocfs2 {
namespace {

constexpr u64 usual_watch_s = 5;  ///< two beats of a living node at least
constexpr u64 watch_most_s = 3600;

struct MountedWords {
  bool quick = false;
  bool full = false;
  bool json = false;
  std::optional<u64> watch_s;
  int verbosity = 0;

  bool evidence() const { return full && (verbosity > 0 || json || watch_s); }
  std::vector<std::string> devices;
};

/// What is to be said of one device.
struct Row {
  std::string device;
  ClusterIdentity cluster;
  std::string uuid;
  std::string label;
  bool heartbeat_device = false;
  std::vector<u32> nodes;  ///< that stand in the slot map, by slot
  std::string trouble;     ///< why the slot map could not be read
  std::optional<GuardEvidence> evidence{};

  std::string stack() const { return cluster.local ? "None" : cluster.stack; }
};

/// The nodes in a volume's slot map; a volume whose slot map is damaged is still worth a line.
void read_nodes(Volume& volume, Row& row) {
  try {
    for (const auto& node : volume.slot_map())
      if (node) row.nodes.push_back(*node);
  } catch (const Error& error) {
    row.trouble = error.what();
  }
}

/// Looks at one device. Throws what Volume::open throws.
Row look_at(const std::string& path, const MountedWords& words, Reporter& reporter) {
  const auto device = open_to_read(path);
  const auto volume = look_into(*device);
  Row row{
      path, volume->cluster(), volume->uuid(), volume->label(), volume->has(feature::heartbeat_device), {},
      {}};
  if (words.full && !row.heartbeat_device) read_nodes(*volume, row);
  if (words.evidence() && !row.heartbeat_device && !row.cluster.local)
    row.evidence = look_at_users(*volume, words.watch_s.value_or(0) * 1000, reporter);
  return row;
}

std::string nodes_text(const Row& row) {
  if (row.heartbeat_device) return "Heartbeat device";
  if (!row.trouble.empty()) return "Unknown: " + row.trouble;
  if (row.nodes.empty()) return "Not mounted";
  std::string text;
  for (const u32 node : row.nodes) text += fmt::format("{}{}", text.empty() ? "" : ", ", node);
  return text;
}

void print_table(const std::vector<Row>& rows, bool full) {
  std::size_t device_width = 7;
  std::size_t cluster_width = 7;
  for (const Row& row : rows) {
    device_width = std::max(device_width, row.device.size());
    cluster_width = std::max(cluster_width, row.cluster.cluster.size());
  }
  const auto print = [&](std::string_view device, std::string_view stack, std::string_view cluster,
                         char flag) {
    fmt::print("{:<{}}  {:<5}  {:<{}}  {}  ", device, device_width, stack, cluster, cluster_width, flag);
  };
  print("Device", "Stack", "Cluster", 'F');
  fmt::print("{}\n", full ? "Nodes" : fmt::format("{:<32}  Label", "UUID"));
  for (const Row& row : rows) {
    print(row.device, row.stack(), row.cluster.cluster, row.cluster.global_heartbeat ? 'G' : ' ');
    fmt::print("{}\n", full ? nodes_text(row) : fmt::format("{}  {}", row.uuid, row.label));
  }
}

/// Adds a row for every volume among `devices`. When they were found, not named, a device without OCFS2 is no
/// news. Returns how many of them were none, or could not be read.
int look_at_all(const std::vector<std::string>& devices, bool named, const MountedWords& words,
                Console& console, std::vector<Row>& rows) {
  int failures = 0;
  for (const std::string& device : devices) {
    if (words.verbosity > 0) fmt::print(stderr, "Probing device {}\n", device);
    try {
      rows.push_back(look_at(device, words, console));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::interrupted) throw;
      ++failures;
      if (named || error.kind() != ErrorKind::not_found || words.verbosity > 1) console.warn(error.what());
    }
  }
  return failures;
}

// ---- heartbeat ----

std::string_view state_word(const NodeSign& sign) {
  constexpr std::string_view words[] = {"never", "left", "silent", "alive"};
  return words[static_cast<std::size_t>(sign.state)];
}

/// By the node's clock, which may be another than ours; nothing when its block does not tell.
std::optional<s64> last_beat_ago_s(const NodeSign& sign) {
  if (sign.last_beat_s == 0 || sign.last_beat_s > u64{1} << 40) return std::nullopt;
  return static_cast<s64>(std::time(nullptr)) - static_cast<s64>(sign.last_beat_s);
}

std::string beat_text(const NodeSign& sign) {
  if (sign.state == NodeSign::State::left) return "which left cleanly";
  if (sign.state == NodeSign::State::alive) return "which is alive";
  const std::string watched = sign.watched_ms >= 1000
                                  ? fmt::format("; none in the {} s that were watched", sign.silent_ms / 1000)
                                  : "";
  const auto ago = last_beat_ago_s(sign);
  if (!ago) return "whose last beat is damaged" + watched;
  if (*ago < 0) return fmt::format("whose last beat is {} s ahead of this host's clock{}", -*ago, watched);
  const bool late = static_cast<u64>(*ago) * 1000 >= sign.dead_after_ms;
  return fmt::format("{} {} s{}", late ? "no beat for" : "last beat before", *ago, watched);
}

const NodeSign* sign_of(const GuardEvidence& evidence, u32 node) {
  const auto found = evidence.heartbeat.nodes.find(node);
  return found == evidence.heartbeat.nodes.end() ? nullptr : &found->second;
}

std::string node_evidence(const GuardEvidence& evidence, u32 node) {
  const NodeSign* const sign = sign_of(evidence, node);
  return fmt::format("{}, {}", node_text(node, evidence.names),
                     sign               ? beat_text(*sign)
                     : evidence.visible ? "which never beat here"
                                        : "whose heartbeat cannot be seen");
}

bool has_slot(const GuardEvidence& evidence, u32 node) {
  return std::ranges::any_of(evidence.slots, [&](const SlotSign& slot) { return slot.node == node; });
}

/// Nodes that no slot names; with a heartbeat of the cluster's own these need not use the volume.
std::vector<u32> others(const GuardEvidence& evidence) {
  std::vector<u32> nodes;
  for (const auto& [node, sign] : evidence.heartbeat.nodes)
    if (!has_slot(evidence, node) && sign.state != NodeSign::State::left) nodes.push_back(node);
  return nodes;
}

void print_evidence(const Row& row) {
  const GuardEvidence& evidence = *row.evidence;
  const auto line = [&](std::string_view text) { fmt::print(stderr, "{}: {}\n", row.device, text); };
  for (const std::string& trouble : evidence.troubles) line(trouble);
  for (const SlotSign& slot : evidence.slots)
    line(fmt::format("slot {} says {}{}", slot.slot,
                     slot.node ? node_evidence(evidence, *slot.node) : "no node",
                     slot.dirty ? "; its journal was not emptied" : ""));
  for (const u32 node : others(evidence)) line("no slot says " + node_evidence(evidence, node));
}

void add_node(JsonWriter& json, const GuardEvidence& evidence, u32 node) {
  json.field("node", node);
  if (const auto name = evidence.names.find(node); name != evidence.names.end())
    json.field("name", name->second);
  const NodeSign* const sign = sign_of(evidence, node);
  json.field("heartbeat", sign ? state_word(*sign) : evidence.visible ? "never" : "unseen");
  if (!sign) return;
  if (const auto ago = last_beat_ago_s(*sign)) json.field("last_beat_seconds_ago", *ago);
  json.field("watched_seconds", sign->watched_ms / 1000);
  json.field("dead_after_seconds", sign->dead_after_ms / 1000);
}

void add_evidence(JsonWriter& json, const GuardEvidence& evidence) {
  json.begin_array("slots");
  for (const SlotSign& slot : evidence.slots) {
    json.begin_object().field("slot", slot.slot);
    if (slot.node) add_node(json, evidence, *slot.node);
    json.field("journal_dirty", slot.dirty).end_object();
  }
  json.end_array().begin_array("beating_without_slot");
  for (const u32 node : others(evidence)) {
    json.begin_object();
    add_node(json, evidence, node);
    json.end_object();
  }
  json.end_array().begin_array("unseen");
  for (const std::string& trouble : evidence.troubles) json.value(trouble);
  json.end_array();
}

void print_json(const std::vector<Row>& rows, bool full) {
  JsonWriter json;
  json.begin_object().begin_array("volumes");
  for (const Row& row : rows) {
    json.begin_object().field("device", row.device).field("stack", row.stack());
    json.field("cluster", row.cluster.cluster).field("global_heartbeat", row.cluster.global_heartbeat);
    json.field("uuid", row.uuid).field("label", row.label).field("heartbeat_device", row.heartbeat_device);
    if (full) {
      json.begin_array("nodes");
      for (const u32 node : row.nodes) json.value(node);
      json.end_array();
      if (!row.trouble.empty()) json.field("trouble", row.trouble);
      if (row.evidence) add_evidence(json, *row.evidence);
    }
    json.end_object();
  }
  json.end_array().end_object();
  std::fputs(json.text().c_str(), stdout);
}

void declare(Options& options, MountedWords& words) {
  options.flag("-d, --quick", words.quick, "List volumes by device, cluster, UUID and label (default)");
  options.flag("-f, --full", words.full, "List the nodes that have them mounted, too");
  options.flag("--json", words.json, "Write JSON to standard output");
  options.count("-v, --verbose", words.verbosity,
                "Name the devices looked at; with -f tell of heartbeats; twice: say why one was passed over");
  options.custom(
      "--watch[=SECONDS]",
      [&words](std::string_view seconds) {
        words.watch_s = seconds.empty() ? usual_watch_s : number_in(seconds, {1, watch_most_s});
        words.full = true;
      },
      "As -f, and watch heartbeats so long before telling of them (5)");
  options.positional("DEVICE", words.devices, "Block devices or images; without: all of /proc/partitions");
  options.notes("Exit status: 0; 1 when a device that was named holds no OCFS2, or without any option.");
}

}  // namespace

int run_mounted(std::span<char*> arguments) {
  MountedWords words;
  Options options(arguments, "List OCFS2 volumes, and the nodes that have them mounted.");
  declare(options, words);
  if (const auto status = options.parse()) return *status;
  if (arguments.size() < 2) {
    fmt::print("usage: {} [-dfv] [device]\n\t-d quick detect\n\t-f full detect\n\t-v verbose\n",
               options.program());
    return 1;
  }
  const bool named = !words.devices.empty();
  std::vector<Row> rows;
  Console console(options.program(), {.output = Console::Output::quiet});
  const int failures =
      look_at_all(named ? words.devices : candidate_devices("/"), named, words, console, rows);
  words.json ? print_json(rows, words.full) : print_table(rows, words.full);
  std::fflush(stdout);
  for (const Row& row : rows)
    if (row.evidence && !words.json) print_evidence(row);
  return named && failures > 0 ? 1 : 0;
}

}  // namespace ocfs2
