// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/cluster/reboot_cause.h"

#include <utmp.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "net/kernel_files.h"
#include "net/late_beats.h"
#include "tests/worlds/scratch_directory.h"

namespace ocfs2 {
namespace {

std::string_view cause_of(const std::string& text, std::optional<bool> orderly = std::nullopt) {
  return explain_reboot({{"kern.log", text}}, orderly).code;
}

std::string wtmp(std::initializer_list<std::pair<short, const char*>> entries) {
  std::string bytes;
  for (const auto& [type, user] : entries) {
    utmp entry{};
    entry.ut_type = type;
    std::strncpy(entry.ut_user, user, sizeof entry.ut_user);
    bytes.append(reinterpret_cast<const char*>(&entry), sizeof entry);
  }
  return bytes;
}

}  // namespace

TEST_CASE("the strongest sentence that is left tells why a host went down", "[reboot_cause]") {
  const std::string timeout =
      "(kworker/1:2,97,1):o2hb_write_timeout:301 ERROR: Heartbeat write timeout to device "
      "sdb after 60000 milliseconds\n";
  const std::string sorry =
      "*** ocfs2 is very sorry to be fencing this system by panicing ***\nKernel panic - not syncing\n";
  REQUIRE(cause_of("all is well\n") == "unknown");
  REQUIRE(cause_of(sorry) == "panic");
  REQUIRE(cause_of(sorry + timeout) == "heartbeat-write");
  REQUIRE(
      cause_of("o2quo_make_decision:138 ERROR: fencing this node because it is only connected to 1 nodes\n" +
               sorry) == "quorum");
  REQUIRE(cause_of("all is well\n", true) == "orderly");
  REQUIRE(cause_of("reboot: Restarting system\n") == "orderly");
  REQUIRE(cause_of(timeout, true) == "heartbeat-write");
}

TEST_CASE("a late heartbeat is the cause only when its dead time was nearly over", "[reboot_cause]") {
  const std::string beginning = "o2hbmonitor: Last ping ", end = " msecs ago on /dev/sdb, A";
  REQUIRE(cause_of(beginning + "31000" + end + "; this host fences itself after 60000 msecs\n") == "unknown");
  REQUIRE(cause_of(beginning + "58000" + end + "; this host fences itself after 60000 msecs\n") ==
          "heartbeat-late");
  REQUIRE(cause_of(beginning + "58000" + end + "\n") == "unknown");
}

TEST_CASE("clues say where they were read, the last ones when there are many", "[reboot_cause]") {
  std::string errors;
  for (int i = 0; i < 20; ++i)
    errors += "blk_update_request: I/O error, dev sdb, sector " + std::to_string(i) + "\n";

  const RebootCause cause =
      explain_reboot({{"journalctl", errors}, {"kern.log", "I/O error, dev sdc\n"}}, {});

  REQUIRE(cause.clues.size() == 12);
  REQUIRE(cause.clues.back().source == "kern.log");
  REQUIRE(cause.clues.front().line.ends_with("sector 9"));
}

TEST_CASE("of a log that goes over several boots one is read", "[reboot_cause]") {
  const std::string log = "Linux version 6.1\nfirst\nLinux version 6.1\nsecond\nLinux version 6.1\nthird\n";
  REQUIRE(one_boot_of_log(log, false) == "Linux version 6.1\nsecond\n");
  REQUIRE(one_boot_of_log(log, true) == "Linux version 6.1\nthird\n");
  REQUIRE(one_boot_of_log("only this boot\n", false).empty());
}

TEST_CASE("wtmp tells whether there was a shutdown before the last boot", "[reboot_cause]") {
  const std::pair<short, const char*> boot{BOOT_TIME, "reboot"}, shutdown{RUN_LVL, "shutdown"},
      login{USER_PROCESS, "root"};
  REQUIRE(shut_down_in_order(wtmp({boot, login, shutdown, boot, login})) == true);
  REQUIRE(shut_down_in_order(wtmp({boot, shutdown, boot, login, boot})) == false);
  REQUIRE_FALSE(shut_down_in_order(wtmp({boot, login})).has_value());
  REQUIRE_FALSE(shut_down_in_order("").has_value());
}

TEST_CASE("warnings of the monitor are kept for the next boot", "[reboot_cause]") {
  const ScratchDirectory scratch;
  const std::string file = scratch / "ocfs2/late";
  note_late_beat("Last ping 31000 msecs ago", file);
  note_late_beat("Last ping 33000 msecs ago", file);
  const std::string notes = *whole_file(file);
  REQUIRE(late_beats_of_last_boot(notes, boot_id()).empty());

  const std::string words =
      late_beats_of_last_boot("older 2026-11-20T00:00:00Z Last ping 1\n" + notes, "now");

  REQUIRE(words.find("Last ping 1\n") == std::string::npos);
  REQUIRE(words.find("Last ping 31000 msecs ago\n") != std::string::npos);
  REQUIRE(words.find("Last ping 33000 msecs ago\n") != std::string::npos);
}

}  // namespace ocfs2
