// SPDX-License-Identifier: GPL-2.0-or-later
//
// defragfs.ocfs2 --offline: on a device or image that nobody has. It is opened, held, and changed as tunefs
// does it.
#include <fmt/format.h>

#include <cstdio>

#include "cmd/defragfs.h"
#include "cmd/json.h"
#include "cmd/tunefs.h"
#include "engine/error.h"
#include "engine/tune/defragment.h"

namespace ocfs2 {
namespace {

void print_counts(const std::string& device, const Scatter& scatter) {
  fmt::print("{:8} files should be defraged in [{}]\n", scatter.broken_files, device);
  fmt::print("{:8} files are in {} pieces\n", scatter.files, scatter.pieces);
  fmt::print("{:8} clusters are free in {} runs, {} in the longest\n", scatter.free_clusters,
             scatter.free_runs, scatter.longest_free);
}

void print_changes(const DefragmentReport& report) {
  const auto row = [](std::string_view name, u64 before, u64 after) {
    fmt::print("\t{:<24}{:>10} -> {}\n", name, before, after);
  };
  row("Files in pieces:", report.before.broken_files, report.after.broken_files);
  row("Pieces of all files:", report.before.pieces, report.after.pieces);
  row("Free runs:", report.before.free_runs, report.after.free_runs);
  row("Longest free run:", report.before.longest_free, report.after.longest_free);
  fmt::print("\t{:<24}{:>10} clusters\n", "Moved:", report.moved_clusters);
}

/// What the figures do not say by themselves.
void print_rest(const Scatter& after) {
  if (after.shared_files > 0)
    fmt::print("{} files share clusters with others; these stay where they are\n", after.shared_files);
  if (after.broken_files > 0)
    fmt::print(
        "{} files stay in pieces: no free run is long enough to join them; with more room free, run "
        "this again\n",
        after.broken_files);
}

void add_scatter(JsonWriter& json, std::string_view name, const Scatter& scatter) {
  json.begin_object(name).field("files", scatter.files).field("files_in_pieces", scatter.broken_files);
  json.field("pieces", scatter.pieces).field("files_sharing", scatter.shared_files);
  json.field("free_clusters", scatter.free_clusters).field("free_runs", scatter.free_runs);
  json.field("longest_free_run", scatter.longest_free).end_object();
}

void add_report(JsonWriter& json, const std::string& device, bool count, const DefragmentReport& report,
                const std::string& error) {
  json.begin_object().field("device", device).field("mode", "offline");
  add_scatter(json, count ? "now" : "before", report.before);
  if (!count && error.empty()) add_scatter(json, "after", report.after);
  json.field("moved_clusters", report.moved_clusters);
  if (!error.empty()) json.field("error", error);
  json.end_object();
}

TuneWords tune_words(const DefragWords& words, const std::string& device,
                     std::shared_ptr<DefragmentReport> report) {
  TuneWords tune;
  tune.device = device;
  tune.operations = {defragment(std::move(report))};
  tune.dry_run = words.count;
  tune.verbosity = words.verbose ? 1 : 0;
  tune.quietness = words.count || words.json ? 2 : 0;
  tune.undo = words.undo;
  tune.offline = words.absent;
  return tune;
}

}  // namespace

bool defragment_device(const DefragWords& words, const std::string& device, const std::string& program,
                       JsonWriter* json) {
  const auto report = std::make_shared<DefragmentReport>();
  try {
    run_operations(tune_words(words, device, report), program);
  } catch (const Error& error) {
    if (json) add_report(*json, device, words.count, *report, error.what());
    if (!json && report->moved_clusters > 0)
      fmt::print("{} clusters were moved, and stay so; run this again to go on\n", report->moved_clusters);
    throw;
  }
  if (json) {
    add_report(*json, device, words.count, *report, "");
  } else {
    words.count ? print_counts(device, report->before) : print_changes(*report);
    print_rest(report->after);
  }
  return words.count || report->after.broken_files == 0;
}

}  // namespace ocfs2
