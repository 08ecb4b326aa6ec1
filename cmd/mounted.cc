// SPDX-License-Identifier: GPL-2.0-or-later
//
// mounted.ocfs2: which devices hold OCFS2 volumes, and which nodes have them mounted (spec: commands.md 6).
//
// It takes no lock and reads only: a node that crashed stands in the slot map until somebody recovers it.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "cmd/applets.h"
#include "cmd/json.h"
#include "cmd/mounted_devices.h"
#include "cmd/options.h"
#include "cmd/volume_guard.h"
#include "engine/error.h"
#include "engine/io/open_image.h"
#include "engine/volume/volume.h"

namespace ocfs2 {
namespace {

struct MountedWords {
  bool quick = false;
  bool full = false;
  bool json = false;
  int verbosity = 0;
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
Row look_at(const std::string& path, bool full) {
  const auto device = open_to_read(path);
  const auto volume = look_into(*device);
  Row row{
      path, volume->cluster(), volume->uuid(), volume->label(), volume->has(feature::heartbeat_device), {},
      {}};
  if (full && !row.heartbeat_device) read_nodes(*volume, row);
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
                const std::string& program, std::vector<Row>& rows) {
  int failures = 0;
  for (const std::string& device : devices) {
    if (words.verbosity > 0) fmt::print(stderr, "Probing device {}\n", device);
    try {
      rows.push_back(look_at(device, words.full));
    } catch (const Error& error) {
      ++failures;
      if (named || error.kind() != ErrorKind::not_found || words.verbosity > 1)
        fmt::print(stderr, "{}: {}\n", program, error.what());
    }
  }
  return failures;
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
                "Name the devices looked at; twice: say why one was passed over");
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
  const int failures =
      look_at_all(named ? words.devices : candidate_devices("/"), named, words, options.program(), rows);
  words.json ? print_json(rows, words.full) : print_table(rows, words.full);
  return named && failures > 0 ? 1 : 0;
}

}  // namespace ocfs2
