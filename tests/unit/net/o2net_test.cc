// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <thread>

#include "net/o2net_message.h"
#include "net/o2net_probe.h"

namespace ocfs2 {
namespace {

/// Listens on a port of this host and does one thing with the first who calls.
class Listener {
 public:
  Listener() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&here), sizeof here) == 0);
    REQUIRE(listen(socket_, 4) == 0);
    socklen_t length = sizeof here;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&here), &length);
    port_ = ntohs(here.sin_port);
  }
  ~Listener() {
    if (thread_.joinable()) thread_.join();
    close(socket_);
  }
  void answer(std::vector<std::uint8_t> words, bool hang_up) {
    thread_ = std::thread([this, words = std::move(words), hang_up] {
      const int caller = accept(socket_, nullptr, nullptr);
      if (!words.empty()) send(caller, words.data(), words.size(), MSG_NOSIGNAL);
      char nothing = 0;
      if (!hang_up) recv(caller, &nothing, 1, 0);  // until they do
      close(caller);
    });
  }
  ConfNode node() const { return {1, "peer", "127.0.0.1", port_}; }

 private:
  int socket_;
  unsigned port_ = 0;
  std::thread thread_;
};

ProbeResult::State probe(const ConfNode& node) { return probe_node(node, "", 300).state; }

}  // namespace

TEST_CASE("the handshake of the worked trace", "[o2net]") {
  const std::array<std::uint8_t, 32> wire = {0,    0,    0, 0, 0,    0,    0, 11,   0,    0,   0,
                                             0,    0,    0, 0, 1,    0,    0, 0xea, 0x60, 0,   0,
                                             0x75, 0x30, 0, 0, 0x07, 0xd0, 0, 0,    0x07, 0xd0};

  REQUIRE(O2netHandshake{}.encoded() == wire);
  REQUIRE(O2netHandshake::decoded(wire) == O2netHandshake{});
  REQUIRE(O2netHandshake{}.difference({}).empty());
  O2netHandshake slow;
  slow.reconnect_ms = 7000;
  REQUIRE(slow.difference({}).empty());
  slow.heartbeat_ms = 120000;
  REQUIRE(slow.difference({}) == "the heartbeat timeout in ms is 60000 here and 120000 there");
}

TEST_CASE("headers of the worked trace", "[o2net]") {
  const std::array<std::uint8_t, 24> question = {0xfa, 0x55, 0, 0x68, 1,    0xfe, 0,    0,    0, 0, 0, 0,
                                                 0,    0,    0, 0,    0x66, 0x6c, 0x61, 0x72, 0, 0, 0, 0};
  const std::array<std::uint8_t, 24> answer = {0xfa, 0x56, 0, 0, 1,    0xfe, 0,    0,    0, 0, 0, 0,
                                               1,    3,    0, 0, 0x66, 0x6c, 0x61, 0x72, 0, 0, 0, 0};

  const O2netHeader asked{.payload = 104, .type = 510, .key = 0x666c6172};
  REQUIRE(asked.encoded() == question);
  REQUIRE(O2netHeader::decoded(question) == asked);
  REQUIRE(O2netHeader::decoded(answer)->status == 0x01030000);
  REQUIRE(O2netHeader::decoded(answer)->magic == O2netHeader::reply);
}

TEST_CASE("what can be no message is none", "[o2net]") {
  auto wire = O2netHeader{.payload = O2netHeader::payload_max}.encoded();
  REQUIRE(O2netHeader::decoded(wire));
  wire[3] += 1;
  REQUIRE_FALSE(O2netHeader::decoded(wire));
  wire = O2netHeader{.magic = O2netHeader::keep_response}.encoded();
  REQUIRE(O2netHeader::decoded(wire));
  wire[1] += 1;
  REQUIRE_FALSE(O2netHeader::decoded(wire));
}

TEST_CASE("a call tells whether an o2net is there", "[o2net]") {
  SECTION("that greets") {
    Listener peer;
    const auto words = O2netHandshake{.idle_ms = 10000}.encoded();
    peer.answer({words.begin(), words.end()}, false);
    const ProbeResult result = probe_node(peer.node(), "127.0.0.1", 2000);
    REQUIRE(result.state == ProbeResult::State::greeted);
    REQUIRE(result.handshake->idle_ms == 10000);
  }
  SECTION("that does not expect us") {
    Listener peer;
    peer.answer({}, true);
    REQUIRE(probe(peer.node()) == ProbeResult::State::closed);
  }
  SECTION("or something else, that talks") {
    Listener peer;
    peer.answer(std::vector<std::uint8_t>(40, 'S'), false);
    REQUIRE(probe(peer.node()) == ProbeResult::State::other);
  }
  SECTION("or that waits") {
    Listener peer;
    peer.answer({}, false);
    REQUIRE(probe(peer.node()) == ProbeResult::State::other);
  }
  SECTION("or nothing") {
    ConfNode gone;
    {
      const Listener peer;
      gone = peer.node();
    }
    REQUIRE(probe(gone) == ProbeResult::State::refused);
  }
  SECTION("or we cannot call from our address") {
    const Listener peer;
    REQUIRE(probe_node(peer.node(), "192.0.2.1", 300).state == ProbeResult::State::no_source);
  }
}

}  // namespace ocfs2
