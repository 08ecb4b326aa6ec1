// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of tunefs.ocfs2: the words of its command line, what it shows while it works and afterwards, and
// answers about a volume as it is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cmd/console.h"
#include "engine/cluster/guard.h"
#include "engine/tune/operations.h"

namespace ocfs2 {

/// What was asked for, and how.
struct TuneWords {
  std::string device;
  std::vector<Operation> operations;  ///< in the order in which they are carried out
  std::optional<std::string> query;   ///< -Q
  bool list_sparse = false, minimum_size = false;
  bool interactive = false, yes = false, no = false;
  bool progress = false, dry_run = false, json = false;
  int verbosity = 0, quietness = 0;
  std::optional<std::string> undo;
  std::optional<OfflineClaim> offline;

  bool quiet() const { return quietness > verbosity; }
};

/// Fills the words; an exit status when the command is over already. Throws Misuse.
std::optional<int> parse_tunefs(std::span<char*> arguments, TuneWords& words);

/// Throws Misuse when `format` has what is no specifier.
void judge_query(const std::string& format);
/// The text that a format asks for (spec: commands.md 3.2 -Q).
std::string query_text(const std::string& format, Volume& volume);

/// How small the volume can be made, in a line.
std::string minimum_size_text(Volume& volume);

/// Prints all files with holes, in the form that scripts know.
void print_sparse_files(Volume& volume);

/// What became of one operation.
struct TuneStep {
  enum class State { unchanged, declined, planned, done, failed };
  std::string name;
  std::optional<Change> change{};
  std::string settled{};  ///< why nothing is to be done
  State state = State::unchanged;
};
/// Carries out what the words ask for, with all that goes before: who uses the device, who has the volume,
/// what would change, may it. Throws Error.
std::vector<TuneStep> run_operations(const TuneWords& words, const std::string& program);
std::string tune_json(const std::string& device, bool dry_run, const std::vector<TuneStep>& steps,
                      const std::string& error);
/// "label: "a" -> "b"", a line.
std::string change_text(const Change& change);

/// What the engine says while it works: stages for those who want to read more, and a bar that is one line
/// (spec: commands.md 0.8), on a terminal with the time that is left.
class TuneProgress final : public Reporter {
 public:
  /// when_long: on a terminal, for stages that take longer than a second; the bar goes with its stage.
  enum class Bar { hidden, when_long, always };

  /// `whole` is what the bar calls the work as a whole.
  TuneProgress(Console& console, Bar bar, Console::Surroundings surroundings,
               std::string whole = "tunefs.ocfs2");

  void note(std::string_view text) override;
  void warn(std::string_view text) override;
  void stage(std::string_view title) override;
  void stage_done(std::string_view result) override;
  void progress(u64 done, u64 total) override;
  bool interrupted() const override { return console_.interrupted(); }

  /// `done` of `total` operations are through.
  void operations(u64 done, u64 total);

 private:
  bool due(u64 now_ms) const;
  void show(u64 done, u64 total, u64 now_ms);
  void make_room();

  Console& console_;
  Bar bar_;
  Console::Surroundings around_;
  const std::string whole_;
  std::string title_;
  u64 operations_done_ = 0, operations_ = 1;
  u64 began_ms_ = 0, shown_ms_ = 0;
  bool line_open_ = false;  ///< the cursor stands before a bar
};

}  // namespace ocfs2
