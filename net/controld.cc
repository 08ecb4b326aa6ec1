// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/controld.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "net/words.h"

namespace ocfs2 {
namespace {

constexpr std::size_t message_bytes = 256;
constexpr unsigned items_max = 1u << 20;
constexpr time_t patience_seconds = 10;

/// A connection that closes itself.
class Daemon {
 public:
  Daemon() : file_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{patience_seconds, 0};
    setsockopt(file_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(file_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  ~Daemon() {
    if (file_ >= 0) close(file_);
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  bool connect_to(const std::string& name) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() + 1 > sizeof address.sun_path) return errno = ENAMETOOLONG, false;
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    return connect(file_, reinterpret_cast<const sockaddr*>(&address), length) == 0;
  }

  bool send_word(std::string_view word) const {
    std::array<char, message_bytes> message{};
    std::memcpy(message.data(), word.data(), word.size());
    return send(file_, message.data(), message.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(message.size());
  }

  /// The next message without its padding; nothing, and errno, when none comes.
  std::optional<std::string> receive() const {
    std::array<char, message_bytes> message{};
    const ssize_t length = recv(file_, message.data(), message.size(), MSG_WAITALL);
    if (length == static_cast<ssize_t>(message.size()))
      return std::string(message.data(), strnlen(message.data(), message.size()));
    if (length >= 0) errno = EPIPE;
    return std::nullopt;
  }

 private:
  int file_;
};

/// What stands behind `word` in `message`; nothing when it is not of that kind.
std::optional<std::string_view> behind(std::string_view word, std::string_view message) {
  if (!message.starts_with(word) || !message.substr(word.size()).starts_with(' ')) return std::nullopt;
  return message.substr(word.size() + 1);
}

/// All that the daemon sends; errno when it breaks off.
bool receive_reply(const Daemon& daemon, ControldReply& reply) {
  for (auto state = ControldReply::State::more; state != ControldReply::State::over;) {
    const auto message = daemon.receive();
    if (!message) return false;
    state = reply.take(*message);
    if (state == ControldReply::State::wrong) return errno = EPROTO, false;
  }
  return true;
}

}  // namespace

ControldReply::State ControldReply::take(std::string_view message) {
  if (const auto number = behind("ITEMCOUNT", message)) {
    const auto items = small_number(*number);
    if (items_ || !items || *items > items_max) return State::wrong;
    items_ = items;
    return State::more;
  }
  if (const auto item = behind("ITEM", message)) {
    if (!items_ || seen_++ == *items_) return State::wrong;
    text_ += *item;
    return State::more;
  }
  const auto status = behind("STATUS", message);
  return status && status->starts_with("0 ") && items_ && seen_ == *items_ ? State::over : State::wrong;
}

std::optional<Refusal> controld_dump(std::string& text, const std::string& socket) {
  const Daemon daemon;
  if (!daemon.connect_to(socket)) return Refusal{errno, "reach ocfs2_controld"};
  ControldReply reply;
  const bool whole = daemon.send_word("DUMP") && receive_reply(daemon, reply);
  const int number = errno;
  text += reply.text();
  if (!whole) return Refusal{number, "ask ocfs2_controld for its debug buffer"};
  return std::nullopt;
}

}  // namespace ocfs2
