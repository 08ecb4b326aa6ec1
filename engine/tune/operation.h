// SPDX-License-Identifier: GPL-2.0-or-later
//
// An operation: one wish of the user for a volume. It says what must be held to fulfil it, and, seeing the
// volume, what fulfilling it comes down to. All wishes of a command are looked at before the first byte is
// written: what cannot be is refused while nothing has happened yet.
//
//     needs      what is to be opened and held, known before the volume is
//     plan       look: may it be? what would change?     → Change, or an Error that says why not
//     carry_out  do it, in transactions
//
// Operations are made by the functions of operations.h, one file each.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/tune/tuning.h"

namespace ocfs2 {

/// What an operation comes down to on a volume.
struct Change {
  std::string what;          ///< "label", "feature sparse"
  std::string from, to;      ///< for people and programs
  std::string question;      ///< ends in "? "
  bool critical = false;     ///< asked although the user did not want to be asked
  std::vector<std::string> remarks{};  ///< what goes with it and is worth a line
  Prospect after{};          ///< what the volume will be
  std::function<void()> carry_out{};
};

/// What came of looking.
struct Plan {
  std::optional<Change> change;  ///< nothing: it is so already
  std::string settled{};         ///< says that, then
};

struct Operation {
  /// When its turn is: the size comes first, features last, everything else as the user named it.
  enum class Turn { first, as_named, last };

  std::string name;          ///< as in JSON: "label", "feature sparse"
  Turn turn = Turn::as_named;
  bool cluster = true;       ///< nobody else may have the volume; false: the user vouches for it
  bool while_mounted = false;  ///< may be done while nodes have the volume mounted
  bool other_cluster = false;  ///< may be done although another cluster runs here than the volume's
  /// Throws Error(invalid_argument, unsupported, no_space, busy) saying why it cannot be.
  std::function<Plan(Tuning&)> plan;
};

/// Puts operations in the order in which they are carried out.
void sort_by_turn(std::vector<Operation>& operations);

/// Throws Error(busy) naming fsck when a journal of the volume holds what is to be replayed.
void require_clean_journals(Volume& volume);

}  // namespace ocfs2
