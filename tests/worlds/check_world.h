// SPDX-License-Identifier: GPL-2.0-or-later
//
// One run of fsck on a device in memory: who answers, what was found, what was said.
//
//     const CheckRun run = check_volume(device, {.answers = Reply::yes});
//     CHECK(run.found == Codes{"JOURNAL_FILE_INVALID"});
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/check/volume_check.h"
#include "tests/worlds/scratch_directory.h"

namespace ocfs2 {

struct CheckWish {
  Reply answers = Reply::yes;            ///< to everything
  std::set<std::string_view> refused{};  ///< codes that are answered with no instead
  bool read_only = false;                ///< -n
  bool force = false;                    ///< -f
  SuperWish super{};
  std::string undo_path{};  ///< empty: a scratch directory's
  u64 now_seconds = 1'900'000'000;
  unsigned threads = 1;
  u64 memory_bytes = CheckOptions{}.memory_bytes;
};

struct CheckRun {
  std::vector<std::string> codes;  ///< in the order in which they were found
  std::vector<std::string> texts;
  std::vector<std::string> notes, warnings;
  std::optional<std::string> reason;
  std::string next_check;
  CheckOutcome outcome;

  bool said(std::string_view words) const { return contains(notes, words) || contains(warnings, words); }
  bool found(std::string_view code) const { return outcome.by_code.contains(code); }

 private:
  static bool contains(const std::vector<std::string>& lines, std::string_view words) {
    return std::ranges::any_of(lines, [&](const std::string& line) { return line.find(words) != line.npos; });
  }
};

class ListeningReporter final : public Reporter {
 public:
  explicit ListeningReporter(CheckRun& run) : run_(run) {}
  void note(std::string_view text) override { run_.notes.emplace_back(text); }
  void warn(std::string_view text) override { run_.warnings.emplace_back(text); }
  void stage(std::string_view) override {}
  void stage_done(std::string_view) override {}
  void progress(u64, u64) override {}
  bool interrupted() const override { return false; }

 private:
  CheckRun& run_;
};

inline CheckRun check_volume(BlockDevice& device, const CheckWish& wish = {}) {
  CheckRun run;
  ListeningReporter reporter(run);
  ScratchDirectory scratch;
  const CheckOptions options{.read_only = wish.read_only,
                             .force = wish.force,
                             .memory_bytes = wish.memory_bytes,
                             .threads = wish.threads};
  CheckSurroundings surroundings{.reporter = reporter,
                                 .ask =
                                     [&](const Finding& finding) {
                                       run.codes.emplace_back(finding.problem.code);
                                       run.texts.push_back(finding.text);
                                       const bool no = finding.question.empty() ||
                                                       wish.refused.contains(finding.problem.code);
                                       return no ? Reply::no : wish.answers;
                                     },
                                 .now_seconds = [&] { return wish.now_seconds; },
                                 .undo_path = wish.undo_path.empty() ? scratch / "undo" : wish.undo_path};
  if (wish.read_only)
    surroundings.ask = [ask = surroundings.ask](const Finding& finding) {
      ask(finding);
      return Reply::no;
    };
  VolumeCheck check(device, wish.super, options, surroundings);
  check.prepare();
  run.reason = check.reason_to_check();
  run.next_check = check.next_check();
  if (run.reason) check.run_passes();
  run.outcome = check.finish();
  return run;
}

}  // namespace ocfs2
