// SPDX-License-Identifier: GPL-2.0-or-later
//
// The conversation of fsck: headings, questions and their answers, progress to people and to programs, and
// the record of it all that becomes the JSON document.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "cmd/console.h"
#include "cmd/fsck.h"
#include "cmd/key_reader.h"

namespace ocfs2 {

/// SIGUSR1 shows progress, SIGUSR2 hides it; and a reader of our output who goes away must not end a repair,
/// so SIGPIPE is ignored. One such object at a time.
class FsckSignals {
 public:
  FsckSignals();
  ~FsckSignals();
  FsckSignals(const FsckSignals&) = delete;
  FsckSignals& operator=(const FsckSignals&) = delete;

  /// The last wish since it was asked for; nothing when there was none.
  static std::optional<bool> progress_wish();
};

/// Lines "PASS DONE TOTAL DEVICE" for a program, as systemd-fsck reads them: passes 1 to 5.
class ProgressLines {
 public:
  /// `file` below 0: silent.
  ProgressLines(int file, std::string device) : file_(file), device_(std::move(device)) {}
  void pass(std::string_view heading);
  void progress(u64 done, u64 total);
  void set_silent(bool silent) { silent_ = silent; }

 private:
  int file_;
  std::string device_;
  bool silent_ = false;
  int pass_ = 0;
  u64 last_permille_ = 0;
};

/// A finding and its answer, kept for the JSON document.
struct AnsweredFinding {
  std::string code;
  std::string text;
  std::vector<std::pair<std::string, u64>> numbers;
  std::string name, detail;
  bool asked;  ///< there was something to answer
  bool yes;
};

class FsckConsole final : public Reporter {
 public:
  static constexpr std::size_t findings_max = 100'000;  ///< kept for JSON

  enum class Abort { none, ctrl_c, escape, closed };

  FsckConsole(Console& console, const FsckWords& words);

  void note(std::string_view text) override { console_.note(text); }
  void warn(std::string_view text) override { console_.warn(text); }
  void stage(std::string_view title) override;
  void stage_done(std::string_view result) override;
  void progress(u64 done, u64 total) override;
  bool interrupted() const override { return console_.interrupted(); }

  /// Shows a finding and gets its answer. Throws Error(interrupted) when the user does not want to answer;
  /// `abort` tells how.
  Reply answer(const Finding& finding);
  Abort abort() const { return abort_; }

  /// Called at the end of each pass with its heading; for -tt.
  std::function<void(std::string_view)> pass_done{};

  const std::vector<std::string>& passes() const { return passes_; }
  const std::vector<AnsweredFinding>& findings() const { return findings_; }
  u64 findings_dropped() const { return findings_dropped_; }

 private:
  Reply settled_answer(const Finding& finding) const;
  Reply ask(const Finding& finding);
  [[noreturn]] void give_up(Abort how, std::string_view words);
  void remember(const Finding& finding, Reply reply);
  void end_pass();

  Console& console_;
  Answering answering_;
  bool keep_;
  KeyReader keys_;
  ProgressLines lines_;
  Abort abort_ = Abort::none;
  std::string pass_;
  std::vector<std::string> passes_;
  std::vector<AnsweredFinding> findings_;
  u64 findings_dropped_ = 0;
};

}  // namespace ocfs2
