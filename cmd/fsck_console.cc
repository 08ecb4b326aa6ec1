// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/fsck_console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

namespace ocfs2 {
namespace {

// A signal handler can reach nothing but what is global. 0: no wish, else the signal.
std::atomic<int> progress_signal = 0;

void remember_wish(int number) { progress_signal = number; }

struct NamedNumber {
  std::string_view name;
  u64 (*value)(const Facts&);
};

constexpr NamedNumber numbers[] = {
    {"inode", [](const Facts& facts) -> u64 { return facts.inode.value; }},
    {"other", [](const Facts& facts) -> u64 { return facts.other.value; }},
    {"block", [](const Facts& facts) -> u64 { return facts.block.value; }},
    {"found", [](const Facts& facts) -> u64 { return facts.found; }},
    {"expected", [](const Facts& facts) -> u64 { return facts.expected; }},
    {"count", [](const Facts& facts) -> u64 { return facts.count; }},
    {"index", [](const Facts& facts) -> u64 { return facts.index; }},
    {"slot", [](const Facts& facts) -> u64 { return facts.slot; }},
};

/// Whether a problem's sentence speaks of this fact.
bool speaks_of(const Problem& problem, std::string_view name) {
  return problem.found.find(fmt::format("{{{}}}", name)) != std::string_view::npos;
}

}  // namespace

FsckSignals::FsckSignals() {
  progress_signal = 0;
  struct sigaction action {};
  action.sa_handler = remember_wish;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
  sigaction(SIGUSR2, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

FsckSignals::~FsckSignals() {
  for (const int signal : {SIGUSR1, SIGUSR2, SIGPIPE}) std::signal(signal, SIG_DFL);
}

std::optional<bool> FsckSignals::progress_wish() {
  const int signal = progress_signal.exchange(0);
  if (signal == 0) return std::nullopt;
  return signal == SIGUSR1;
}

void ProgressLines::pass(std::string_view heading) {
  // Pass 0 and the extra passes behind pass 1 have no place of their own in what is read there.
  const bool numbered = heading.starts_with("Pass ") && heading.size() > 6 && heading[5] >= '1' &&
                        heading[5] <= '5' && (heading[5] != '1' || heading[6] == ':');
  pass_ = numbered ? heading[5] - '0' : 0;
  last_permille_ = 0;
}

void ProgressLines::progress(u64 done, u64 total) {
  if (file_ < 0 || silent_ || pass_ == 0 || total == 0) return;
  const u64 permille =
      static_cast<u64>(static_cast<double>(std::min(done, total)) * 1000 / static_cast<double>(total));
  if (permille <= last_permille_) return;
  last_permille_ = permille;
  const std::string line = fmt::format("{} {} {} {}\n", pass_, std::min(done, total), total, device_);
  if (write(file_, line.data(), line.size()) < 0 && errno != EAGAIN) file_ = -1;  // nobody reads any more
}

FsckConsole::FsckConsole(Console& console, const FsckWords& words)
    : console_(console),
      answering_(words.answering()),
      keep_(words.json),
      keys_(console.input()),
      lines_(std::abs(words.progress_file.value_or(0)) > 0 ? std::abs(*words.progress_file) : -1,
             words.device) {
  lines_.set_silent(words.progress_file.value_or(0) < 0);
}

void FsckConsole::end_pass() {
  if (!pass_.empty() && pass_done) pass_done(pass_);
  pass_.clear();
}

void FsckConsole::stage(std::string_view title) {
  end_pass();
  console_.stage(title);
  lines_.pass(title);
  if (!title.starts_with("Pass ")) return;
  pass_ = title;
  passes_.emplace_back(title);
}

void FsckConsole::stage_done(std::string_view result) {
  console_.stage_done(result);
  end_pass();
}

void FsckConsole::progress(u64 done, u64 total) {
  if (const std::optional<bool> wish = FsckSignals::progress_wish()) {
    console_.set_progress(*wish ? Console::Progress::shown : Console::Progress::hidden);
    lines_.set_silent(!*wish);
  }
  console_.progress(done, total);
  lines_.progress(done, total);
}

Reply FsckConsole::answer(const Finding& finding) {
  std::string line = fmt::format("[{}] {}", finding.problem.code, finding.text);
  if (!finding.question.empty()) line += fmt::format(" {}", finding.question);
  Reply reply = Reply::no;
  if (finding.question.empty()) {
    console_.say(line + "\n");
  } else if (finding.settled || answering_ != Answering::ask) {
    reply = settled_answer(finding);
    console_.say(fmt::format("{} {}\n", line, reply == Reply::no ? 'n' : 'y'));
  } else {
    if (!finding.problem.refusal.empty()) line += fmt::format(" (If not: {})", finding.problem.refusal);
    console_.say(fmt::format("{} <{}> ", line, finding.problem.usual == Answer::yes ? 'y' : 'n'));
    reply = ask(finding);
  }
  remember(finding, reply);
  return reply;
}

Reply FsckConsole::settled_answer(const Finding& finding) const {
  Answer answer = finding.settled ? Answer::yes : Answer::no;
  if (!finding.settled && answering_ == Answering::yes) answer = finding.problem.wholesale;
  if (!finding.settled && answering_ == Answering::unasked) answer = finding.problem.unattended;
  return answer == Answer::yes ? Reply::yes : Reply::no;
}

Reply FsckConsole::ask(const Finding& finding) {
  while (const std::optional<char> key = keys_.read()) {
    char letter = static_cast<char>(*key >= 'A' && *key <= 'Z' ? *key | 0x20 : *key);
    if (letter == key_ctrl_c) give_up(Abort::ctrl_c, "ctl-c pressed, aborting.");
    if (letter == key_escape) give_up(Abort::escape, "ESC pressed, aborting.");
    if (letter == ' ' || letter == '\n' || letter == '\r')
      letter = finding.problem.usual == Answer::yes ? 'y' : 'n';
    else if (letter == 'y' || letter == 'n' || letter == 'a')
      keys_.taken();
    if (letter != 'y' && letter != 'n' && letter != 'a') continue;
    console_.say(letter == 'a' ? "a (yes to all of these)\n" : fmt::format("{}\n", letter));
    return letter == 'a' ? Reply::yes_to_all : letter == 'y' ? Reply::yes : Reply::no;
  }
  give_up(Abort::closed, "input failed, aborting.");
}

void FsckConsole::give_up(Abort how, std::string_view words) {
  console_.say(fmt::format("{}\n", words));
  abort_ = how;
  throw Error(ErrorKind::interrupted, std::string(words));
}

void FsckConsole::remember(const Finding& finding, Reply reply) {
  if (!keep_) return;
  if (findings_.size() == findings_max) {
    ++findings_dropped_;
    return;
  }
  AnsweredFinding kept{std::string(finding.problem.code), finding.text,      {}, {}, {},
                       !finding.question.empty(),         reply != Reply::no};
  for (const NamedNumber& number : numbers)
    if (speaks_of(finding.problem, number.name))
      kept.numbers.emplace_back(number.name, number.value(finding.facts));
  if (speaks_of(finding.problem, "clusters")) {
    kept.numbers.emplace_back("first_cluster", finding.facts.clusters.first);
    kept.numbers.emplace_back("clusters", finding.facts.clusters.count);
  }
  if (speaks_of(finding.problem, "name")) kept.name = finding.facts.name;
  if (speaks_of(finding.problem, "detail")) kept.detail = finding.facts.detail;
  findings_.push_back(std::move(kept));
}

}  // namespace ocfs2
