// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/net_stats.h"

#include <algorithm>

#include "net/kernel_numbers.h"

namespace ocfs2 {

std::optional<NetTraffic> parse_net_stats(std::string_view text) {
  NetTraffic traffic;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    KernelNumbers numbers(line, ',');
    unsigned version = 0, number = 0;
    NodeTraffic node;
    numbers.read_all(version, number, node.sent, node.acquiry_ns, node.send_ns, node.wait_ns, node.received,
                     node.process_ns);
    if (!numbers.good() || version > net_stats_newest || number >= net_nodes) return std::nullopt;
    traffic[number] = node;
  }
  return traffic;
}

/// A connection that was made anew counts from nothing.
TrafficRate traffic_rate(const NodeTraffic* before, const NodeTraffic& now, unsigned seconds) {
  static constexpr NodeTraffic nothing;
  const bool anew = before != nullptr && (now.sent < before->sent || now.received < before->received);
  const NodeTraffic& then = before == nullptr || anew ? nothing : *before;
  const double sent = static_cast<double>(now.sent - then.sent);
  const double received = static_cast<double>(now.received - then.received);
  const auto each_us = [](std::int64_t late, std::int64_t early, double count) {
    return count == 0 ? 0 : (static_cast<double>(late) - static_cast<double>(early)) / (count * 1000);
  };
  const double divisor = before != nullptr && seconds != 0 ? seconds : 1;
  return {.sent = sent / divisor,
          .received = received / divisor,
          .acquiry_us = each_us(now.acquiry_ns, then.acquiry_ns, sent),
          .send_us = each_us(now.send_ns, then.send_ns, sent),
          .wait_us = each_us(now.wait_ns, then.wait_ns, sent),
          .process_us = each_us(now.process_ns, then.process_ns, received)};
}

}  // namespace ocfs2
