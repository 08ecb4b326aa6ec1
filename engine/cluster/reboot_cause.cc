// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/cluster/reboot_cause.h"

#include <utmp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "net/words.h"

namespace ocfs2 {
namespace {

constexpr std::size_t clues_most = 12;

struct Cause {
  std::string_view code, words, remedy;
};

/// The stronger one comes first.
constexpr Cause causes[] = {
    {"heartbeat-write",
     "This host fenced itself: its heartbeat could not be written to the shared disk within the dead time.",
     "Look at the path to the storage at that time (switch, iSCSI or multipath log, array). A path change "
     "must "
     "be over before the dead time is: o2cb doctor compares the two; a larger O2CB_HEARTBEAT_THRESHOLD (the "
     "same on all nodes) gives more time."},
    {"quorum",
     "This host fenced itself: it had lost the network to the other nodes and was not in the larger half.",
     "Look at the interconnect at that time (cable, switch, bond, firewall on port 7777). A bond, or a "
     "network "
     "of its own, keeps a single failure from doing this again; o2cb doctor calls every peer."},
    {"panic", "The kernel panicked.",
     "The lines above name the place. If they name ocfs2, report them with the kernel's version; check the "
     "volumes: fsck.ocfs2 -fn DEVICE."},
    {"heartbeat-late",
     "This host probably fenced itself: its heartbeat was late, more and more, and then nothing follows.",
     "Look at the path to the storage at that time; o2cb doctor compares the dead time with what multipath "
     "and "
     "DRBD need."},
    {"orderly", "The host was shut down in order.", ""},
    {"unknown", "Nothing is left that tells why.",
     "So that more is left next time: keep the journal (mkdir /var/log/journal), let o2hbmonitor run (o2cb "
     "online starts it), send the kernel's log elsewhere (netconsole). What the other nodes saw: journalctl "
     "-k "
     "| grep -E 'o2net|o2dlm|o2hb' there."},
};

/// o2hbmonitor looks every two seconds once the heartbeat is late.
constexpr unsigned last_look_ms = 6000;

/// A sentence that tells of a cause, or only of trouble that may lead to one.
struct Sign {
  std::string_view sentence;
  std::string_view code;
};

constexpr Sign signs[] = {
    {"Heartbeat write timeout to device", "heartbeat-write"},
    {"fencing this node because it is", "quorum"},
    {"ocfs2 is very sorry to be fencing this", ""},
    {"Kernel panic - not syncing", "panic"},
    {"Last ping ", "heartbeat-late"},
    {"Write error ", ""},
    {"I/O error, dev ", ""},
    {"rejecting I/O to offline device", ""},
    {"detected conn error", ""},
    {"session recovery timed out", ""},
    {"multipath: Failing path", ""},
    {"multipathd: ", ""},
    {"has been idle for", ""},
    {"No longer connected to node", ""},
    {"systemd-shutdown", "orderly"},
    {"reboot: Restarting system", "orderly"},
    {"reboot: Power down", "orderly"},
};

bool is_banner(std::string_view line) { return line.find("Linux version ") != std::string_view::npos; }

std::size_t strength(std::string_view code) {
  return static_cast<std::size_t>(std::ranges::find(causes, code, &Cause::code) - std::begin(causes));
}

/// The number that follows `words` in a line; 0 when there is none.
unsigned number_after(std::string_view line, std::string_view words) {
  const std::size_t at = line.find(words);
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = line.substr(at + words.size());
  return small_number(rest.substr(0, rest.find_first_not_of("0123456789"))).value_or(0);
}

/// What a line proves; empty: at most that there was trouble.
std::string_view proven(const Sign& sign, std::string_view line) {
  if (sign.code != "heartbeat-late") return sign.code;
  const unsigned late_ms = number_after(line, "Last ping "), limit_ms = number_after(line, "itself after ");
  return limit_ms > 0 && late_ms + last_look_ms >= limit_ms ? sign.code : std::string_view();
}

}  // namespace

RebootCause explain_reboot(const std::vector<RebootRecord>& records, std::optional<bool> orderly) {
  std::size_t strongest = strength(orderly.value_or(false) ? "orderly" : "unknown");
  std::vector<RebootClue> clues;
  for (const RebootRecord& record : records)
    for (const std::string& line : pieces(record.text, "\n"))
      for (const Sign& sign : signs) {
        if (line.find(sign.sentence) == std::string::npos) continue;
        clues.push_back({record.source, line});
        if (const auto code = proven(sign, line); !code.empty())
          strongest = std::min(strongest, strength(code));
        break;
      }
  if (clues.size() > clues_most) clues.erase(clues.begin(), clues.end() - clues_most);
  const Cause& cause = causes[std::min(strongest, std::size(causes) - 1)];
  return {cause.code, cause.words, cause.remedy, std::move(clues)};
}

std::string one_boot_of_log(std::string_view log, bool last) {
  std::array<std::string, 2> boots;  // the last one and the one before
  for (const std::string& line : pieces(log, "\n")) {
    if (is_banner(line)) boots[1] = std::exchange(boots[0], {});
    boots[0] += line + "\n";
  }
  return boots[last ? 0 : 1];
}

std::optional<bool> shut_down_in_order(std::string_view wtmp) {
  std::optional<bool> before, answer;  // since the boot that is being read; of the boot before it
  for (; wtmp.size() >= sizeof(utmp); wtmp.remove_prefix(sizeof(utmp))) {
    utmp entry;
    std::memcpy(&entry, wtmp.data(), sizeof entry);
    if (entry.ut_type == BOOT_TIME) {
      answer = before;
      before = false;
    } else if (entry.ut_type == RUN_LVL &&
               std::strncmp(entry.ut_user, "shutdown", sizeof entry.ut_user) == 0) {
      before = true;
    }
  }
  return answer;
}

}  // namespace ocfs2
