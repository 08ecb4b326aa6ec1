// SPDX-License-Identifier: GPL-2.0-or-later
//
// defragfs.ocfs2: brings the pieces of files together (spec: commands.md 13).
#include "cmd/defragfs.h"

#include <fmt/format.h>

#include <cstdio>

#include "cmd/applets.h"
#include "cmd/json.h"
#include "cmd/options.h"
#include "cmd/version.h"
#include "cmd/volume_guard.h"
#include "engine/error.h"

namespace ocfs2 {
namespace {

constexpr std::string_view notes =
    "A mounted volume is defragmented by the kernel, file by file; one that nobody\n"
    "has mounted by this program, which gathers its free space, too.\n"
    "\n"
    "Exit status: 0 when all went well; 1 when a file could not be brought\n"
    "together, or it was interrupted; 2 when the command line is wrong.";

void declare(Options& options, DefragWords& words) {
  options.flag("-c", words.count, "Only count the files");
  options.flag("-v", words.verbose, "Say more");
  options.flag("-l", words.gentle, "Low I/O rate: rest after each file as long as it took");
  options.flag("-g", words.resume, "Go on where the last run was interrupted");
  options.flag("--json", words.json, "Describe what was done as JSON on standard output");
  options.group("On a volume that nobody has mounted");
  options.flag("--offline", words.offline,
               "Targets are devices or images: bring files and free space together");
  options.text("--undo=FILE", words.undo, "Keep in FILE what is overwritten, for ocfs2box undo");
  options.custom(
      "--assume-offline[=NODES]",
      [&words](std::string_view nodes) { words.absent = offline_claim(std::string(nodes)); },
      "You know that all nodes (or these, by number or name) are off");
  options.positional("TARGET", words.targets, "Files, directories or devices of mounted volumes");
  options.notes(notes);
}

void judge(const Options& options, const DefragWords& words) {
  if (!words.offline && (words.undo || words.absent))
    options.misuse("--undo and --assume-offline have a meaning with --offline only");
  if (words.offline && (words.resume || words.gentle))
    options.misuse("-g and -l have no meaning with --offline: run it again, and it goes on");
  if (words.offline && words.undo && words.targets.size() > 1)
    options.misuse("--undo keeps what is overwritten of one device only");
  if (words.resume == !words.targets.empty())
    options.misuse(words.resume ? "-g goes on with the targets of the last run: name none"
                                : "no file, directory or device is named");
}

bool run_offline(const DefragWords& words, const std::string& program, JsonWriter* json) {
  bool well = true;
  for (const std::string& device : words.targets) well &= defragment_device(words, device, program, json);
  return well;
}

bool run_on_mounted(DefragWords& words, JsonWriter* json) {
  if (!words.resume) return defragment_mounted(words, "", json);
  const DefragRecord record = load_defrag_record();
  words.verbose |= record.verbose;
  words.gentle |= record.gentle;
  words.targets = record.targets;
  if (!json) fmt::print("Record detected...\n");
  return defragment_mounted(words, record.last_file, json);
}

bool work(DefragWords& words, const std::string& program, JsonWriter* json) {
  return words.offline ? run_offline(words, program, json) : run_on_mounted(words, json);
}

}  // namespace

int run_defragfs(std::span<char*> arguments) {
  DefragWords words;
  Options options(arguments, "Bring the pieces of files together, and free space with them.");
  declare(options, words);
  if (const auto status = options.parse()) return *status;
  judge(options, words);
  if (!words.json) fmt::print("{}\n", version_line(options.program()));
  if (!words.json) return work(words, options.program(), nullptr) ? 0 : 1;
  JsonWriter json;
  json.begin_object().begin_array("targets");
  const auto print = [&json] {
    json.end_array().end_object();
    std::fputs(json.text().c_str(), stdout);
  };
  try {
    const bool well = work(words, options.program(), &json);
    print();
    return well ? 0 : 1;
  } catch (const Error&) {
    print();
    throw;
  }
}

}  // namespace ocfs2
