// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/console.h"

#include <fmt/core.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace ocfs2 {
namespace {

constexpr u64 REFRESH_MS = 125;  // eight times a second is as fast as people read (spec: commands.md 0.8)
constexpr u64 LINE_MS = 5000;    // where every refresh is a new line, as in a log
constexpr double LONGEST_S = 100 * 3600;  // what is further away cannot be foretold
constexpr int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP};

// A signal handler can reach nothing but what is global.
std::atomic<int> signal_came = 0;
static_assert(std::atomic<int>::is_always_lock_free);

/// The first signal is a request, the second an order.
void remember_signal(int number) {
  if (signal_came.exchange(number) == 0) return;
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void print(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

unsigned terminal_columns() {
  unsigned columns = 0;
  if (const char* const wanted = std::getenv("COLUMNS"))
    std::from_chars(wanted, wanted + std::strlen(wanted), columns);
  winsize window{};
  if (columns == 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0) columns = window.ws_col;
  return columns ? columns : 80;
}

/// "0:07", "12:30", "3:04:05"
std::string time_text(u64 seconds) {
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

/// "950/s", "12.5 k/s"
std::string rate_text(double each_second) {
  constexpr const char* units[] = {"", " k", " M", " G", " T"};
  std::size_t unit = 0;
  for (; each_second >= 1000 && unit + 1 < std::size(units); ++unit) each_second /= 1000;
  return fmt::format("{:.{}f}{}/s", each_second, unit ? 1 : 0, units[unit]);
}

}  // namespace

InterruptWatch::InterruptWatch() {
  signal_came = 0;
  struct sigaction action {};
  action.sa_handler = remember_signal;  // without SA_RESTART: a signal must end a pending read
  for (const int signal : SIGNALS) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
}

InterruptWatch::~InterruptWatch() {
  for (const int signal : SIGNALS) {
    struct sigaction now {};
    sigaction(signal, nullptr, &now);
    if (now.sa_handler == remember_signal) std::signal(signal, SIG_DFL);
  }
}

bool InterruptWatch::interrupted() { return signal_came != 0; }
int InterruptWatch::signal() { return signal_came; }

u64 monotonic_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<u64>(now.tv_sec) * 1000 + static_cast<u64>(now.tv_nsec) / 1'000'000;
}

std::string time_left(u64 done, u64 total, u64 elapsed_ms) {
  if (done == 0 || total == 0) return {};
  const double share = static_cast<double>(done) / static_cast<double>(total);
  const double seconds = static_cast<double>(elapsed_ms) / 1000 * (1 - share) / share;
  return seconds < LONGEST_S ? time_text(static_cast<u64>(seconds)) + " left" : std::string();
}

Console::Surroundings Console::standard_surroundings() {
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  return {.terminal = terminal, .columns = terminal ? terminal_columns() : 80};
}

Console::Console(std::string program, Manner manner, Surroundings surroundings)
    : program_(std::move(program)), manner_(manner), around_(surroundings) {}

Console::~Console() { make_room(); }

void Console::note(std::string_view text) {
  if (!stages_shown()) return;
  make_room();
  print(around_.out, fmt::format("{}\n", text));
}

void Console::warn(std::string_view text) {
  make_room();
  print(around_.err, fmt::format("{}: warning: {}\n", program_, text));
}

void Console::detail(int level, std::string_view text) {
  if (manner_.verbosity < level) return;
  make_room();
  print(around_.err, fmt::format("{}\n", text));
}

void Console::stage(std::string_view title) {
  if (!stage_.empty()) stage_done("done");
  stage_ = title;
  stage_began_ms_ = progress_shown_ms_ = around_.clock_ms();
  if (stages_shown() && manner_.headings) print(around_.out, fmt::format("{}\n", stage_));
  if (!stages_shown() || !around_.terminal || manner_.headings) return;
  print(around_.out, fmt::format("{}: ", stage_));
  std::fflush(around_.out);
  line_open_ = true;
}

void Console::stage_done(std::string_view result) {
  if (manner_.headings) {
    make_room();
  } else if (stages_shown() && !stage_.empty()) {
    print(around_.out, fmt::format("{}{}: {}\n", line_open_ ? "\r\033[K" : "", stage_, result));
  }
  line_open_ = false;
  stage_.clear();
}

/// Whatever is to be printed next must not go behind a half-written stage.
void Console::make_room() {
  if (!line_open_) return;
  print(around_.out, "\r\033[K");
  std::fflush(around_.out);
  line_open_ = false;
}

void Console::progress(u64 done, u64 total) {
  if (!stages_shown() || stage_.empty()) return;
  const u64 now = around_.clock_ms();
  if (!progress_due(now)) return;
  progress_shown_ms_ = now;
  show_progress(total == 0 ? done : std::min(done, total), total, now - stage_began_ms_);
}

bool Console::progress_due(u64 now_ms) const {
  const bool wanted =
      manner_.progress == Progress::shown || (manner_.progress == Progress::automatic && around_.terminal &&
                                              now_ms - stage_began_ms_ >= patience_ms);
  return wanted && now_ms - progress_shown_ms_ >= (around_.terminal ? REFRESH_MS : LINE_MS);
}

void Console::show_progress(u64 done, u64 total, u64 elapsed_ms) {
  const double each_second = static_cast<double>(done) * 1000 / static_cast<double>(elapsed_ms);
  const std::string_view name =
      std::string_view(stage_).substr(0, manner_.headings ? stage_.find(':') : stage_.npos);
  const double share = static_cast<double>(done) / static_cast<double>(total);
  const std::string how_far = total == 0 ? std::to_string(done) : fmt::format("{:3.0f}%", share * 100);
  std::string line = fmt::format("{}: {}  {}", name, how_far, rate_text(each_second));
  if (const std::string left = time_left(done, total, elapsed_ms); !left.empty()) line += "  " + left;
  if (line.size() >= around_.columns) line.resize(around_.columns - 1);  // a full line would wrap
  print(around_.out, around_.terminal ? fmt::format("\r{}\033[K", line) : line + '\n');
  std::fflush(around_.out);
  line_open_ = around_.terminal;
}

void Console::say(std::string_view text) {
  make_room();
  std::FILE* const to = dialogue();
  print(to, text);
  std::fflush(to);
}

bool Console::confirm(std::string_view prompt) {
  make_room();
  std::FILE* const to = dialogue();
  if (manner_.answers != Answers::ask) {
    const bool yes = manner_.answers == Answers::yes;
    print(to, fmt::format("{}{}\n", prompt, yes ? 'y' : 'n'));
    return yes;
  }
  print(to, prompt);
  std::fflush(to);
  char* line = nullptr;
  std::size_t room = 0;
  const bool answered = getline(&line, &room, around_.in) > 0;
  const bool yes = answered && (line[0] == 'y' || line[0] == 'Y') && !interrupted();
  std::free(line);
  if (!answered) print(to, "\n");
  return yes;
}

}  // namespace ocfs2
