// SPDX-License-Identifier: GPL-2.0-or-later
//
// The command line of fsck.ocfs2 (spec: commands.md 2.1), and what the generic fsck passes on to it.
#include <fcntl.h>

#include <cerrno>
#include <charconv>

#include "cmd/fsck.h"
#include "cmd/version.h"
#include "cmd/volume_guard.h"

namespace ocfs2 {
namespace {

constexpr std::string_view notes =
    "A volume of a cluster that runs on this host is locked. Without the cluster its heartbeat is watched "
    "first: a living node is named, and nothing is done. Silence is enough to check with -n; to repair, say "
    "that the nodes are off with --assume-offline.\n"
    "\n"
    "At a question: y or n; space or Enter for the answer shown; a for yes to all of its kind; Escape or "
    "Ctrl-C to stop.\n"
    "\n"
    "Exit status, a sum of: 0 no errors, 1 errors were corrected, 4 errors are left, 8 the check failed, 16 "
    "the "
    "command line is wrong, 32 canceled.";

u64 number_or(std::string_view complaint, std::string_view text, Range range) {
  const std::optional<u64> number = number_from(text);
  if (!number || *number < range.least || *number > range.most)
    throw Misuse(fmt::format("{}: {}", complaint, text));
  return *number;
}

u32 block_size_from(std::string_view text) {
  const u64 size = number_or("Invalid blksize", text, {block_size_min, block_size_max});
  if ((size & (size - 1)) != 0) throw Misuse(fmt::format("Invalid blocksize: {}", text));
  return static_cast<u32>(size);
}

int descriptor_from(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw Misuse(fmt::format("'{}' is not the number of a file descriptor", text));
  // Were it closed, the device would be opened in its place and be written with our lines.
  const int mode = fcntl(std::abs(number), F_GETFL);
  if (mode < 0 || (mode & O_ACCMODE) == O_RDONLY)
    throw Misuse(fmt::format("file descriptor {} is not open for writing", std::abs(number)));
  return number;
}

void declare_answers(Options& options, FsckWords& words) {
  options.group("Who answers");
  options.flag("-n", words.no, "Only check: every answer is no, and nothing is written");
  options.flag("-N", words.no, "");
  options.flag("-y", words.yes, "Every answer is yes");
  options.flag("-p", words.unasked, "Repair unasked what is safe to; leave the rest");
  options.flag("-a", words.unasked, "The same, as the generic fsck has it");
}

void declare_work(Options& options, FsckWords& words) {
  options.group("What to do");
  options.flag("-f", words.force, "Check even if the volume is clean");
  options.flag("-D", words.compact, "Compact directories and rebuild their indexes");
  options.flag("-G", words.generations,
               "Look at inodes of another generation of the volume, too, and ask to take them over");
  options.number("-r NUMBER", words.backup, {1, 6}, "Restore the superblock from backup 1 to 6");
  options.custom(
      "-b BLOCK",
      [&](std::string_view text) { words.super_block = number_or("Invalid blkno", text, {.least = 2}); },
      "Use the superblock in this block");
  options.custom(
      "-B SIZE", [&](std::string_view text) { words.block_size = block_size_from(text); },
      "Size of a block: 512 to 4096 bytes");
  options.text("--undo=FILE", words.undo, "Keep in FILE what is overwritten, for ocfs2box undo");

  options.group("Who else has the volume");
  options.custom(
      "--assume-offline[=NODES]",
      [&](std::string_view nodes) { words.offline = offline_claim(std::string(nodes)); },
      "You know that all nodes (or these, by number or name) are off");
  options.flag("-F", words.ignore_cluster, "Take no cluster lock; dangerous");
  options.flag("-M", words.skip_mounted, "A mounted volume is not checked, and no error");
}

void declare_manner(Options& options, FsckWords& words) {
  options.group("How to work");
  options.flag("-P", words.progress, "Show progress from the start");
  options.custom(
      "-C [FD]",
      [&](std::string_view text) { words.progress_file = text.empty() ? 0 : descriptor_from(text); },
      "Write progress lines to a file descriptor; without, or with 0, show it");
  options.count("-t", words.statistics, "Show what it cost; twice: of each pass");
  options.flag("--json", words.json, "Write one JSON document to standard output");
  options.size("--memory=SIZE", words.memory_bytes, SIZES_TO_G, "How much memory to use, at least 16M",
               {.least = 16 << 20});
  options.flag("-u", words.buffered, "Read and write through the system's cache");
  options.count("-v", words.verbosity, "Say more");
  options.custom(
      "--explain[=CODE]", [&](std::string_view code) { words.explanation = explain_problem(code); },
      "Tell what a code means, and exit; without, list all of them");
  options.flag("-V", words.show_version, "Show the version and exit");
  options.flag("-T", words.no_title, "Do not show the version first");
  // Which file systems the generic fsck looks at; here one is named.
  options.custom(
      "-A", [](std::string_view) {}, "");
  options.custom(
      "-R", [](std::string_view) {}, "");
}

}  // namespace

std::optional<int> parse_fsck(std::span<char*> arguments, FsckWords& words) {
  Options options(arguments, "Check an OCFS2 volume and repair it.");
  declare_answers(options, words);
  declare_work(options, words);
  declare_manner(options, words);
  options.version_on_stderr();
  std::optional<std::string> device;
  options.positional("DEVICE", device, "Block device or image file");
  options.notes(notes);
  if (const auto status = options.parse()) return status;
  if (words.show_version) {
    fmt::print(stderr, "{}\n", version_line(options.program()));
    return FsckStatus::misused;
  }
  if (words.explanation) {
    std::fputs(words.explanation->c_str(), stdout);
    return FsckStatus::sound;
  }
  if (words.no + words.yes + words.unasked > 1) options.misuse("only one of -n, -y and -p may be given");
  if (words.no && words.compact) options.misuse("Compress directories (-D) incompatible with read-only mode");
  if (words.no && words.undo) options.misuse("--undo is pointless with -n: nothing is written");
  if (words.backup != 0 && words.super_block != 0)
    options.misuse("-r and -b both name a superblock; give one of them");
  if (!device || device->empty()) options.misuse("Missing filename");
  words.device = *device;
  return std::nullopt;
}

}  // namespace ocfs2
