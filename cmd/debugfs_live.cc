// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of debugfs.ocfs2 that show what the kernel has in memory: the locks of a mounted volume, the
// traffic between the nodes, its log masks; and the daemon of older stacks (spec: commands.md 4.1, 4.2).
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "cmd/console.h"
#include "cmd/debugfs.h"
#include "cmd/debugfs_state.h"
#include "cmd/options.h"
#include "engine/error.h"
#include "net/controld.h"
#include "net/kernel_debug.h"
#include "net/kernel_files.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

/// The words of such a command: options in any place and order, as ever, and the rest.
struct LiveRequest {
  std::optional<std::string> file;
  bool values = false, busy = false;
  std::vector<std::string> rest;
};

LiveRequest live_request(Words words, std::string_view letters) {
  LiveRequest request;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.size() < 2 || word[0] != '-') {
      request.rest.push_back(word);
      continue;
    }
    for (std::size_t at = 1; at < word.size(); ++at) {
      if (letters.find(word[at]) == letters.npos) throw WrongUsage{};
      if (word[at] == 'l') request.values = true;
      if (word[at] == 'B') request.busy = true;
      if (word[at] != 'f') continue;
      if (at + 1 == word.size() && ++i == words.size()) throw WrongUsage{};
      request.file = at + 1 == word.size() ? words[i] : word.substr(at + 1);
      break;
    }
  }
  return request;
}

/// What the kernel shows under this path in its debugfs.
std::string kernel_state(const std::string& path, std::string_view meaning) {
  const auto folder = kernel_debug_folder();
  if (!folder)
    fail(ErrorKind::not_found,
         "the kernel's debugfs is not mounted; run: mount -t debugfs debugfs /sys/kernel/debug");
  const std::string file = *folder + "/" + path;
  if (auto text = whole_file(file)) return *text;
  if (errno == ENOENT) fail(ErrorKind::not_found, "there is no {}: {}", file, meaning);
  fail_errno(errno, "{}", file);
}

/// The same, of a volume; or what the file says that was asked for.
std::string locking_state(DebugSession& session, const LiveRequest& request, std::string_view folder) {
  if (!request.file)
    return kernel_state(fmt::format("{}/{}/locking_state", folder, session.volume().uuid()),
                        "this host has not mounted the volume in a cluster of that kind");
  if (auto text = whole_file(*request.file)) return *text;
  fail_errno(errno, "{}", *request.file);
}

/// The locks that were asked for by name, and which of them are still to come.
class WantedLocks {
 public:
  explicit WantedLocks(const LiveRequest& request)
      : all_(request.rest.empty()), missing_(request.rest.begin(), request.rest.end()) {}

  bool take(const std::string& name) { return all_ || missing_.erase(name) > 0; }
  bool done() const { return !all_ && missing_.empty(); }
  void require_all() const {
    if (!missing_.empty()) fail(ErrorKind::not_found, "no such lock: {}", fmt::join(missing_, ", "));
  }

 private:
  bool all_;
  std::set<std::string> missing_;
};

template <class Use>
void each_file_system_lock(DebugSession& session, const LiveRequest& request, const Use& use) {
  const std::string text = locking_state(session, request, "ocfs2");
  WantedLocks wanted(request);
  u64 number = 0;
  for (std::string_view rest = text; !rest.empty() && !wanted.done();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto lock = parse_file_system_lock(line);
    ++number;
    if (!lock)
      fail(ErrorKind::unsupported, "line {} is no lock as versions 1 to {} of the kernel's list have it",
           number, FileSystemLock::newest);
    const bool busy = (lock->flags & FileSystemLock::busy) != 0;
    if (wanted.take(lock->name) && (busy || !request.busy)) use(*lock);
  }
  wanted.require_all();
}

void show_file_system_locks(DebugSession& session, Words words) {
  const LiveRequest request = live_request(words, "lBf");
  each_file_system_lock(session, request, [&](const FileSystemLock& lock) {
    show_file_system_lock(session.out, lock, request.values);
  });
}

void write_file_system_locks(DebugSession& session, Words words, JsonWriter& json) {
  json.begin_array("locks");
  each_file_system_lock(session, live_request(words, "lBf"),
                        [&](const FileSystemLock& lock) { write_file_system_lock(json, lock); });
  json.end_array();
}

template <class Use>
void each_wanted_resource(DebugSession& session, const LiveRequest& request, const Use& use) {
  const std::string text = locking_state(session, request, "o2dlm");
  WantedLocks wanted(request);
  const std::size_t bad = each_dlm_resource(text, [&](const DlmResource& resource) {
    if (wanted.take(resource.name)) use(resource);
    return !wanted.done();
  });
  if (bad > 0)
    fail(ErrorKind::unsupported, "{} lines are not as version {} of the kernel's list has them", bad,
         DlmResource::newest);
  wanted.require_all();
}

void show_dlm_locks(DebugSession& session, Words words) {
  const LiveRequest request = live_request(words, "lf");
  each_wanted_resource(session, request, [&](const DlmResource& resource) {
    show_dlm_resource(session.out, resource, request.values);
  });
}

void write_dlm_locks(DebugSession& session, Words words, JsonWriter& json) {
  json.begin_array("locks");
  each_wanted_resource(session, live_request(words, "lf"),
                       [&](const DlmResource& resource) { write_dlm_resource(json, resource); });
  json.end_array();
}

NetTraffic net_traffic(const LiveRequest& request) {
  const auto text = request.file
                        ? whole_file(*request.file)
                        : kernel_state("o2net/stats", "this host's o2net is not loaded, or counts nothing");
  if (!text) fail_errno(errno, "{}", *request.file);
  if (auto traffic = parse_net_stats(*text)) return *traffic;
  fail(ErrorKind::unsupported, "this is not what version {} of the kernel's o2net counts", net_stats_newest);
}

/// How often the traffic is looked at, and how long the breaks are.
struct Rounds {
  unsigned seconds = 0;
  std::optional<u64> count = 1;  ///< nothing: until the user stops it
};

Rounds rounds_of(const LiveRequest& request) {
  if (request.rest.empty()) return {};
  const auto seconds = number_from(request.rest[0]);
  const auto count = request.rest.size() < 2 ? 0 : number_from(request.rest[1]);
  if (request.rest.size() > 2 || !seconds || *seconds > 1u << 30 || !count) throw WrongUsage{};
  if (*seconds == 0) return {};
  return {static_cast<unsigned>(*seconds), *count == 0 ? std::nullopt : count};
}

template <class Use>
void each_round(DebugSession& session, const LiveRequest& request, const Rounds& rounds, const Use& use) {
  if (!request.file) session.volume();
  InterruptWatch watch;
  NetTraffic before;
  for (u64 round = 1;; ++round) {
    NetTraffic now = net_traffic(request);
    use(before, now, rounds.seconds);
    if (rounds.count && round >= *rounds.count) return;
    before = std::move(now);
    const u64 until = monotonic_ms() + u64{rounds.seconds} * 1000;
    while (monotonic_ms() < until && !InterruptWatch::interrupted()) usleep(50000);
    if (InterruptWatch::interrupted()) return;
  }
}

void show_net_stats(DebugSession& session, Words words) {
  const LiveRequest request = live_request(words, "f");
  each_round(session, request, rounds_of(request),
             [&](const NetTraffic& before, const NetTraffic& now, unsigned seconds) {
               show_traffic(session.out, before, now, seconds);
               std::fflush(session.out);
             });
}

void write_net_stats(DebugSession& session, Words words, JsonWriter& json) {
  const LiveRequest request = live_request(words, "f");
  const Rounds rounds = rounds_of(request);
  if (!rounds.count)
    fail(ErrorKind::invalid_argument, "a document has an end: say how often, as in \"net_stats 5 12\"");
  json.begin_array("rounds");
  each_round(session, request, rounds,
             [&](const NetTraffic& before, const NetTraffic& now, unsigned seconds) {
               write_traffic(json, before, now, seconds);
             });
  json.end_array();
}

std::string daemon_text(Words words) {
  if (words.empty()) fail(ErrorKind::invalid_argument, "Operation required");
  if (words[0] != "dump") fail(ErrorKind::invalid_argument, "Invalid operation: \"{}\"", words[0]);
  std::string text;
  if (const auto refused = controld_dump(text)) {
    const bool absent = refused->number == ECONNREFUSED || refused->number == ENOENT;
    if (absent)
      fail(ErrorKind::not_found, "ocfs2_controld does not run on this host; only the older stacks have it");
    fail_errno(refused->number, "cannot {}", refused->tried);
  }
  return text;
}

void show_daemon(DebugSession& session, Words words) { fmt::print(session.out, "{}", daemon_text(words)); }
void write_daemon(DebugSession&, Words words, JsonWriter& json) { json.field("dump", daemon_text(words)); }

constexpr DebugCommand commands[] = {
    {"controld", "controld dump", "Show the debug buffer of ocfs2_controld", show_daemon, write_daemon},
    {"dlm_locks", "dlm_locks [-f <file>] [-l] [lockname ...]", "Show the locks of a mounted volume in o2dlm",
     show_dlm_locks, write_dlm_locks},
    {"fs_locks", "fs_locks [-f <file>] [-l] [-B] [lockname ...]", "Show the locks of a mounted volume",
     show_file_system_locks, write_file_system_locks},
    {"net_stats", "net_stats [-f <file>] [interval [count]]", "Show what the nodes send each other",
     show_net_stats, write_net_stats},
};

/// As the kernel spells it.
std::string known_mask(const std::vector<LogMasks::Mask>& masks, const std::string& word) {
  std::string known;
  for (const LogMasks::Mask& mask : masks) {
    if (lower(mask.name) == lower(word)) return mask.name;
    known.append(known.empty() ? "" : ", ").append(mask.name);
  }
  fail(ErrorKind::not_found, "the kernel has no log mask '{}'; there are: {}", word, known);
}

}  // namespace

std::span<const DebugCommand> live_commands() { return commands; }

int log_masks(Words words) {
  const LogMasks kernel;
  if (!kernel.known())
    fail(ErrorKind::not_found,
         "the cluster's kernel modules are not loaded; run: modprobe ocfs2_nodemanager");
  const auto masks = kernel.list();
  if (words.empty())
    for (const LogMasks::Mask& mask : masks) fmt::print("{} {}\n", mask.name, mask.state);
  std::vector<LogMasks::Mask> waiting;
  for (const std::string& word : words) {
    const bool is_state = std::ranges::find(LogMasks::states, lower(word)) != std::end(LogMasks::states);
    if (!is_state) {
      waiting.push_back({known_mask(masks, word), {}});
      continue;
    }
    if (waiting.empty()) throw Misuse(fmt::format("no log mask stands before '{}'", word));
    for (LogMasks::Mask& mask : waiting) {
      mask.state = lower(word);
      if (const auto refused = kernel.set(mask)) fail_errno(refused->number, "cannot {}", refused->tried);
    }
    waiting.clear();
  }
  if (!waiting.empty())
    throw Misuse(fmt::format("what shall become of log mask {}? allow, off or deny", waiting[0].name));
  return 0;
}

}  // namespace ocfs2
