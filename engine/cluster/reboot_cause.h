// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why a host went down. A node that cannot write its heartbeat, or that lost the others, restarts itself at
// once, and what it says then often reaches no disk. What did reach one (crash records of the firmware, the
// journal, logs, the notes of o2hbmonitor) is read for the sentences that tell.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocfs2 {

/// What is left of the boot that ended.
struct RebootRecord {
  std::string source;  ///< the file or command that it comes from
  std::string text;
};

struct RebootClue {
  std::string source, line;
};

struct RebootCause {
  /// heartbeat-write, quorum, panic, heartbeat-late, orderly, unknown; for scripts.
  std::string_view code;
  std::string_view words;
  std::string_view remedy;
  std::vector<RebootClue> clues;  ///< in the order of the records; of a sentence that repeats the last ones
};

/// `orderly`: whether the host was shut down, if that is known.
RebootCause explain_reboot(const std::vector<RebootRecord>& records, std::optional<bool> orderly);

/// The part of a log that belongs to the boot before the last one of which it tells, or to that last one.
std::string one_boot_of_log(std::string_view log, bool last);

/// Whether the records of /var/log/wtmp show a shutdown before the last boot; nothing when they do not tell.
std::optional<bool> shut_down_in_order(std::string_view wtmp);

}  // namespace ocfs2
