// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every command of debugfs.ocfs2 that reads, on a volume that the input damages, ends in words or in an
// error, in text and as JSON, never in a crash or a hang. The first three bytes choose a command and what it
// looks at; what is typed at the prompt is completed, too.
#include <memory>

#include "cmd/debugfs.h"
#include "engine/error.h"
#include "tests/fuzz/small_volume.h"

namespace ocfs2 {
namespace {

/// Shows a command of the table; "?" is a filespec, "#" a block. What writes, waits, or asks the kernel is
/// not among them.
constexpr std::string_view lines[] = {
    "stats",        "stats -s 1",    "slotmap",    "hb",       "stat_sysdir", "gd_free_bits", "curdev",
    "logdump 0",    "logdump 1",     "icheck #",   "locate #", "findpath #",  "extent #",     "group #",
    "grpextents #", "dx_root #",     "dx_leaf #",  "decode #", "stat ?",      "stat -T ?",    "ls -l ?",
    "cat ?",        "bmap ? 3",      "frag ?",     "encode ?", "dirblocks ?", "dx_dump ?",    "dx_space ?",
    "xattr -v ?",   "refcount -e ?", "refcount ?", "cd ?",     "help"};
constexpr std::string_view paths[] = {"/",
                                      "//",
                                      "/lost+found",
                                      "//global_bitmap",
                                      "//journal:0000",
                                      "//inode_alloc:0000",
                                      "//truncate_log:0000",
                                      "//local_alloc:0000",
                                      "//slot_map",
                                      "//orphan_dir:0000"};

/// The line that the two bytes ask for; a place of 128 and more is a block behind what was planted.
std::string line_of(u8 choice, u8 place) {
  const std::string block = std::to_string(place < 128 ? place : planted + place % 8);
  const std::string path = place < std::size(paths) ? std::string(paths[place]) : "<" + block + ">";
  std::string line;
  for (const char letter : lines[choice % std::size(lines)])
    letter == '?' ? line += path : letter == '#' ? line += block : line += letter;
  return line;
}

void look(ConstBytes input) {
  static const SmallVolume base;
  static std::FILE* const nowhere = std::fopen("/dev/null", "w");
  DebugSession session;
  session.out = nowhere;
  session.json = (input[0] & 1) != 0;
  try {
    session.open_to_look(std::make_unique<MemoryDevice>(base.damaged(input.subspan(3))), 0);
  } catch (const Error&) {
    return;
  }
  const std::string line = line_of(input[1], input[2]);
  run_debug_line(session, line);
  complete_debug_word(session, line);
  run_debug_line(session, "ls -l .");
}

}  // namespace
}  // namespace ocfs2

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool quiet =
      (stderr = std::fopen("/dev/null", "w")) != nullptr;  // a sanitizer uses its number
  if (!quiet) return 0;
  if (size > 3) ocfs2::look({data, size});
  return 0;
}
