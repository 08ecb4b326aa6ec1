// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes that a peer may send: a handshake, then messages with what follows them. What is read is written
// as it came, nothing is taken for a message that is longer than the kernel allows, and a peer is talked to
// just when it says the same as we do.
#include <algorithm>
#include <vector>

#include "net/o2net_message.h"

namespace {

using Bytes = std::span<const std::uint8_t>;

void demand(bool condition) {
  if (!condition) __builtin_trap();
}

void read_handshake(std::span<const std::uint8_t, ocfs2::O2netHandshake::bytes> bytes) {
  const auto theirs = ocfs2::O2netHandshake::decoded(bytes);
  demand(std::ranges::equal(theirs.encoded(), bytes));
  ocfs2::O2netHandshake ours = theirs;
  ours.reconnect_ms ^= 1;
  demand(theirs.difference(ours).empty());
  ours.idle_ms ^= 1;
  demand(!theirs.difference(ours).empty());
}

/// How many bytes the first message in `bytes` has; 0: there is none.
std::size_t read_message(Bytes bytes) {
  using ocfs2::O2netHeader;
  if (bytes.size() < O2netHeader::bytes) return 0;
  const auto header = O2netHeader::decoded(bytes.first<O2netHeader::bytes>());
  if (!header) return 0;
  demand(header->payload <= O2netHeader::payload_max);
  const auto written = header->encoded();
  demand(O2netHeader::decoded(written) == header);
  demand(std::equal(written.begin(), written.begin() + 6, bytes.begin()));  // two bytes of nothing follow
  demand(std::equal(written.begin() + 8, written.end(), bytes.begin() + 8));
  return O2netHeader::bytes + header->payload;
}

/// Bytes by chance are hardly ever a message: most get a magic that is one, or nearly.
void help(std::span<std::uint8_t> bytes) {
  if (bytes.size() < 2 || bytes[0] == 0) return;
  bytes[0] = 0xfa;
  bytes[1] = static_cast<std::uint8_t>(0x54 + bytes[1] % 8);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < ocfs2::O2netHandshake::bytes) return 0;
  read_handshake(Bytes(data, size).first<ocfs2::O2netHandshake::bytes>());
  std::vector<std::uint8_t> copy(data + ocfs2::O2netHandshake::bytes, data + size);
  std::span<std::uint8_t> rest(copy);
  std::size_t length = 0;
  do {
    rest = rest.subspan(std::min(length, rest.size()));
    help(rest);
    length = read_message(rest);
  } while (length > 0);
  return 0;
}
