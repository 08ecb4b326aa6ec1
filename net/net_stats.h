// SPDX-License-Identifier: GPL-2.0-or-later
//
// What o2net has sent and received so far, node by node, as the kernel shows it in debugfs (o2net/stats), and
// what that means over an interval (spec: commands.md 4.2).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

namespace ocfs2 {

/// Since the connection to a node was made. Times are in nanoseconds; those of the three stages of sending
/// are waiting for the connection, handing over to it, and waiting for the answer.
struct NodeTraffic {
  std::uint64_t sent = 0;
  std::int64_t acquiry_ns = 0, send_ns = 0, wait_ns = 0;
  std::uint64_t received = 0;
  std::int64_t process_ns = 0;
};
using NetTraffic = std::map<unsigned, NodeTraffic>;  ///< by node

inline constexpr unsigned net_stats_newest = 1;  ///< version of the lines
inline constexpr unsigned net_nodes = 255;

/// Nothing when a line is none, of a version that is not known yet, or of a node that cannot be.
std::optional<NetTraffic> parse_net_stats(std::string_view text);

/// Of one node over an interval: messages (a second, if the interval is known), microseconds a message.
struct TrafficRate {
  double sent = 0, received = 0;
  double acquiry_us = 0, send_us = 0, wait_us = 0, process_us = 0;
  double sending_us() const { return acquiry_us + send_us + wait_us; }
};
/// `before` is null for all there was so far. `seconds` 0: messages are counted, not divided.
TrafficRate traffic_rate(const NodeTraffic* before, const NodeTraffic& now, unsigned seconds);

}  // namespace ocfs2
