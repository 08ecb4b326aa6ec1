// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/o2net_probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace ocfs2 {
namespace {

using State = ProbeResult::State;
using Clock = std::chrono::steady_clock;

class Call {
 public:
  explicit Call(unsigned timeout_ms)
      : until_(Clock::now() + std::chrono::milliseconds(timeout_ms)),
        socket_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {}
  ~Call() {
    if (socket_ >= 0) close(socket_);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  ProbeResult run(const sockaddr_in& to, const sockaddr_in* from) {
    if (socket_ < 0) return {State::unreachable, {}, errno};
    if (from != nullptr && bind(socket_, reinterpret_cast<const sockaddr*>(from), sizeof *from) != 0)
      return {State::no_source, {}, errno};
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
      return failed(errno);
    if (!ready(POLLOUT)) return {State::unreachable, {}, ETIMEDOUT};
    int number = 0;
    socklen_t length = sizeof number;
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &number, &length);
    return number != 0 ? failed(number) : listen_to();
  }

 private:
  static ProbeResult failed(int number) {
    return {number == ECONNREFUSED ? State::refused : State::unreachable, {}, number};
  }

  bool ready(short events) {
    while (true) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - Clock::now()).count();
      pollfd wait{socket_, events, 0};
      const int count = poll(&wait, 1, left > 0 ? static_cast<int>(left) : 0);
      if (count >= 0 || errno != EINTR) return count > 0;
    }
  }

  ProbeResult listen_to() {
    std::array<std::uint8_t, O2netHandshake::bytes> bytes{};
    for (std::size_t done = 0; done < bytes.size();) {
      if (!ready(POLLIN)) return {State::other};
      const ssize_t got = recv(socket_, bytes.data() + done, bytes.size() - done, 0);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got <= 0) return {done == 0 ? State::closed : State::other};
      done += static_cast<std::size_t>(got);
    }
    const O2netHandshake handshake = O2netHandshake::decoded(bytes);
    if (handshake.connector != 1) return {State::other};
    return {State::greeted, handshake};
  }

  Clock::time_point until_;
  int socket_;
};

sockaddr_in place(const std::string& address, unsigned port) {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, address.c_str(), &place.sin_addr);
  return place;
}

}  // namespace

ProbeResult probe_node(const ConfNode& node, const std::string& own_address, unsigned timeout_ms) {
  const sockaddr_in from = place(own_address, 0);
  return Call(timeout_ms).run(place(node.address, node.port), own_address.empty() ? nullptr : &from);
}

}  // namespace ocfs2
