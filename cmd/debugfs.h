// SPDX-License-Identifier: GPL-2.0-or-later
//
// debugfs.ocfs2 is a table of commands over one session (spec: commands.md 4). A further command is a further
// row.
#pragma once

#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cmd/exclusive_volume.h"
#include "cmd/json.h"
#include "engine/io/open_image.h"
#include "engine/rescue/views.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

/// What the commands of one run share: the open volume and where the user is in it.
class DebugSession {
 public:
  /// Opens a device; what was open before is closed first. `backup` is 1 … 6, or 0 for the first superblock.
  /// When that throws, the device may still be there for `views`.
  void open(const std::string& device, u32 backup);
  void open_to_look(std::unique_ptr<BlockDevice> device, u32 backup);
  /// Leaves a volume that was changed clean. Throws Error(io).
  void close();

  /// Devices are opened to be changed from here on.
  void write_too(std::optional<OfflineClaim> offline);

  bool is_open() const { return volume_ != nullptr; }
  /// What looks at the volume; all changes are in their places. Throws Error(not_found) when no device is
  /// open.
  Volume& volume();
  /// What changes files; `settle` makes that durable, as all that looks does. Throws Error(not_found),
  /// Error(invalid_argument) when the device is open to look only.
  Node& node();
  /// What else changes, durable at once; the superblock with its backups. Throws what `node` does.
  void change(const std::function<void(Transaction&)>& make);
  void settle();
  /// The volume for who wants its files. Throws Error(not_found) when there is no device.
  RescueViews& views();
  /// The inode that a word names (spec: commands.md 4.1): a number in angle brackets or a path.
  InodeNo filespec(std::string_view word);
  InodeNo filespec(Volume& view, std::string_view word);  ///< the same in one of the views
  /// The block of that inode as it is, judged by nothing but its signature.
  std::vector<u8> inode_block(InodeNo number);

  std::FILE* out = stdout;  ///< where results go
  InodeNo root;             ///< what / means
  InodeNo current;          ///< where relative paths begin
  bool over = false;        ///< quit was asked for
  bool json = false;        ///< results are JSON documents
  bool one_line = false;    ///< each on a line of its own
  bool at_prompt = false;   ///< what a command has changed is durable before the next one is read

 private:
  void open_to_write(const std::string& device);
  ExclusiveVolume& own();

  std::optional<std::optional<OfflineClaim>> writing_;  ///< how devices are opened; nothing: to look
  std::unique_ptr<ExclusiveVolume> own_;                ///< of what is open to be changed
  bool unsettled_ = false;
  std::unique_ptr<BlockDevice> looking_device_;
  std::unique_ptr<Volume> looking_volume_;
  BlockDevice* device_ = nullptr;
  Volume* volume_ = nullptr;
  std::unique_ptr<RescueViews> views_;
};

using Words = std::span<const std::string>;  ///< of a command line

struct DebugCommand {
  std::string_view name;
  std::string_view usage;  ///< as help shows it; empty for another name of the row above
  std::string_view description;
  void (*run)(DebugSession& session, Words words);  ///< without the command's name
  /// The result as fields of the object that is open; null where it has no such form.
  void (*json)(DebugSession& session, Words words, JsonWriter& json) = nullptr;
};
/// The row of a command that only does something: as JSON it has nothing to tell.
template <void (*run)(DebugSession&, Words)>
constexpr DebugCommand action(std::string_view name, std::string_view usage, std::string_view description) {
  return {name, usage, description, run,
          [](DebugSession& session, Words words, JsonWriter&) { run(session, words); }};
}

/// Thrown where words are missing or wrong; the usage line of the command is what the user sees.
struct WrongUsage {};
const std::string& only_word(Words words);
/// A block as people write it, with angle brackets or without. Throws WrongUsage, Error(invalid_argument)
/// outside the volume.
BlockNo block_word(DebugSession& session, const std::string& word);

/// The superblock that `stats` is asked for: -h is passed over, -s is followed.
FoundSuper asked_super(DebugSession& session, Words words);
/// The permissions that whoever asked takes off new files.
u16 file_mask();
/// "/tmp/x" becomes "/tmp" and "x".
std::pair<std::string, std::string> split_path(const std::string& path);
/// Throws Error(invalid_argument) unless that is an image that o2image made.
void require_image(const std::string& path);

// The commands by what they show; help sorts them.
std::span<const DebugCommand> session_commands();
std::span<const DebugCommand> block_commands();
std::span<const DebugCommand> file_commands();
std::span<const DebugCommand> lost_file_commands();
std::span<const DebugCommand> search_commands();
std::span<const DebugCommand> log_commands();
std::span<const DebugCommand> lock_commands();
std::span<const DebugCommand> live_commands();
std::span<const DebugCommand> change_commands();
std::span<const DebugCommand> field_commands();
std::vector<DebugCommand> debug_commands();

// Without a volume: what --decode and --encode print. They throw Misuse and return the exit status.
int decode_locks(Words names);
int encode_lock(Words words);
/// What --log does: shows the log masks of the kernel, or sets them: names, then allow, off or deny, …
int log_masks(Words words);

/// What the last word of a line that is being typed may become.
std::vector<std::string> complete_debug_word(DebugSession& session, std::string_view before);

/// Runs a command, whose name is the first word. Says on standard error what went wrong; false then.
bool run_debug_command(DebugSession& session, Words words);
/// The same for a line of words. Empty lines and comments do nothing.
bool run_debug_line(DebugSession& session, const std::string& line);

}  // namespace ocfs2
