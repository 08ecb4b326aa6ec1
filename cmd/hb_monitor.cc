// SPDX-License-Identifier: GPL-2.0-or-later
//
// o2hbmonitor: says when the heartbeat's writes become slow, before the host fences itself over them (spec:
// commands.md 14, cluster.md L3.2). To syslog, to the kernel's log, which may be what is left to be read, on
// a serial console or in pstore, and to a file for `o2cb why-reboot`.
#include <fcntl.h>
#include <fmt/format.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>

#include "cmd/applets.h"
#include "cmd/options.h"
#include "engine/cluster/clock.h"
#include "engine/error.h"
#include "net/heartbeat_delay.h"
#include "net/late_beats.h"
#include "net/monitor_lock.h"

namespace ocfs2 {
namespace {

constexpr u64 slow_ms = 2'000, calm_ms = 10'000, idle_ms = 60'000;

void tell(const HeartbeatDelay& delay, bool interactive) {
  const std::string words =
      fmt::format("Last ping {} msecs ago on /dev/{}, {}", delay.elapsed_ms, delay.device, delay.region);
  if (interactive) {
    fmt::print("{}\n", words);
    std::fflush(stdout);
  }
  syslog(LOG_WARNING, "%s", words.c_str());
  const std::string whole = fmt::format("{}; this host fences itself after {} msecs", words, delay.limit_ms);
  const int log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
  const std::string line = "<4>o2hbmonitor: " + whole + "\n";
  [[maybe_unused]] const ssize_t written = log < 0 ? 0 : write(log, line.data(), line.size());
  if (log >= 0) close(log);
  note_late_beat(whole);
}

/// Looks once. How long to wait until the next look.
u64 look(unsigned percent, bool interactive, int verbosity) {
  SystemTree tree;
  const std::vector<HeartbeatDelay> delays = heartbeat_delays(tree);
  bool slow = false;
  for (const HeartbeatDelay& delay : delays) {
    if (verbosity > 0) fmt::print("{} /dev/{}: {} ms\n", delay.region, delay.device, delay.elapsed_ms);
    if (delay.percent() < percent) continue;
    tell(delay, interactive);
    slow = true;
  }
  return slow ? slow_ms : delays.empty() ? idle_ms : calm_ms;
}

}  // namespace

int run_hb_monitor(std::span<char*> arguments) {
  u64 percent = 50;
  bool interactive = false;
  int verbosity = 0;
  Options options(
      arguments,
      "Watch how long the heartbeat's writes take, and warn in the system's logs before this host "
      "fences itself. Goes to the background.");
  options.number("-w PERCENT", percent, {1, 99},
                 "Warn when so much of the dead time is over, 50 unless said");
  options.flag("-i", interactive, "Stay in the foreground, and warn on standard output, too");
  options.count("-v", verbosity, "With -i: show every look");
  if (const auto status = options.parse()) return *status;
  if (const pid_t other = running_monitor())
    fail(ErrorKind::busy, "another o2hbmonitor runs on this host, as process {}", other);
  if (!interactive && daemon(0, 0) != 0) fail_errno(errno, "cannot go to the background");
  if (!take_monitor_lock()) fail_errno(errno, "cannot be the only o2hbmonitor of this host");
  openlog("o2hbmonitor", LOG_CONS, LOG_DAEMON);
  SystemClock clock;
  while (true)  // until a signal ends it
    clock.sleep_ms(look(static_cast<unsigned>(percent), interactive, interactive ? verbosity : 0));
}

}  // namespace ocfs2
