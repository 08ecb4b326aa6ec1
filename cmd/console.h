// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a person or a script sees of a command: lines, stages, warnings, progress, questions. The engine knows
// only its Reporter side. In JSON mode standard output belongs to the one document that the applet writes
// with a JsonWriter (cmd/json.h): notes and stages are dropped, warnings still go to standard error.
//
// Results and stages go to standard output, warnings and verbose lines to standard error. A stage is one
// line, "Creating bitmaps: done", written when it is over; on a terminal its title stands there while it
// runs, and when it takes longer than a second, how far it is.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "engine/reporter.h"
#include "ondisk/integers.h"

namespace ocfs2 {

/// Turns SIGINT, SIGTERM and SIGHUP (unless that is ignored, as under nohup) into a question that long work
/// asks between its steps. The second signal ends the program at once. One such object at a time; its
/// destructor restores what was before.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  static bool interrupted();
  static int signal();  ///< the number of the one that came, 0 for none
};

u64 monotonic_ms();  ///< milliseconds on a clock that only goes forward

inline constexpr u64 patience_ms = 1000;  ///< work shorter than this needs no progress
/// When `done` of `total` took `elapsed_ms`: "0:42 left"; empty when that cannot be foretold.
std::string time_left(u64 done, u64 total, u64 elapsed_ms);

class Console final : public Reporter {
 public:
  enum class Output { text, quiet, json };
  enum class Answers { ask, yes, no };
  /// automatic: on a terminal, for stages that take longer than a second.
  enum class Progress { automatic, shown, hidden };

  /// Where the words go and the time comes from; tests bring their own.
  struct Surroundings {
    std::FILE* in = stdin;
    std::FILE* out = stdout;
    std::FILE* err = stderr;
    u64 (*clock_ms)() = monotonic_ms;
    bool terminal;  ///< whether `out` is one
    unsigned columns;
  };
  static Surroundings standard_surroundings();

  struct Manner {
    Output output = Output::text;
    Answers answers = Answers::ask;
    int verbosity = 0;  ///< how many -v
    Progress progress = Progress::automatic;
    bool headings = false;        ///< a stage's title is a line of its own, and its end is none
    bool dialogue_aside = false;  ///< questions go to standard error, as in JSON mode
  };

  /// `program` is put in front of warnings.
  Console(std::string program, Manner manner, Surroundings surroundings = standard_surroundings());
  ~Console() override;

  void note(std::string_view text) override;
  void warn(std::string_view text) override;
  void stage(std::string_view title) override;
  void stage_done(std::string_view result) override;
  void progress(u64 done, u64 total) override;
  bool interrupted() const override { return InterruptWatch::interrupted(); }

  void set_progress(Progress progress) { manner_.progress = progress; }
  /// A piece of a dialogue, as it stands: on standard output, in JSON mode or aside on standard error.
  void say(std::string_view text);
  /// Where answers come from.
  std::FILE* input() const { return around_.in; }

  /// A line on standard error that is only for those who asked for as many -v as `level`.
  void detail(int level, std::string_view text);

  /// Asks `prompt`, which ends in "(y/N): " or the like, on standard output (in JSON mode or aside: error)
  /// and reads a line. True when it begins with y or Y; the end of the input and an interruption mean no.
  /// With a settled answer the prompt is printed with that answer behind it and nothing is read.
  bool confirm(std::string_view prompt);

 private:
  std::FILE* dialogue() const {
    return manner_.output == Output::json || manner_.dialogue_aside ? around_.err : around_.out;
  }
  bool stages_shown() const { return manner_.output == Output::text; }
  bool progress_due(u64 now_ms) const;
  void end_stage_line(std::string_view result);
  void make_room();
  void show_progress(u64 done, u64 total, u64 elapsed_ms);

  std::string program_;
  Manner manner_;
  Surroundings around_;
  InterruptWatch interrupts_;
  std::string stage_;  ///< title of the running stage, empty for none
  u64 stage_began_ms_ = 0;
  u64 progress_shown_ms_ = 0;
  bool line_open_ = false;  ///< the cursor is behind something that belongs to the running stage
};

}  // namespace ocfs2
