// SPDX-License-Identifier: GPL-2.0-or-later
//
// o2cb doctor: looks at everything that a cluster needs on this host, and tells what is wrong with it and
// which command mends it.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <sys/timex.h>

#include <algorithm>

#include "cmd/json.h"
#include "cmd/o2cb.h"
#include "cmd/o2cb_kernel.h"
#include "cmd/options.h"
#include "cmd/volume_guard.h"
#include "engine/cluster/doctor.h"

namespace ocfs2 {
namespace {

constexpr unsigned probe_ms = 3000;

std::vector<std::string> own_addresses() {
  std::vector<std::string> addresses;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return addresses;
  for (const ifaddrs* entry = all; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET) continue;
    char text[INET_ADDRSTRLEN] = {};
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr, text, sizeof text);
    addresses.emplace_back(text);
  }
  freeifaddrs(all);
  return addresses;
}

/// The kernel knows whether chrony, ntpd or timesyncd has set the clock lately.
bool clock_kept() {
  timex state{};
  return adjtimex(&state) != TIME_ERROR;
}

std::vector<SeenVolume> seen_volumes() {
  std::vector<SeenVolume> volumes;
  find_volume([&](Volume& volume) {
    volumes.push_back({volume.name(), volume.uuid(), volume.label(), volume.cluster(),
                       volume.facts().max_slots, volume.has(feature::heartbeat_device)});
    return false;
  });
  return volumes;
}

const char* weight_text(const HostFinding& finding) {
  return finding.weight == HostFinding::Weight::error ? "error" : "warning";
}

void print_findings(const std::vector<HostFinding>& findings) {
  for (const HostFinding& finding : findings) {
    fmt::print("[{}] {}: {}\n", finding.code, weight_text(finding), finding.words);
    if (!finding.remedy.empty()) fmt::print("    mend: {}\n", finding.remedy);
  }
}

void print_json(const std::vector<HostFinding>& findings) {
  JsonWriter json;
  json.begin_object().begin_array("findings");
  for (const HostFinding& finding : findings)
    json.begin_object()
        .field("code", finding.code)
        .field("weight", weight_text(finding))
        .field("words", finding.words)
        .field("remedy", finding.remedy)
        .end_object();
  json.end_array().end_object();
  fmt::print("{}", json.text());
}

}  // namespace

int o2cb_doctor(const O2cbRun& run, std::span<char*> arguments) {
  bool json = false, quiet_network = false;
  Options options(
      arguments,
      "Look at everything that a cluster needs on this host: modules, configuration, network, storage. "
      "Tells what is wrong and what mends it. The exit status is 1 when something keeps the host from "
      "mounting.");
  options.flag("--json", json, "Write a JSON document");
  options.flag("--no-network", quiet_network, "Call no other node");
  if (const auto status = options.parse()) return *status;
  SystemHost host;
  SystemTree tree;
  DoctorWorld world{.host = host,
                    .tree = tree,
                    .conf_path = run.conf_path,
                    .host_name = host_name(),
                    .addresses = own_addresses(),
                    .volumes = seen_volumes(),
                    .clock_kept = clock_kept()};
  if (!quiet_network)
    world.probe = [](const ConfNode& node, const std::string& own) {
      return probe_node(node, own, probe_ms);
    };
  const std::vector<HostFinding> findings = examine_cluster(world);
  const auto errors = std::ranges::count(findings, HostFinding::Weight::error, &HostFinding::weight);
  json ? print_json(findings) : print_findings(findings);
  if (!json)
    fmt::print("{} errors, {} warnings\n", errors, findings.size() - static_cast<std::size_t>(errors));
  return errors == 0 ? 0 : 1;
}

}  // namespace ocfs2
