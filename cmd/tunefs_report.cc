// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "cmd/json.h"
#include "cmd/tunefs.h"

namespace ocfs2 {
namespace {

constexpr u64 refresh_ms = 125;  ///< eight times a second at most

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

TuneProgress::TuneProgress(Console& console, Bar bar, Console::Surroundings surroundings, std::string whole)
    : console_(console), bar_(bar), around_(surroundings), whole_(std::move(whole)) {}

void TuneProgress::operations(u64 done, u64 total) {
  operations_done_ = done;
  operations_ = std::max<u64>(total, 1);
}

void TuneProgress::note(std::string_view text) {
  make_room();
  console_.detail(1, text);
}

void TuneProgress::warn(std::string_view text) {
  make_room();
  console_.warn(text);
}

void TuneProgress::stage(std::string_view title) {
  note(title);
  title_ = title;
  began_ms_ = around_.clock_ms();
  if (bar_ == Bar::always) show(0, 1, began_ms_);
}

void TuneProgress::stage_done(std::string_view) {
  if (bar_ == Bar::always) show(1, 1, around_.clock_ms());
  if (bar_ == Bar::always && around_.terminal) std::fputs("\n", around_.out), line_open_ = false;
  make_room();
  title_.clear();
}

void TuneProgress::progress(u64 done, u64 total) {
  const u64 now = around_.clock_ms();
  if (total != 0 && due(now)) show(std::min(done, total), total, now);
}

bool TuneProgress::due(u64 now_ms) const {
  const bool wanted = bar_ == Bar::always ||
                      (bar_ == Bar::when_long && around_.terminal && now_ms - began_ms_ >= patience_ms);
  return wanted && !title_.empty() && now_ms - shown_ms_ >= refresh_ms;
}

/// "[tunefs.ocfs2   0% > Adding slots  13%] 0:42 left"; where that is too wide only its last part.
void TuneProgress::show(u64 done, u64 total, u64 now_ms) {
  shown_ms_ = now_ms;
  const std::string part = fmt::format("{} {:3}%", title_, percent(done, total));
  std::string line = fmt::format("[{} {:3}% > {}]", whole_, percent(operations_done_, operations_), part);
  const std::string left = time_left(done, total, now_ms - began_ms_);
  const bool foretold = around_.terminal && done < total && !left.empty();
  const std::string behind = foretold ? " " + left : "";
  if (line.size() + behind.size() >= around_.columns) line = fmt::format("[{}]", part);
  line += behind;
  if (line.size() >= around_.columns) line.resize(around_.columns - 1);
  fmt::print(around_.out, "{}{}", line, around_.terminal ? "\033[K\r" : "\n");
  std::fflush(around_.out);
  line_open_ = around_.terminal;
}

/// Whatever comes next must not be written over a bar.
void TuneProgress::make_room() {
  if (!line_open_) return;
  std::fputs("\033[K", around_.out);
  std::fflush(around_.out);
  line_open_ = false;
}

}  // namespace ocfs2
