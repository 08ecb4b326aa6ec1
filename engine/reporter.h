// SPDX-License-Identifier: GPL-2.0-or-later
//
// The only way words and numbers leave the engine. The engine never prints, prompts or exits: a command hands
// it a Reporter that writes text, JSON, a progress line, or nothing.
#pragma once

#include <cstdint>
#include <string_view>

namespace ocfs2 {

class Reporter {
 public:
  virtual ~Reporter() = default;

  /// A fact worth a line.
  virtual void note(std::string_view text) = 0;
  /// Something that the user should know although the work goes on.
  virtual void warn(std::string_view text) = 0;
  /// A stage of the work begins ("Formatting journals"); it ends at the next stage or with `stage_done`.
  virtual void stage(std::string_view title) = 0;
  /// The current stage is over; `result` is "done" or a short fact.
  virtual void stage_done(std::string_view result) = 0;
  /// `done` of `total` units of the current stage are through; nobody knows of how many when `total` is 0.
  /// Cheap: may be called often.
  virtual void progress(std::uint64_t done, std::uint64_t total) = 0;
  /// True when the user asked to stop; long work polls it between its steps.
  virtual bool interrupted() const = 0;
};

/// Says nothing; for tests and for work whose result speaks for itself.
class SilentReporter final : public Reporter {
 public:
  void note(std::string_view) override {}
  void warn(std::string_view) override {}
  void stage(std::string_view) override {}
  void stage_done(std::string_view) override {}
  void progress(std::uint64_t, std::uint64_t) override {}
  bool interrupted() const override { return false; }
};

}  // namespace ocfs2
