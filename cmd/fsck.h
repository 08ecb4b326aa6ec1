// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of fsck.ocfs2: the words of its command line, the conversation while it works, and what is said
// before and after.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cmd/json.h"
#include "cmd/options.h"
#include "engine/check/volume_check.h"
#include "engine/cluster/guard.h"
#include "engine/io/file_device.h"

namespace ocfs2 {

/// Who answers the questions.
enum class Answering {
  ask,     ///< the user
  no,      ///< -n
  yes,     ///< -y
  unasked  ///< -p: yes where mending is safe alone
};

/// Which checks were asked for, and how.
struct FsckWords {
  std::string device;
  bool no = false, yes = false, unasked = false;
  bool force = false, ignore_cluster = false, generations = false, compact = false;
  bool progress = false, buffered = false, json = false;
  bool skip_mounted = false, no_title = false;
  int statistics = 0, verbosity = 0;
  u32 backup = 0;
  u64 super_block = 0;
  u32 block_size = 0;
  u64 memory_bytes = CheckOptions{}.memory_bytes;
  std::optional<int> progress_file;  ///< -C
  std::optional<std::string> undo;   ///< --undo
  std::optional<OfflineClaim> offline;
  bool show_version = false;
  std::optional<std::string> explanation;  ///< --explain: what to print, and no more

  Answering answering() const {
    return no ? Answering::no : yes ? Answering::yes : unasked ? Answering::unasked : Answering::ask;
  }
  bool writing() const { return !no; }
};

/// Fills the words; an exit status when the command is over already. Throws Misuse.
std::optional<int> parse_fsck(std::span<char*> arguments, FsckWords& words);

/// What a code means; of all codes the sentences when it is empty. Throws Misuse.
std::string explain_problem(std::string_view code);

/// Exit status, as fsck(8) has it; a sum of these.
struct FsckStatus {
  static constexpr int sound = 0, mended = 1, left = 4, failed = 8, misused = 16, canceled = 32;
};

// Texts that scripts know (spec: commands.md 2.4, 2.5).

/// The block of lines that says which volume is checked.
std::string fsck_header(const std::string& device, Volume& volume);
/// The sum of a run: what was found, mended, left.
std::string fsck_verdict(const std::string& device, const CheckOutcome& outcome, Answering answering);
int fsck_status(const CheckOutcome& outcome);

/// What a run cost: bytes and time, since a moment.
struct FsckCosts {
  u64 bytes_read = 0, bytes_cached = 0, bytes_written = 0;
  u64 real_ms = 0, user_ms = 0, system_ms = 0;
  FsckCosts since(const FsckCosts& before) const;
  std::string text() const;  ///< two lines, without the last line feed
};
/// `check` is null until there is one.
FsckCosts costs_so_far(const FileDevice& device, const VolumeCheck* check);
/// The inodes by kind, for -t.
std::string inode_statistics_text(const InodeStatistics& statistics);

}  // namespace ocfs2
