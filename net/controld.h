// SPDX-License-Identifier: GPL-2.0-or-later
//
// What ocfs2_controld keeps for debugging: the daemon of clusters with cman or pacemaker answers on a socket
// with an abstract name, in messages of a fixed length (spec: commands.md 4.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/kernel_files.h"

namespace ocfs2 {

inline constexpr char controld_socket[] = "ocfs2_controld_sock";

/// Puts together what the daemon answers: "ITEMCOUNT 2", "ITEM first", "ITEM second", "STATUS 0 OK", a
/// message each.
class ControldReply {
 public:
  enum class State { more, over, wrong };

  /// Takes the next message, without its padding.
  State take(std::string_view message);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::optional<unsigned> items_;
  unsigned seen_ = 0;
};

/// Asks the daemon. Appends to `text` what it says; a refusal when it is not there or does not talk as agreed
/// (EPROTO).
std::optional<Refusal> controld_dump(std::string& text, const std::string& socket = controld_socket);

}  // namespace ocfs2
