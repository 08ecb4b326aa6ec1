// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "cmd/json.h"
#include "cmd/tunefs.h"

namespace ocfs2 {
namespace {

constexpr u64 refresh_ms = 125;  ///< eight times a second at most
constexpr std::string_view whole = "tunefs.ocfs2";

std::string_view state_word(TuneStep::State state) {
  constexpr std::string_view words[] = {"unchanged", "declined", "planned", "done", "failed"};
  return words[static_cast<std::size_t>(state)];
}

void add_step(JsonWriter& json, const TuneStep& step) {
  json.begin_object().field("operation", step.name).field("state", state_word(step.state));
  if (step.change)
    json.field("what", step.change->what).field("from", step.change->from).field("to", step.change->to);
  else if (!step.settled.empty())
    json.field("why", step.settled);
  json.end_object();
}

u64 percent(u64 done, u64 total) {
  const double share = static_cast<double>(std::min(done, total)) / static_cast<double>(total);
  return static_cast<u64>(share * 100);
}

}  // namespace

std::string tune_json(const std::string& device, bool dry_run, const std::vector<TuneStep>& steps,
                      const std::string& error) {
  JsonWriter json;
  json.begin_object().field("device", device).field("dry_run", dry_run).begin_array("operations");
  for (const TuneStep& step : steps) add_step(json, step);
  json.end_array();
  if (!error.empty()) json.field("error", error);
  json.end_object();
  return json.text();
}

std::string change_text(const Change& change) {
  return fmt::format("{}: {} -> {}", change.what, change.from, change.to);
}

TuneProgress::TuneProgress(Console& console, bool shown, Console::Surroundings surroundings)
    : console_(console), shown_(shown), around_(surroundings) {}

void TuneProgress::operations(u64 done, u64 total) {
  operations_done_ = done;
  operations_ = std::max<u64>(total, 1);
}

void TuneProgress::stage(std::string_view title) {
  title_ = title;
  console_.detail(1, title);
  show(0, 1, true);
}

void TuneProgress::stage_done(std::string_view) {
  show(1, 1, true);
  if (shown_ && around_.terminal) std::fputs("\n", around_.out);
  title_.clear();
}

void TuneProgress::progress(u64 done, u64 total) { show(done, total, false); }

/// "[tunefs.ocfs2   0% > Adding slots  13%]"; where that is too wide only its last part.
void TuneProgress::show(u64 done, u64 total, bool now) {
  if (!shown_ || title_.empty() || total == 0) return;
  const u64 time = around_.clock_ms();
  if (!now && time - shown_ms_ < refresh_ms) return;
  shown_ms_ = time;
  const std::string part = fmt::format("{} {:3}%", title_, percent(done, total));
  std::string line = fmt::format("[{} {:3}% > {}]", whole, percent(operations_done_, operations_), part);
  if (line.size() >= around_.columns) line = fmt::format("[{}]", part);
  if (line.size() >= around_.columns) line.resize(around_.columns - 1);
  fmt::print(around_.out, "{}{}", line, around_.terminal ? '\r' : '\n');
  std::fflush(around_.out);
}

}  // namespace ocfs2
