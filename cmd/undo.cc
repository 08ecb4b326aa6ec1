// SPDX-License-Identifier: GPL-2.0-or-later
//
// ocfs2box undo: puts back what a command overwrote that was run with --undo FILE.
#include <fmt/core.h>

#include "cmd/applets.h"
#include "cmd/console.h"
#include "cmd/options.h"
#include "engine/io/file_device.h"
#include "engine/io/undo_file.h"

namespace ocfs2 {
namespace {

struct UndoWords {
  std::string file, device;
  bool dry_run = false, quiet = false;
};

void undo(const UndoWords& words, const std::string& program) {
  Console console(program, {.output = words.quiet ? Console::Output::quiet : Console::Output::text});
  const auto store =
      FileDevice::open(words.file, words.dry_run ? Access::read_only : Access::read_write, Caching::buffered);
  store->let_grow();  // it is noted there how far this got
  UndoReader reader(*store);
  console.note(
      fmt::format("{} keeps {} bytes of {}", words.file, reader.saved_bytes(), reader.device_name()));
  if (words.dry_run) return;
  const auto device = FileDevice::open(words.device, Access::exclusive);
  console.stage("Putting them back");
  reader.restore(*device);
  console.stage_done("done");
}

}  // namespace

int run_undo(std::span<char*> arguments) {
  UndoWords words;
  Options options(arguments,
                  "Put back what a command overwrote that was run with --undo FILE. The volume must not be "
                  "mounted on any node, and nothing else may have changed it since.");
  options.flag("-n, --dry-run", words.dry_run, "Only check FILE and tell what is in it");
  options.flag("-q, --quiet", words.quiet, "Say nothing but errors");
  options.positional("FILE", words.file, "The file that --undo named");
  options.positional("DEVICE", words.device, "The device or image file that the command changed");
  options.notes(
      "After a crash it may be run again.\n"
      "\n"
      "Exit status: 0 everything is back, 1 nothing was written or the device failed, 2 the command line is "
      "wrong.");
  if (const auto status = options.parse()) return *status;
  undo(words, options.program());
  return 0;
}

}  // namespace ocfs2
