// SPDX-License-Identifier: GPL-2.0-or-later
//
// What ocfs2_controld keeps for debugging: the daemon of clusters with cman or pacemaker answers on a socket
// with an abstract name, in messages of a fixed length (spec: commands.md 4.2).
#pragma once

#include <optional>
#include <string>

#include "net/kernel_files.h"

namespace ocfs2 {

inline constexpr char controld_socket[] = "ocfs2_controld_sock";

/// Asks the daemon. Appends to `text` what it says; a refusal when it is not there or does not talk as agreed
/// (EPROTO).
std::optional<Refusal> controld_dump(std::string& text, const std::string& socket = controld_socket);

}  // namespace ocfs2
