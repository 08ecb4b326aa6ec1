// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernels of a cluster say to each other over TCP: one handshake in each direction, then messages
// (spec: cluster.md E3, E4). Everything is big-endian.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace ocfs2 {

/// The first 32 bytes of a connection, from either side. The times must be the same on both, but for the
/// last.
struct O2netHandshake {
  static constexpr std::size_t bytes = 32;
  static constexpr std::uint64_t protocol = 11;

  std::uint64_t version = protocol;
  std::uint64_t connector = 1;
  std::uint32_t heartbeat_ms = 60000;  ///< (dead threshold - 1) * 2000
  std::uint32_t idle_ms = 30000, keepalive_ms = 2000, reconnect_ms = 2000;

  std::array<std::uint8_t, bytes> encoded() const;
  static O2netHandshake decoded(std::span<const std::uint8_t, bytes> from);
  /// Why a node that says `ours` does not talk to one that says this; empty when it does.
  std::string difference(const O2netHandshake& ours) const;
  bool operator==(const O2netHandshake&) const = default;
};

/// What stands before every message.
struct O2netHeader {
  static constexpr std::size_t bytes = 24;
  static constexpr std::uint16_t payload_max = 4072;
  enum Magic : std::uint16_t {
    request = 0xfa55,
    reply = 0xfa56,
    keep_request = 0xfa57,
    keep_response = 0xfa58
  };

  std::uint16_t magic = request;
  std::uint16_t payload = 0;  ///< bytes that follow
  std::uint16_t type = 0;
  std::uint32_t system_status = 0;  ///< of replies
  std::int32_t status = 0;          ///< of replies
  std::uint32_t key = 0, number = 0;

  std::array<std::uint8_t, bytes> encoded() const;
  /// Nothing when this can be no message.
  static std::optional<O2netHeader> decoded(std::span<const std::uint8_t, bytes> from);
  bool operator==(const O2netHeader&) const = default;
};

}  // namespace ocfs2
