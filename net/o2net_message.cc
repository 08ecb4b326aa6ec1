// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/o2net_message.h"

namespace ocfs2 {
namespace {

/// Numbers one behind the other, big-endian.
class Writer {
 public:
  explicit Writer(std::span<std::uint8_t> into) : into_(into) {}
  template <class Number>
  Writer& put(Number number) {
    for (std::size_t i = sizeof(Number); i-- > 0;)
      into_[at_++] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> 8 * i);
    return *this;
  }

 private:
  std::span<std::uint8_t> into_;
  std::size_t at_ = 0;
};

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> from) : from_(from) {}
  template <class Number>
  void take(Number& number) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) value = value << 8 | from_[at_++];
    number = static_cast<Number>(value);
  }

 private:
  std::span<const std::uint8_t> from_;
  std::size_t at_ = 0;
};

std::string differs(const char* what, std::uint64_t here, std::uint64_t there) {
  if (here == there) return {};
  return std::string(what) + " is " + std::to_string(here) + " here and " + std::to_string(there) + " there";
}

}  // namespace

std::array<std::uint8_t, O2netHandshake::bytes> O2netHandshake::encoded() const {
  std::array<std::uint8_t, bytes> into{};
  Writer(into).put(version).put(connector).put(heartbeat_ms).put(idle_ms).put(keepalive_ms).put(reconnect_ms);
  return into;
}

O2netHandshake O2netHandshake::decoded(std::span<const std::uint8_t, bytes> from) {
  O2netHandshake handshake;
  Reader reader(from);
  reader.take(handshake.version);
  reader.take(handshake.connector);
  for (std::uint32_t* time :
       {&handshake.heartbeat_ms, &handshake.idle_ms, &handshake.keepalive_ms, &handshake.reconnect_ms})
    reader.take(*time);
  return handshake;
}

std::string O2netHandshake::difference(const O2netHandshake& ours) const {
  for (const std::string& words : {differs("the protocol version", ours.version, version),
                                   differs("the heartbeat timeout in ms", ours.heartbeat_ms, heartbeat_ms),
                                   differs("the idle timeout in ms", ours.idle_ms, idle_ms),
                                   differs("the keepalive delay in ms", ours.keepalive_ms, keepalive_ms)})
    if (!words.empty()) return words;
  return {};
}

std::array<std::uint8_t, O2netHeader::bytes> O2netHeader::encoded() const {
  std::array<std::uint8_t, bytes> into{};
  Writer(into)
      .put(magic)
      .put(payload)
      .put(type)
      .put(std::uint16_t{0})
      .put(system_status)
      .put(status)
      .put(key)
      .put(number);
  return into;
}

std::optional<O2netHeader> O2netHeader::decoded(std::span<const std::uint8_t, bytes> from) {
  O2netHeader header;
  std::uint16_t padding = 0;
  Reader reader(from);
  reader.take(header.magic);
  reader.take(header.payload);
  reader.take(header.type);
  reader.take(padding);
  reader.take(header.system_status);
  reader.take(header.status);
  reader.take(header.key);
  reader.take(header.number);
  if (header.magic < request || header.magic > keep_response || header.payload > payload_max)
    return std::nullopt;
  return header;
}

}  // namespace ocfs2
